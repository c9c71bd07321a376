#include "core/hub/push_batch.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/hub/entry_check.h"
#include "core/hub/history_check.h"
#include "core/hub/purging.h"
#include "core/hub/sequencer.h"
#include "core/hub/skip.h"
#include "core/ports/protocol_mutant.h"

namespace contextsync {

namespace {

using Entries = std::span<const PushEntry>;

PushResult Retry(EntryNumber n) {
  PushResult result;
  result.n = n;
  result.status = PushStatus::kRetry;
  return result;
}

HubFailure Failure(HubFault fault, std::string message) {
  HubFailure failure;
  failure.fault = fault;
  failure.message = std::move(message);
  return failure;
}

/// The entries at the front that must be numbered together: one, or one transaction.
std::size_t UnitSize(Entries entries) {
  const std::optional<TxPart>& tx = entries.front().tx;
  if (!tx) return 1;
  const auto end = std::find_if(entries.begin(), entries.end(), [&](const PushEntry& entry) {
    return !entry.tx || entry.tx->id != tx->id;
  });
  return static_cast<std::size_t>(end - entries.begin());
}

bool IsWholeTx(Entries parts) {
  if (parts.front().tx->count != parts.size()) return false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].tx->index != i || parts[i].tx->count != parts.size()) return false;
  }
  return true;
}

class PushBatch {
 public:
  PushBatch(HubStage& stage, const Principal& principal, const PushRequest& request, UnixMillis now)
      : stage_(stage),
        principal_(principal),
        request_(request),
        pusher_{request.device, principal.name, now, request.former,
                principal.role == Role::kAdmin} {}

  Result<HubReply<PushResponse>> Run() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<HubFailure> failure, TestRequest());
    if (failure) return HubReply<PushResponse>(std::move(*failure));
    NoteProgress(stage_, device_, request_.acked_n);
    device_.cursor = request_.cursor;
    device_.low_base = request_.low_base;
    device_.seen_at = pusher_.now;
    for (Entries rest = request_.entries; !rest.empty();) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(const std::size_t done, Take(rest));
      rest = rest.subspan(done);
    }
    stage_.PutDevice(device_);
    return HubReply<PushResponse>(Response());
  }

 private:
  Result<std::optional<HubFailure>> TestRequest() {
    const auto fail = [](HubFailure failure) {
      return std::optional<HubFailure>(std::move(failure));
    };
    if (principal_.role == Role::kRead) return fail(NoAccess());
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<HubFailure> lost,
                                 TestClaim(stage_, request_.claim, LeastBase()));
    if (request_.claim.epoch.empty()) {
      return fail(Failure(HubFault::kMalformed, "a push must name the epoch"));
    }
    CONTEXTSYNC_ASSIGN_OR_RETURN(const HubDevice* known, stage_.Device(request_.device));
    if (known != nullptr) device_ = *known;
    device_.id = request_.device;
    if (lost) {
      lost->last_n = device_.last_n;
      return lost;
    }
    if (known == nullptr) device_.principal = principal_.name;
    if (device_.principal != principal_.name) return fail(Forked());
    for (std::size_t i = 1; i < request_.entries.size(); ++i) {
      if (request_.entries[i].n != request_.entries[i - 1].n.Next()) {
        return fail(Failure(HubFault::kMalformed, "entry numbers must ascend without gaps"));
      }
    }
    return TestNumbers();
  }

  /// An entry of a writer that had not seen all that is forgotten must be issued again, also if it
  /// was before.
  [[nodiscard]] HubSequence LeastBase() const {
    HubSequence least = stage_.head().seq;
    for (const PushEntry& entry : request_.entries) {
      const bool does_not_say = entry.reissue == HubSequence();
      if (!does_not_say && (entry.op == EntryOp::kDelta || entry.op == EntryOp::kResolve)) {
        least = std::min(least, SeenBy(entry));
      }
    }
    return least;
  }

  /// A number that was used for another entry: two notebooks share this device id.
  Result<std::optional<HubFailure>> TestNumbers() {
    for (const PushEntry& entry : request_.entries) {
      if (entry.n > device_.last_n) break;
      CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<PushResult> earlier, EarlierAnswer(entry));
      if (!earlier) return std::optional<HubFailure>(Forked());
    }
    return std::optional<HubFailure>();
  }

  static HubFailure Forked() {
    return Failure(HubFault::kDeviceForked, "another notebook uses this device id");
  }

  /// What was answered to this very entry, under whatever number.
  Result<std::optional<PushResult>> EarlierAnswer(const PushEntry& entry) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<StoredItem> item, stage_.ItemOf(entry.id));
    const bool is_renumbered =
        MutantActive(ProtocolMutant::kKnownEntryNumberedAgain) && entry.n > device_.last_n;
    if (item && !is_renumbered) return std::optional<PushResult>(DuplicateOf(entry.n, *item));
    if (entry.n > device_.last_n) return std::optional<PushResult>();
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<StoredResult> stored,
                                 stage_.ResultOf(request_.device, entry.n));
    if (!stored || stored->id != entry.id) return std::optional<PushResult>();
    PushResult result = std::move(stored->result);
    const bool is_kept = result.status == PushStatus::kRejected &&
                         !MutantActive(ProtocolMutant::kRejectedReplayedAsDuplicate);
    if (!is_kept) result.status = PushStatus::kDuplicate;
    return std::optional<PushResult>(std::move(result));
  }

  /// Answers one entry or one transaction; returns how many entries that were.
  Result<std::size_t> Take(Entries rest) {
    const PushEntry& first = rest.front();
    if (is_stopped_) {
      results_.push_back(Retry(first.n));
      return std::size_t{1};
    }
    if (first.n > device_.last_n.Next()) {
      results_.push_back(Retry(first.n));
      results_.back().status = PushStatus::kGap;
      is_stopped_ = true;
      return std::size_t{1};
    }
    if (first.n <= device_.last_n) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<PushResult> earlier, EarlierAnswer(first));
      if (!earlier) return Error(ErrorCode::kInternal, "an answer vanished");
      Answer(first, std::move(*earlier));
      return std::size_t{1};
    }
    const Entries unit = rest.first(UnitSize(rest));
    CONTEXTSYNC_RETURN_IF_ERROR(first.tx ? TakeTx(unit) : TakeOne(first));
    return unit.size();
  }

  Status TakeOne(const PushEntry& entry) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(PushResult result, Evaluate(entry));
    if (result.status != PushStatus::kClockSkew) Consume(entry, result);
    Answer(entry, std::move(result));
    return {};
  }

  /// All parts or none.
  Status TakeTx(Entries parts) {
    if (!IsWholeTx(parts)) return RejectTx(parts, {});
    const HubStage before = stage_;
    const HubDevice device_before = device_;
    std::vector<PushResult> results;
    for (const PushEntry& entry : parts) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(PushResult result, Evaluate(entry));
      const bool is_refused =
          result.status == PushStatus::kRejected || result.status == PushStatus::kClockSkew;
      if (!is_refused) Consume(entry, result);
      results.push_back(std::move(result));
      if (!is_refused) continue;
      stage_ = before;
      device_ = device_before;
      return RefuseTx(parts, std::move(results.back()));
    }
    for (std::size_t i = 0; i < parts.size(); ++i)
      Answer(parts[i], std::move(results[i]));
    return {};
  }

  Status RefuseTx(Entries parts, PushResult culprit) {
    if (culprit.status == PushStatus::kRejected) return RejectTx(parts, culprit);
    for (const PushEntry& entry : parts) {
      results_.push_back(entry.n == culprit.n ? culprit : Retry(entry.n));
    }
    is_stopped_ = true;
    return {};
  }

  Status RejectTx(Entries parts, const std::optional<PushResult>& culprit) {
    for (const PushEntry& entry : parts) {
      const bool is_culprit = culprit && culprit->n == entry.n;
      PushResult result = is_culprit
                              ? *culprit
                              : Rejection(entry.n, "tx", "another part of the transaction failed");
      if (!culprit) result.message = "the transaction is not complete";
      Consume(entry, result);
      Answer(entry, std::move(result));
    }
    return {};
  }

  /// Numbers the entry unless there is a reason not to.
  Result<PushResult> Evaluate(const PushEntry& entry) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<PushResult> earlier, EarlierAnswer(entry));
    if (earlier) return std::move(*earlier);
    if (entry.op == EntryOp::kSkip) return SkipEntry(stage_, entry);
    const EntryRules rules = {request_.device, request_.former, stage_.head().seq, pusher_.now};
    if (auto refusal = CheckEntry(entry, rules)) return std::move(*refusal);
    if (entry.op == EntryOp::kPurge) return NumberPurge(stage_, pusher_, entry);
    return NumberEntry(stage_, pusher_, entry);
  }

  void Consume(const PushEntry& entry, const PushResult& result) {
    stage_.PutResult({request_.device, entry.id, result});
    device_.last_n = entry.n;
  }

  void Answer(const PushEntry& entry, PushResult result) {
    if (result.status == PushStatus::kClockSkew) is_stopped_ = true;
    // The notebook restamped what we took unstamped; what it wrote after that must be restamped
    // first.
    const bool is_twin = result.status == PushStatus::kDuplicate && result.hash != entry.hash;
    if (is_twin) is_stopped_ = true;
    results_.push_back(std::move(result));
  }

  PushResponse Response() {
    PushResponse response;
    response.results = std::move(results_);
    response.last_n = device_.last_n;
    response.head = stage_.head().seq;
    response.epoch = stage_.head().epoch;
    response.server_time = pusher_.now;
    return response;
  }

  HubStage& stage_;
  const Principal& principal_;
  const PushRequest& request_;
  const Pusher pusher_;
  HubDevice device_;
  std::vector<PushResult> results_;
  bool is_stopped_ = false;  // the rest of the batch is answered kRetry
};

}  // namespace

Result<HubReply<PushResponse>> RunPush(HubStage& stage, const Principal& principal,
                                       const PushRequest& request, UnixMillis now) {
  return PushBatch(stage, principal, request, now).Run();
}

PushResponse RetryAll(const PushRequest& request, const WorkspaceHead& head, EntryNumber last_n,
                      UnixMillis now) {
  PushResponse response;
  for (const PushEntry& entry : request.entries)
    response.results.push_back(Retry(entry.n));
  response.last_n = last_n;
  response.head = head.seq;
  response.epoch = head.epoch;
  response.server_time = now;
  return response;
}

void NoteProgress(HubStage& stage, HubDevice& device, EntryNumber acked_n) {
  const EntryNumber through = std::min(acked_n, device.last_n);
  if (through <= device.acked_n) return;
  stage.Prune({device.id, device.acked_n.Next(), through});
  device.acked_n = through;
}

}  // namespace contextsync
