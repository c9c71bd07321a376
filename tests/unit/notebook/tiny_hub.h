// TinyHub: numbers entries and answers like a hub, in memory and without conflicts of its own: just
// enough of one to test a notebook's side of the protocol.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/notebook/notebook.h"

namespace contextsync::test {

class TinyHub {
 public:
  explicit TinyHub(std::string epoch = std::string(32, 'a')) : epoch_(std::move(epoch)) {}

  PushResponse Push(const SyncPosition& from, const std::vector<PushEntry>& entries);
  [[nodiscard]] ChangesPage Changes(HubSequence since, std::size_t limit = 500) const;
  [[nodiscard]] SnapshotPage Snapshot() const;
  [[nodiscard]] SnapshotPage SnapshotOf(const ContextRef& ref) const;
  [[nodiscard]] HelloResponse Hello(const SyncPosition& from) const;

  [[nodiscard]] HubSequence head() const { return HubSequence(feed_.size()); }
  [[nodiscard]] const std::map<ContextRef, State>& states() const { return states_; }
  [[nodiscard]] const std::vector<FeedItem>& feed() const { return feed_; }

  /// Appends a collection.
  void Collect(const ContextRef& ref, std::vector<Drop> drops,
               std::vector<std::string> records = {});

  /// Forgets everything after `seq` and begins another epoch, as a restored backup does.
  void Restore(HubSequence seq, std::string epoch);

  /// Refuses entries for good.
  std::function<bool(const PushEntry&)> rejects = [](const PushEntry&) { return false; };
  std::string refusal_code = "FORBIDDEN";
  /// Records that an item brings along.
  std::function<std::vector<ConflictRecord>(const FeedItem&)> files = [](const FeedItem&) {
    return std::vector<ConflictRecord>();
  };
  /// Leaves parts out of an entry, and tells the record's id.
  std::function<std::optional<std::string>(const PushEntry&, Delta&)> trims =
      [](const PushEntry&, Delta&) { return std::nullopt; };

 private:
  [[nodiscard]] FeedCheck CheckAt(HubSequence seq) const;
  PushResult Number(DeviceId device, const PushEntry& entry);
  void TakeOut(Purge purge, FeedItem& item);
  void Fold(const FeedItem& item);
  void TakeOutOfState(const FeedItem& purging);

  std::string epoch_;
  HubSequence fork_seq_;
  std::vector<FeedItem> feed_;
  std::map<ContextRef, State> states_;
  std::map<ContextRef, std::vector<Purge>> purges_;
  std::map<ContextRef, HubSequence> revs_;
  std::map<std::string, PushResult> results_;  // by entry id
  std::map<DeviceId, EntryNumber> last_n_;
  std::vector<ConflictRecord> records_;
};

/// One round between `notebook` and `hub`: greets, pushes, rebuilds, pulls, until nothing is left
/// to do.
void SyncAll(Notebook& notebook, TinyHub& hub);

/// The verdicts a hub gives by itself: first and ok.
void Greet(Notebook& notebook, TinyHub& hub);

}  // namespace contextsync::test
