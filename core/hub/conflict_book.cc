#include "core/hub/conflict_book.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/document/join.h"
#include "core/hub/conflict_side.h"

namespace contextsync {

namespace {

constexpr std::string_view kSuperseded = "superseded";

const ConflictSide* SideOf(const ConflictRecord& record, DeviceId device) {
  if (record.current.device == device) return &record.current;
  if (record.incoming.device == device) return &record.incoming;
  return nullptr;
}

const ConflictSide& OtherThan(const ConflictRecord& record, const ConflictSide* side) {
  return side == &record.current ? record.incoming : record.current;
}

class ConflictBook {
 public:
  ConflictBook(HubStage& stage, const NumberedEntry& numbered, const Transition& transition,
               const Delta& delta)
      : stage_(stage),
        numbered_(numbered),
        entry_(numbered.entry),
        transition_(transition),
        delta_(delta) {}

  Result<RecordChanges> Keep(const Trimmed& trimmed, const Resolution& resolution) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(live_, stage_.LiveRecords(entry_.context));
    for (const Following& following : trimmed.following)
      Follow(following);
    for (const SettledClash& settled : trimmed.clashes)
      CONTEXTSYNC_RETURN_IF_ERROR(Record(settled));
    if (numbered_.ownership == Ownership::kByEntry) {
      AmendOwnChains();
      Resolve(resolution);
      Supersede();
    }
    FollowShown();
    return TakeChanges();
  }

 private:
  [[nodiscard]] bool IsTouched(const ConflictRecord& record) const {
    return changed_.contains(record.id);
  }

  void Put(ConflictRecord record, bool is_side) {
    record.rev = numbered_.seq;
    if (is_side) sides_.push_back(record.id);
    std::string id = record.id;
    changed_.insert_or_assign(std::move(id), std::move(record));
  }

  void Close(ConflictRecord record, std::string_view choose) {
    record.status = ConflictStatus::kResolved;
    record.resolution = ConflictResolution{std::string(choose), entry_.agent, numbered_.seq};
    Put(std::move(record), false);
  }

  // ── the sides ──

  /// The entry as a side, without what it wants.
  [[nodiscard]] ConflictSide Ours(const Stamp& stamp) const {
    const bool is_by_stamp = numbered_.ownership == Ownership::kByStamp;
    ConflictSide side;
    side.stamp = stamp;
    side.agent = entry_.agent;
    side.device = is_by_stamp ? stamp.device : numbered_.origin.device;
    side.n = entry_.n;
    if (!is_by_stamp) side.id = entry_.id;  // a repair only carries what another entry wrote
    side.seq = numbered_.seq;
    side.at = numbered_.at;
    return side;
  }

  [[nodiscard]] ConflictSide OurSide(const std::string& path, const std::string& written,
                                     const Stamp& stamp) const {
    ConflictSide side = Ours(stamp);
    side.value = WantedBytes(delta_, written, path);
    return side;
  }

  /// What is shown, and who wrote it.
  Result<ConflictSide> TheirSide(const Clash& clash) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<StoredItem> item,
                                 stage_.ItemAt(clash.their_writer.seq));
    ConflictSide side;
    side.value = ShownBytes(transition_.before, clash.path);
    side.stamp = clash.theirs;
    side.device = clash.their_writer.device;
    side.seq = clash.their_writer.seq;
    if (!item) return side;  // collected since
    side.agent = item->item.changed_by;
    side.n = item->item.n;
    side.id = item->item.id;
    side.at = item->item.timestamp;
    return side;
  }

  /// The larger stamp is what is shown.
  void Arrange(ConflictRecord& record, const std::string& path, ConflictSide ours,
               ConflictSide theirs) const {
    const bool is_ours_shown = theirs.stamp < ours.stamp;
    record.current = is_ours_shown ? ours : theirs;
    record.incoming = is_ours_shown ? std::move(theirs) : std::move(ours);
    record.current.value = ShownBytes(transition_.after, path);
  }

  // ── what waits for a person ──

  void Follow(const Following& following) {
    for (const ConflictRecord& record : live_) {
      if (record.id == following.record) Challenge(record, following.left_out);
    }
  }

  /// The entry's part waits with what the record holds already. Of several records of one
  /// challenger, as a fork may find them, one stays.
  void Challenge(ConflictRecord record, Delta part) {
    for (const ConflictRecord& other : OpenOfOurs(record.path)) {
      if (other.id == record.id) continue;
      Join(part, other.left_out.delta());
      Close(other, kSuperseded);
    }
    record.incoming = Ours(Stamp{});
    record.strategy = Strategy::kManual;
    record.status = ConflictStatus::kOpen;
    AddLeftOut(record, part);
    Put(std::move(record), true);
  }

  [[nodiscard]] std::vector<ConflictRecord> OpenOfOurs(const std::string& record_path) const {
    std::vector<ConflictRecord> ours;
    for (const ConflictRecord& record : live_) {
      const bool is_challenge = !record.left_out.empty() && record.path == record_path;
      if (is_challenge && IsChallenger(record, numbered_.origin)) ours.push_back(record);
    }
    std::sort(ours.begin(), ours.end(), [](const auto& left, const auto& right) {
      return std::tie(left.seq, left.id) < std::tie(right.seq, right.id);
    });
    return ours;
  }

  // ── clashes ──

  Status Record(const SettledClash& settled) {
    const Clash& clash = settled.clash;
    CONTEXTSYNC_ASSIGN_OR_RETURN(ConflictSide theirs, TheirSide(clash));
    if (!settled.left_out.cells.empty()) {
      RecordLeftOut(settled, std::move(theirs));
      return {};
    }
    ConflictSide ours = OurSide(clash.path, clash.path, clash.ours);
    ConflictRecord record = FindSame(clash, ours.device);
    record.kind = clash.kind;
    record.strategy = settled.strategy;
    // Of a repair nothing is left out: both values are there, and a person chooses.
    if (settled.strategy == Strategy::kManual) record.status = ConflictStatus::kOpen;
    Arrange(record, clash.path, std::move(ours), std::move(theirs));
    CloseOwnBelow(clash.path);
    Put(std::move(record), true);
    return {};
  }

  void RecordLeftOut(const SettledClash& settled, ConflictSide theirs) {
    const Clash& clash = settled.clash;
    const std::vector<ConflictRecord> open = OpenOfOurs(RecordPathOf(clash.path));
    ConflictRecord record = open.empty() ? FindSame(clash, numbered_.origin.device) : open.front();
    record.kind = clash.kind;
    record.current = std::move(theirs);
    record.current.value = ShownBytes(transition_.after, clash.path);
    Delta part = settled.left_out;
    Join(part, CloseOwnBelow(clash.path));
    Challenge(std::move(record), std::move(part));
  }

  /// The record to amend: the same two writers clashed there before. Else a new one.
  [[nodiscard]] ConflictRecord FindSame(const Clash& clash, DeviceId ours) const {
    const std::string path = RecordPathOf(clash.path);
    for (const ConflictRecord& record : live_) {
      const ConflictSide* side = SideOf(record, ours);
      if (record.path != path || side == nullptr || !record.left_out.empty()) continue;
      if (OtherThan(record, side).seq == clash.their_writer.seq) return record;
    }
    ConflictRecord record;
    record.id = RecordId(entry_.context, path, entry_.id);
    record.context = entry_.context;
    record.path = path;
    record.seq = numbered_.seq;
    return record;
  }

  /// The one above takes in what this writer disputed below; returns what was left out there.
  Delta CloseOwnBelow(const std::string& path) {
    Delta left_out;
    for (const ConflictRecord& before : live_) {
      const ConflictRecord& record = Latest(before);
      const bool is_live = record.status != ConflictStatus::kResolved;
      if (!is_live || !IsOurs(record) || !IsStrictlyBelow(CellPathOf(record.path), path)) continue;
      Join(left_out, record.left_out.delta());
      Close(record, kSuperseded);
    }
    return left_out;
  }

  /// The record as this entry has left it so far.
  [[nodiscard]] const ConflictRecord& Latest(const ConflictRecord& before) const {
    const auto it = changed_.find(before.id);
    return it == changed_.end() ? before : it->second;
  }

  /// The whole context holds our own tree as well.
  static bool IsStrictlyBelow(const std::string& below, const std::string& path) {
    return below != path && (path == kDataRoot || IsAtOrBelow(below, path));
  }

  [[nodiscard]] bool IsOurs(const ConflictRecord& record) const {
    if (!record.left_out.empty()) return IsChallenger(record, numbered_.origin);
    return SideOf(record, numbered_.origin.device) != nullptr;
  }

  void AmendOwnChains() {
    for (ConflictRecord& record : OwnChains(entry_, numbered_.origin.device, live_)) {
      const std::string path = CellPathOf(record.path);
      const std::optional<std::string> written = WrittenAt(delta_, path);
      if (IsTouched(record) || !written) continue;
      const ConflictSide theirs = OtherThan(record, SideOf(record, numbered_.origin.device));
      const Stamp stamp = LargestStamp(*FindCell(delta_, *written));
      Arrange(record, path, OurSide(path, *written, stamp), theirs);
      if (entry_.on_conflict == Strategy::kManual) record.status = ConflictStatus::kOpen;
      if (record.current.value == record.incoming.value) {
        Close(std::move(record), kSuperseded);
      } else {
        Put(std::move(record), true);
      }
    }
  }

  // ── what ends a dispute ──

  /// A choice holds only for the record as the chooser saw it.
  void Resolve(const Resolution& resolution) {
    if (resolution.effect == ResolutionEffect::kNone) return;
    const ConflictRecord& record = resolution.record;
    if (resolution.effect == ResolutionEffect::kCloses && !IsTouched(record)) {
      Close(record, entry_.choose);
    } else if (resolution.effect == ResolutionEffect::kChallenges && entry_.delta.cells.empty()) {
      ContradictDecision(record);
    }
  }

  /// To keep what was shown needs no write, so there is nothing to leave out; but somebody else
  /// chose another value meanwhile.
  void ContradictDecision(const ConflictRecord& closed) {
    const std::string path = CellPathOf(closed.path);
    const bool was_chosen = closed.resolution && closed.resolution->choose != kSuperseded;
    std::optional<std::string> shown = ShownBytes(transition_.after, path);
    if (!was_chosen || shown == closed.current.value) return;
    ConflictRecord record = closed;
    record.id = RecordId(entry_.context, closed.path, entry_.id);
    record.seq = numbered_.seq;
    record.strategy = Strategy::kManual;
    record.status = ConflictStatus::kOpen;
    record.resolution.reset();
    record.left_out = LeftOut();
    record.incoming = Ours(closed.current.stamp);
    record.incoming.value = closed.current.value;
    record.current = closed.incoming;
    record.current.value = std::move(shown);
    Put(std::move(record), true);
  }

  /// Writes that know both sides end the dispute.
  void Supersede() {
    for (const ConflictRecord& record : live_) {
      if (IsTouched(record)) continue;
      const std::string path = CellPathOf(record.path);
      if (!WrittenAt(delta_, path)) continue;
      const bool is_above_own =
          IsChained(record, entry_, numbered_.origin) && WritesAbove(delta_, path);
      if (is_above_own || IsKnowing(record, path)) Close(record, kSuperseded);
    }
  }

  [[nodiscard]] bool IsKnowing(const ConflictRecord& record, const std::string& path) const {
    const bool knows_record = entry_.base >= record.rev;
    if (record.status == ConflictStatus::kOpen) {
      return knows_record && (IsChallenger(record, numbered_.origin) || Deletes(delta_, path));
    }
    const ConflictSide* side = SideOf(record, numbered_.origin.device);
    return knows_record || (side != nullptr && entry_.base >= OtherThan(record, side).seq);
  }

  // ── what is shown ──

  /// Records that wait for a person follow what is shown; they end when the challenger's value is.
  void FollowShown() {
    for (const auto& [id, changed] : std::map(changed_))
      FollowShown(changed);
    for (const ConflictRecord& record : live_) {
      if (!IsTouched(record)) FollowShown(record);
    }
  }

  void FollowShown(ConflictRecord record) {
    if (record.status != ConflictStatus::kOpen) return;
    const std::string path = CellPathOf(record.path);
    std::optional<std::string> shown = ShownBytes(transition_.after, path);
    const bool is_agreed = shown == record.incoming.value;
    if (is_agreed && (!record.left_out.empty() || shown != record.current.value)) {
      Close(std::move(record), kSuperseded);
      return;
    }
    if (shown == record.current.value) return;
    const std::optional<std::string> written = WrittenAt(delta_, path);
    const Stamp stamp = written ? LargestStamp(*FindCell(delta_, *written)) : record.current.stamp;
    record.current = Ours(stamp);
    record.current.value = std::move(shown);
    Put(std::move(record), false);
  }

  RecordChanges TakeChanges() {
    RecordChanges changes;
    for (auto& [id, record] : changed_) {
      stage_.PutRecord(record);
      changes.changed.push_back(std::move(record));
    }
    changes.conflicts = std::move(sides_);
    return changes;
  }

  HubStage& stage_;
  const NumberedEntry& numbered_;
  const PushEntry& entry_;
  const Transition& transition_;
  const Delta& delta_;                // what is numbered of the entry
  std::vector<ConflictRecord> live_;  // as they were before the entry
  std::map<std::string, ConflictRecord> changed_;
  std::vector<std::string> sides_;
};

}  // namespace

std::vector<ConflictRecord> OwnChains(const PushEntry& entry, DeviceId device,
                                      const std::vector<ConflictRecord>& live) {
  std::vector<ConflictRecord> chains;
  for (const ConflictRecord& record : live) {
    const ConflictSide* side = SideOf(record, device);
    if (side == nullptr || !record.left_out.empty()) continue;
    const ConflictSide& other = OtherThan(record, side);
    if (other.device == device || other.seq <= entry.base) continue;
    if (WrittenAt(entry.delta, CellPathOf(record.path))) chains.push_back(record);
  }
  return chains;
}

Result<RecordChanges> KeepConflicts(HubStage& stage, const NumberedEntry& numbered,
                                    const Transition& transition, const Trimmed& trimmed,
                                    const Resolution& resolution) {
  return ConflictBook(stage, numbered, transition, trimmed.delta).Keep(trimmed, resolution);
}

}  // namespace contextsync
