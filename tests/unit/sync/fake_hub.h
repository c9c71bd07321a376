// FakeHub: a hub of one workspace behind a HubLink, that numbers what it is sent and fails when
// told to.

#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/ports/hub_link.h"
#include "tests/support/fake_clock.h"

namespace contextsync {

enum class Request { kHello, kPush, kChanges, kSnapshot };

/// What happens to one request instead of a plain answer.
struct Fault {
  HubFault fault = HubFault::kTransport;
  bool after_effect = false;  // the hub acted; only its answer is lost
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
};

/// Thread-safety: any thread.
class FakeHub final : public HubLink {
 public:
  explicit FakeHub(Clock& clock) : clock_(clock) {}

  // ── the test's side ──

  /// Numbers `count` changes of another device.
  void WriteElsewhere(std::size_t count = 1);

  /// The next requests of this kind, one fault each.
  void FailNext(Request request, Fault fault, std::size_t times = 1);

  /// Every push that holds this entry itself, not a skip in its place.
  void Poison(EntryId id, Fault fault);

  /// How often this entry was pushed with nothing else.
  [[nodiscard]] std::size_t CountAlone(const EntryId& id) const;

  /// Every request from now on.
  void set_outage(std::optional<Fault> outage);

  /// The verdict of the next hello only.
  void set_verdict(HelloVerdict verdict) { verdict_ = verdict; }
  void set_epoch(Epoch epoch) { epoch_ = std::move(epoch); }
  void set_build(std::string build) { build_ = std::move(build); }
  void set_role(std::string role) { role_ = std::move(role); }
  void set_fork_seq(HubSequence seq) { fork_seq_ = seq; }
  void set_gc_floor(HubSequence seq) { gc_floor_ = seq; }
  void set_snapshot_pages(std::size_t pages) { snapshot_pages_ = pages; }
  void set_snapshot_start(HubSequence seq) { snapshot_start_ = seq; }
  void set_page_items(std::size_t items) { page_items_ = items; }
  void set_unreadable(HubSequence seq, HubFault fault = HubFault::kUpgradeRequired) {
    unreadable_ = seq;
    unreadable_as_ = fault;
  }
  /// Called while the answer to a pull is on its way.
  void set_delay(std::function<void()> delay) { delay_ = std::move(delay); }
  void set_time_ahead(std::chrono::milliseconds ahead) { ahead_ = ahead; }
  void set_last_n(DeviceId device, EntryNumber n) { last_n_[device] = n; }

  /// The status of the next entry numbered, instead of `accepted`.
  void AnswerNext(PushStatus status) { statuses_.push_back(status); }

  [[nodiscard]] std::size_t Count(Request request) const;
  [[nodiscard]] HubSequence head() const { return HubSequence(feed_.size()); }
  [[nodiscard]] UnixMillis time() const { return clock_.WallMillis() + ahead_.count(); }
  [[nodiscard]] const FeedItem& item(HubSequence seq) const { return feed_.at(seq.value - 1); }
  [[nodiscard]] bool cancelled() const { return cancelled_; }

  struct Call {
    Request request;
    Clock::Instant at;
    std::size_t entries = 0;
    EntryId first = {};
  };
  [[nodiscard]] std::vector<Call> calls() const;

  // ── HubLink ──
  HubReply<HelloResponse> Hello(const HelloRequest& request, Clock::Instant deadline) override;
  HubReply<PushResponse> Push(const PushRequest& request, Clock::Instant deadline) override;
  HubReply<ChangesPage> Changes(const ChangesRequest& request, Clock::Instant deadline) override;
  HubReply<SnapshotPage> Snapshot(const SnapshotRequest& request, Clock::Instant deadline) override;
  void Cancel() override { cancelled_ = true; }

 private:
  std::optional<Fault> Begin(Request request, const std::vector<PushEntry>& entries = {});
  static HubFailure FailureOf(const Fault& fault);
  PushResult Number(DeviceId device, const PushEntry& entry);
  PushResponse Answer(const PushRequest& request);

  Clock& clock_;
  mutable std::mutex mu_;
  std::vector<FeedItem> feed_;
  std::map<DeviceId, EntryNumber> last_n_;
  std::map<Request, std::deque<Fault>> faults_;
  std::optional<Fault> outage_;
  std::deque<PushStatus> statuses_;
  std::vector<Call> calls_;
  HelloVerdict verdict_ = HelloVerdict::kOk;
  Epoch epoch_{"e1"};
  std::optional<std::pair<EntryId, Fault>> poison_;
  std::string build_ = "1";
  std::string role_ = "write";
  HubSequence fork_seq_;
  HubSequence gc_floor_;
  std::size_t snapshot_pages_ = 1;
  std::optional<HubSequence> snapshot_start_;
  std::size_t page_items_ = 500;
  std::optional<HubSequence> unreadable_;
  HubFault unreadable_as_ = HubFault::kUpgradeRequired;
  std::chrono::milliseconds ahead_{0};
  std::function<void()> delay_;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace contextsync
