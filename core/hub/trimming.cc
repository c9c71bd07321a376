#include "core/hub/trimming.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/document/join.h"
#include "core/document/policy.h"
#include "core/document/render.h"

namespace contextsync {

namespace {

const ContextRef& PolicyContext() {
  static const ContextRef kRef = {Level::kGlobal, "_policy"};
  return kRef;
}

bool Asserts(const Cell& cell) {
  if (cell.head && cell.head->kind != CellKind::kDel) return true;
  return std::any_of(cell.elems.begin(), cell.elems.end(),
                     [](const auto& item) { return !item.second.last.IsNever(); });
}

bool AssertsBelow(const Delta& delta, std::string_view path) {
  for (auto it = delta.cells.upper_bound(path);
       it != delta.cells.end() && IsAtOrBelow(it->first, path); ++it) {
    if (Asserts(it->second)) return true;
  }
  return false;
}

/// A head that only says that the parents of something exist.
bool IsEnclosing(const Cell& cell) {
  return cell.head && cell.head->kind == CellKind::kObj && cell.clr.IsNever() && cell.elems.empty();
}

/// Moves the heads above `path` that nothing needs any more, or they would revive a parent that was
/// deleted meanwhile as an empty shell.
void TakeIdleHeads(Delta& delta, std::string_view path, Delta& part) {
  while (ParentPointer(path) != path) {
    path = ParentPointer(path);
    const auto it = delta.cells.find(path);
    if (it == delta.cells.end() || !IsEnclosing(it->second) || AssertsBelow(delta, path)) continue;
    part.cells.insert(delta.cells.extract(it));
  }
}

class Trimmer {
 public:
  Trimmer(HubStage& stage, const Meeting& meeting)
      : stage_(stage), meeting_(meeting), entry_(meeting.entry) {
    trimmed_.delta = entry_.delta;
  }

  Result<Trimmed> Run() {
    if (!is_repair()) FollowChains();
    for (Clash& clash : Clashes())
      CONTEXTSYNC_RETURN_IF_ERROR(Settle(std::move(clash)));
    return std::move(trimmed_);
  }

 private:
  [[nodiscard]] bool is_repair() const { return meeting_.ownership == Ownership::kByStamp; }

  /// What was written on top of something left out waits with it, whatever strategy it names. A
  /// write above is a matter of its own.
  void FollowChains() {
    for (const ConflictRecord& record : meeting_.live) {
      const std::string path = CellPathOf(record.path);
      if (!IsChained(record, entry_, meeting_.origin) || IsAnswered(record)) continue;
      if (WritesAbove(trimmed_.delta, path)) continue;
      Delta part = LeaveOut(trimmed_.delta, path);
      if (!part.cells.empty()) trimmed_.following.push_back({record.id, std::move(part)});
    }
  }

  [[nodiscard]] bool IsAnswered(const ConflictRecord& record) const {
    return meeting_.resolution.effect == ResolutionEffect::kCloses &&
           meeting_.resolution.record.id == record.id;
  }

  [[nodiscard]] std::vector<Clash> Clashes() const {
    if (IsReissuedIntoNothing()) return {AtRoot()};
    State after = meeting_.context.state;
    Join(after, trimmed_.delta);
    const IncomingWrite write = {trimmed_.delta, meeting_.origin.device, entry_.base,
                                 meeting_.ownership};
    std::vector<Clash> clashes = FindClashes(write, meeting_.context, after);
    if (meeting_.resolution.effect == ResolutionEffect::kCloses) DropAnswered(clashes);
    if (meeting_.resolution.effect == ResolutionEffect::kChallenges) AddChallenge(clashes, after);
    return clashes;
  }

  /// An edit from before anything the hub remembers, of a context that may have been deleted since.
  [[nodiscard]] bool IsReissuedIntoNothing() const {
    return entry_.reissue && meeting_.context.state.cells.empty() &&
           FindCell(entry_.delta, kMetaCreated) == nullptr;
  }

  [[nodiscard]] Clash AtRoot() const {
    return {
        std::string(kDataRoot), ConflictKind::kDeleteUpdate, LargestStamp(entry_.delta), {}, {}};
  }

  [[nodiscard]] std::string ResolvedPath() const {
    return CellPathOf(meeting_.resolution.record.path);
  }

  /// Who chose saw what is shown there: the record says that nothing changed since.
  void DropAnswered(std::vector<Clash>& clashes) const {
    const std::string path = ResolvedPath();
    std::erase_if(clashes, [&](const Clash& clash) { return IsAtOrBelow(clash.path, path); });
  }

  /// Somebody else decided first: the whole of the other decision waits, even where the table finds
  /// no clash. Further up the table alone decides, and the same value is no contradiction.
  void AddChallenge(std::vector<Clash>& clashes, const State& after) const {
    const std::string path = ResolvedPath();
    const auto is_above = [&](const Clash& clash) {
      return clash.path != path && IsAtOrBelow(path, clash.path);
    };
    if (std::any_of(clashes.begin(), clashes.end(), is_above)) return;
    Clash whole = {path,
                   meeting_.resolution.record.kind,
                   LargestStamp(trimmed_.delta),
                   {},
                   Writer{meeting_.resolution.record.rev, meeting_.resolution.decided_by}};
    const std::size_t found =
        std::erase_if(clashes, [&](const Clash& clash) { return IsAtOrBelow(clash.path, path); });
    const bool differs = ShownBytes(after, path) != ShownBytes(meeting_.context.state, path);
    if (found > 0 || differs) clashes.push_back(std::move(whole));
  }

  Status Settle(Clash clash) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const Strategy strategy, StrategyFor(clash));
    SettledClash settled = {std::move(clash), strategy, {}};
    if (strategy == Strategy::kManual && !is_repair()) {
      settled.left_out = LeaveOut(trimmed_.delta, settled.clash.path);
    }
    trimmed_.clashes.push_back(std::move(settled));
    return {};
  }

  Result<Strategy> StrategyFor(const Clash& clash) {
    if (!is_repair() && MustWait(clash.path)) return Strategy::kManual;
    if (entry_.on_conflict) return *entry_.on_conflict;
    return StrategyByPolicy(stage_, entry_.context, clash);
  }

  /// Where something of this notebook waits already, or where it contradicts a decision.
  [[nodiscard]] bool MustWait(const std::string& path) const {
    const bool contradicts = meeting_.resolution.effect == ResolutionEffect::kChallenges &&
                             IsAtOrBelow(path, ResolvedPath());
    const auto waits_there = [&](const ConflictRecord& record) {
      return !record.left_out.empty() && IsChallenger(record, meeting_.origin) &&
             CellPathOf(record.path) == path;
    };
    return contradicts || std::any_of(meeting_.live.begin(), meeting_.live.end(), waits_there);
  }

  HubStage& stage_;
  const Meeting& meeting_;
  const PushEntry& entry_;
  Trimmed trimmed_;
};

}  // namespace

bool Trimmed::LeavesOut() const {
  return !following.empty() ||
         std::any_of(clashes.begin(), clashes.end(),
                     [](const SettledClash& settled) { return !settled.left_out.cells.empty(); });
}

Result<Trimmed> Trim(HubStage& stage, const Meeting& meeting) {
  return Trimmer(stage, meeting).Run();
}

Delta LeaveOut(Delta& delta, std::string_view path) {
  if (path == kDataRoot) return std::exchange(delta, Delta{});
  Delta part;
  for (auto it = delta.cells.lower_bound(path);
       it != delta.cells.end() && IsAtOrBelow(it->first, path);) {
    part.cells.insert(delta.cells.extract(it++));
  }
  if (!part.cells.empty()) TakeIdleHeads(delta, path, part);
  return part;
}

Result<Strategy> StrategyByPolicy(HubStage& stage, const ContextRef& context, const Clash& clash) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const HubContext* stored, stage.Context(PolicyContext()));
  const std::string pointer =
      IsDataPath(clash.path) ? std::string(DataPointer(clash.path)) : std::string();
  const Result<Policy> policy = Policy::FromJson(Render(stored->state).data);
  if (policy.ok()) return policy.value().StrategyFor(context.level, pointer, clash.kind);
  return Policy::BuiltIn().StrategyFor(context.level, pointer, clash.kind);
}

}  // namespace contextsync
