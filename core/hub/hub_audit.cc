#include "core/hub/hub_audit.h"

#include <map>
#include <optional>
#include <utility>

#include "core/document/codec.h"
#include "core/document/join.h"
#include "core/document/workspace_hash.h"
#include "core/hub/sequencer.h"

namespace contextsync {

namespace {

// A store with more is broken beyond what a list could help with.
constexpr std::size_t kMostProblems = 100;

std::string Named(const ContextRef& ref) {
  return std::string(ToString(ref.level)) + " " + ref.id;
}

class WorkspaceAuditor {
 public:
  WorkspaceAuditor(HubStore& store, const WorkspaceId& workspace, const WorkspaceHead& head)
      : store_(store), head_(head) {
    audit_.workspace = workspace;
    audit_.epoch = head.epoch;
    audit_.head = head.seq;
  }

  Result<HubAudit> Run() {
    CONTEXTSYNC_RETURN_IF_ERROR(Tolerate(ReadFeed(), "the feed"));
    CONTEXTSYNC_RETURN_IF_ERROR(Tolerate(ReadContexts(), "the contexts"));
    CONTEXTSYNC_RETURN_IF_ERROR(Tolerate(ReadRecords(), "the conflict records"));
    return std::move(audit_);
  }

 private:
  void Note(std::string problem) {
    if (audit_.problems.size() < kMostProblems) audit_.problems.push_back(std::move(problem));
  }

  /// Damage is what we are here to find; anything else ends the audit.
  Status Tolerate(Status read, const std::string& what) {
    if (read.ok() || read.error().code() != ErrorCode::kCorruption) return read;
    Note(what + " cannot be read to the end: " + read.error().message());
    is_whole_ = false;
    return {};
  }

  Status ReadFeed() {
    HubSequence since;
    for (bool more = true; more;) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(const FeedSlice slice,
                                   store_.ReadFeed(audit_.workspace, since, ReadBounds{}));
      for (const StoredItem& item : slice.items)
        CONTEXTSYNC_RETURN_IF_ERROR(CheckItem(item));
      more = slice.more && !slice.items.empty();
      if (more) since = slice.items.back().item.seq;
    }
    CheckEnd();
    return {};
  }

  Status CheckItem(const StoredItem& stored) {
    const FeedItem& item = stored.item;
    const std::string place = "item " + std::to_string(item.seq.value);
    if (!last_) {
      CheckBegin(stored);
    } else if (item.seq != last_->seq.Next()) {
      Note("the feed has a gap before " + place);
      is_whole_ = false;
    } else if (!stored.is_purged && NextCheck(last_->check, item) != stored.check) {
      Note("the running hash is broken at " + place);
    }
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto known, store_.FindEntry(audit_.workspace, item.id));
    if (known != item.seq) Note(place + " is not found by its entry id");
    Fold(item);
    last_ = {item.seq, stored.check};
    return {};
  }

  void CheckBegin(const StoredItem& first) {
    is_whole_ = first.item.seq == HubSequence(1);
    if (first.item.seq > head_.gc_floor.Next())
      Note("the feed lacks items between its floor and " + std::to_string(first.item.seq.value));
    // A later life goes on with the hash of the first one, whose epoch is not kept.
    const bool is_first_life = head_.previous_epoch.empty();
    if (first.is_purged) return;
    if (is_whole_ && is_first_life && NextCheck(FirstCheck(head_.epoch), first.item) != first.check)
      Note("the running hash is broken at item 1");
  }

  void CheckEnd() {
    const HubSequence end = last_ ? last_->seq : HubSequence();
    if (!last_ && head_.seq > head_.gc_floor) Note("the feed is gone");
    if (!last_) return;
    if (end != head_.seq) {
      Note("the feed ends at " + std::to_string(end.value) + ", its head says " +
           std::to_string(head_.seq.value));
    } else if (last_->check != head_.check) {
      Note("the head's running hash is not that of its last item");
    }
  }

  void Fold(const FeedItem& item) {
    if (!is_whole_) return;
    Join(folded_[item.context], item.delta);
    ApplyDrops(folded_[item.context], item.drops);
  }

  Status ReadContexts() {
    std::map<ContextRef, std::string> hashes;
    std::optional<ContextRef> after;
    for (bool more = true; more;) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(const ContextSlice slice,
                                   store_.ReadContexts(audit_.workspace, after, ReadBounds{}));
      for (const HubContext& context : slice.contexts) {
        CheckContext(context);
        // Without a cell it is in no state, here as in a notebook.
        if (!context.state.cells.empty()) hashes[context.ref] = StateHash(context.state);
        audit_.bytes += EncodeState(context.state).size();
      }
      more = slice.more && !slice.contexts.empty();
      if (more) after = slice.contexts.back().ref;
    }
    for (const auto& [ref, folded] : folded_) {
      if (is_whole_ && !folded.cells.empty() && !hashes.contains(ref))
        Note(Named(ref) + " is in the feed alone");
    }
    WorkspaceHash hash;
    for (const auto& [ref, state_hash] : hashes)
      hash.Add(ref, state_hash);
    audit_.contexts = hash.contexts();
    audit_.state_hash = hash.Finish();
    return {};
  }

  void CheckContext(const HubContext& context) {
    if (context.last.seq > head_.seq) Note(Named(context.ref) + " is newer than the feed");
    if (!is_whole_) return;
    const auto folded = folded_.find(context.ref);
    const bool is_sum = folded != folded_.end() && folded->second == context.state;
    if (!is_sum) Note(Named(context.ref) + " is not what the feed adds up to");
  }

  Status ReadRecords() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const std::vector<ConflictRecord> records,
        store_.ReadConflicts(audit_.workspace, {.context = {}, .with_resolved = true}));
    for (const ConflictRecord& record : records) {
      if (record.rev > head_.seq || record.seq > head_.seq)
        Note("conflict " + record.id + " is newer than the feed");
    }
    return {};
  }

  struct Place {
    HubSequence seq;
    FeedCheck check;
  };

  HubStore& store_;
  const WorkspaceHead& head_;
  HubAudit audit_;
  std::optional<Place> last_;
  bool is_whole_ = true;  // the feed was read from 1 on without a gap so far
  std::map<ContextRef, State> folded_;
};

}  // namespace

Result<HubAudit> AuditWorkspace(HubStore& store, const WorkspaceId& workspace) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<WorkspaceHead> head, store.ReadHead(workspace));
  if (!head) return Error(ErrorCode::kNotFound, "there is no workspace " + workspace.value);
  return WorkspaceAuditor(store, workspace, *head).Run();
}

}  // namespace contextsync
