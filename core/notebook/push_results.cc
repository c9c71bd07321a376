#include "core/notebook/push_results.h"

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/notebook/changes_index.h"
#include "core/notebook/conflict_table.h"
#include "core/notebook/containment.h"
#include "core/notebook/history.h"
#include "core/notebook/history_keep.h"
#include "core/notebook/journal.h"
#include "core/notebook/parking.h"
#include "core/ports/hub_names.h"
#include "core/ports/protocol_mutant.h"

namespace contextsync {

namespace {

class ResultNoter {
 public:
  ResultNoter(Changeset& changes, const PushResponse& response, UnixMillis at)
      : changes_(changes), response_(response), at_(at) {}

  Result<PushEffects> Run() {
    // First: what is contained below is at the head only if it is at this one.
    changes_.meta().head = std::max(changes_.meta().head, response_.head);
    for (const auto& result : response_.results)
      CONTEXTSYNC_RETURN_IF_ERROR(NoteOne(result));
    CONTEXTSYNC_RETURN_IF_ERROR(ContainOwnRun());
    for (const HubSequence seq : numbered_)
      effects_.needs_pull |= seq > changes_.meta().cursor;
    CONTEXTSYNC_RETURN_IF_ERROR(RemoveContained(changes_));
    return std::move(effects_);
  }

 private:
  struct OwnNumber {
    JournalEntry entry;
    const PushResult* result;
    bool may_carry_records;
  };

  Status NoteOne(const PushResult& result) {
    switch (result.status) {
      case PushStatus::kAccepted:
      case PushStatus::kMerged:
      case PushStatus::kConflict:
      case PushStatus::kDuplicate:
        return Number(result);
      case PushStatus::kRejected:
        return Park(result);
      case PushStatus::kClockSkew:
        if (!effects_.skewed_from) effects_.skewed_from = result.n;
        return {};
      case PushStatus::kGap:
        if (!effects_.resend_from) effects_.resend_from = response_.last_n.Next();
        return {};
      case PushStatus::kRetry:
        break;
    }
    effects_.retry = true;
    return {};
  }

  Status Number(const PushResult& result) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto entry, journal::Find(changes_.tables(), result.n));
    NoteKnown(changes_.meta(), result.seq, result.check);
    // Gone: its item came along already. With an outcome: this is an answer heard before.
    if (!entry || entry->outcome) return {};
    if (IsSkipped(*entry, result)) return ParkGivenUp(*entry);
    const ContextRef ref = entry->push.context;
    CONTEXTSYNC_ASSIGN_OR_RETURN(Document document, changes_.FindOrEmpty(ref));
    CONTEXTSYNC_RETURN_IF_ERROR(NoteNumbered(
        changes_, *entry, {result.seq, result.rev, result.hash, result.conflicts}, document));
    CONTEXTSYNC_RETURN_IF_ERROR(changes_.Put(ref, std::move(document)));
    if (MutantActive(ProtocolMutant::kAnswerDeletesEntry)) journal::Remove(changes_, *entry);
    ++effects_.confirmed;
    numbered_.push_back(result.seq);
    if (entry->outcome->is_trimmed) NeedsRebuild(ref);
    CONTEXTSYNC_ASSIGN_OR_RETURN(const bool carries, MayCarryRecords(*entry));
    effects_.touched_records |= carries || !result.conflicts.empty();
    own_run_.push_back({std::move(*entry), &result, carries});
    return {};
  }

  /// The item of a purge says what goes. That of a resolution, or of a write over a live record,
  /// brings that record along in its new form: the answer alone is no page then.
  [[nodiscard]] Result<bool> MayCarryRecords(const JournalEntry& entry) const {
    const bool always = entry.push.op == EntryOp::kResolve || entry.push.op == EntryOp::kPurge;
    if (always) return true;
    return conflict_table::HasLive(changes_.tables(), changes_.meta(), entry.push.context);
  }

  /// The hub had not taken the entry, and now it never will: only its number is used up.
  [[nodiscard]] static bool IsSkipped(const JournalEntry& entry, const PushResult& result) {
    if (result.code == kSkippedCode) return true;
    return !entry.given_up.empty() && result.status == PushStatus::kAccepted;
  }

  Status ParkGivenUp(const JournalEntry& entry) {
    std::string why = entry.given_up == parking::kTooLarge
                          ? "the hub, or something before it, refuses its size"
                          : "the hub fails whenever it is sent";
    std::string code = entry.given_up.empty() ? std::string(parking::kSuspect) : entry.given_up;
    return ParkEntry(entry, {std::move(code), std::move(why), at_});
  }

  Status Park(const PushResult& result) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto entry, journal::Find(changes_.tables(), result.n));
    if (!entry) return {};
    if (result.code == kVersionMismatchCode) CONTEXTSYNC_RETURN_IF_ERROR(TellMismatch(*entry));
    return ParkEntry(*entry, {result.code, result.message, at_});
  }

  Status ParkEntry(const JournalEntry& entry, parking::Reason reason) {
    PassFailpoint(Failpoint::kEntryParking);
    ++effects_.parked;
    if (!MutantActive(ProtocolMutant::kRefusedStays)) NeedsRebuild(entry.push.context);
    return parking::Park(changes_, entry, std::move(reason));
  }

  /// Every session is told, its writer's too: nobody may be waiting for the answer any more. What
  /// was told of the write itself is taken back.
  Status TellMismatch(JournalEntry& entry) {
    effects_.needs_pull = true;  // whoever asks why is told what was written meanwhile
    effects_.touched_records = true;
    changes_index::RemoveLocal(changes_, entry.local);
    ChangeRecord change;
    change.context = entry.push.context;
    change.changed_by = entry.push.agent;
    change.change_type = "conflict";
    change.keys = entry.keys;
    change.version = entry.version;
    change.at = at_;
    CONTEXTSYNC_ASSIGN_OR_RETURN(entry.local, changes_index::AddLocal(changes_, change));
    return {};
  }

  /// Own items that follow the cursor directly, unchanged by the hub, are a page by themselves:
  /// nothing is pulled. A transaction counts whole or not at all, since the cursor moves at its
  /// border only.
  Status ContainOwnRun() {
    for (auto first = own_run_.begin(); first != own_run_.end();) {
      const std::size_t count = first->entry.push.tx ? first->entry.push.tx->count : 1;
      const auto left = static_cast<std::size_t>(own_run_.end() - first);
      if (count == 0 || count > left) return {};
      const auto last = first + static_cast<std::ptrdiff_t>(count);
      if (!FollowsCursor(first, last)) return {};
      for (; first != last; ++first)
        CONTEXTSYNC_RETURN_IF_ERROR(Contain(*first));
    }
    return {};
  }

  using Iterator = std::vector<OwnNumber>::const_iterator;

  /// False for an entry that needed no item: its sequence is the head, the item of another entry.
  [[nodiscard]] static bool HasItem(const PushResult& result) { return result.rev == result.seq; }

  [[nodiscard]] bool FollowsCursor(Iterator first, Iterator last) const {
    const auto tx_id = [](const OwnNumber& own) {
      return own.entry.push.tx ? own.entry.push.tx->id : "";
    };
    HubSequence expected = changes_.meta().cursor;
    return std::all_of(first, last, [&](const OwnNumber& own) {
      expected = expected.Next();
      const PushResult& result = *own.result;
      const bool is_plain =
          result.status == PushStatus::kAccepted || result.status == PushStatus::kMerged;
      return is_plain && HasItem(result) && !own.may_carry_records && result.seq == expected &&
             !result.check.empty() && result.hash == own.entry.push.hash &&
             tx_id(own) == tx_id(*first);
    });
  }

  Status Contain(const OwnNumber& own) {
    Meta& meta = changes_.meta();
    meta.cursor = own.result->seq;
    meta.check = own.result->check;
    meta.head = std::max(meta.head, meta.cursor);
    const ContextRef& ref = own.entry.push.context;
    CONTEXTSYNC_ASSIGN_OR_RETURN(Document document, changes_.FindOrEmpty(ref));
    HistoryRecord record = history::FromEntry(own.entry, meta.device, own.result->seq);
    record.at = response_.server_time;  // what everybody else reads in the item
    CONTEXTSYNC_RETURN_IF_ERROR(history::Add(changes_, ref, record, document.header));
    CONTEXTSYNC_RETURN_IF_ERROR(
        history::Checkpoint(changes_, ref, own.result->seq, record.at, document));
    return changes_.Put(ref, std::move(document));
  }

  void NeedsRebuild(const ContextRef& ref) {
    if (std::find(effects_.rebuild.begin(), effects_.rebuild.end(), ref) == effects_.rebuild.end())
      effects_.rebuild.push_back(ref);
  }

  Changeset& changes_;
  const PushResponse& response_;
  const UnixMillis at_;
  PushEffects effects_;
  std::vector<HubSequence> numbered_;
  std::vector<OwnNumber> own_run_;
};

}  // namespace

Result<PushEffects> NoteResults(Changeset& changes, const PushResponse& response, UnixMillis at) {
  return ResultNoter(changes, response, at).Run();
}

}  // namespace contextsync
