#include "tests/unit/hub/dispute_schedule.h"

#include <algorithm>
#include <set>

#include "core/document/codec.h"
#include "core/document/join.h"
#include "core/hub/challenge.h"
#include "core/hub/clash_finder.h"
#include "core/hub/conflict_side.h"

namespace contextsync {

namespace {

const ContextRef kPolicy = {Level::kGlobal, "_policy"};

/// No stamp of `left_out` is in `state`.
bool IsNowhere(const Delta& left_out, const State& state) {
  for (const auto& [path, cell] : left_out.cells) {
    const Cell* shown = FindCell(state, path);
    if (shown == nullptr) continue;
    if (cell.head && shown->head && cell.head->stamp == shown->head->stamp) return false;
    if (!cell.clr.IsNever() && cell.clr == shown->clr) return false;
    for (const auto& [key, element] : cell.elems) {
      const auto it = shown->elems.find(key);
      if (it == shown->elems.end()) continue;
      if (!element.last.IsNever() && element.last == it->second.last) return false;
      if (!element.rm.IsNever() && element.rm == it->second.rm) return false;
    }
  }
  return true;
}

bool AssertsBelow(const Delta& delta, std::string_view path) {
  for (const auto& [at, cell] : delta.cells) {
    if (at == path || !IsAtOrBelow(at, path)) continue;
    if (cell.head && cell.head->kind != CellKind::kDel) return true;
    for (const auto& [key, element] : cell.elems) {
      if (!element.last.IsNever()) return true;
    }
  }
  return false;
}

bool IsBareHead(const Cell& cell) {
  return cell.head && cell.head->kind == CellKind::kObj && cell.clr.IsNever() && cell.elems.empty();
}

/// Everything of `part` is at or below a record's path, or a head that only kept parents alive.
void ExpectBelongs(const Delta& part, const std::vector<ConflictRecord>& records) {
  for (const auto& [path, cell] : part.cells) {
    bool belongs = false;
    for (const ConflictRecord& record : records) {
      const std::string at = CellPathOf(record.path);
      belongs = belongs || at == kDataRoot || IsAtOrBelow(path, at) ||
                (IsAtOrBelow(at, path) && IsBareHead(cell));
    }
    EXPECT_TRUE(belongs) << path;
  }
}

}  // namespace

DisputeSchedule::DisputeSchedule(std::uint64_t seed) : random_(seed) {
  constexpr std::array kPolicies = {
      R"({"conflict":{"workspace":"manual"}})", R"({"conflict":{"workspace":"version"}})",
      R"({"conflict":{"workspace":"merge","paths":{"/p/**":"manual"}}})",
      R"({"conflict":{"workspace":"version","paths":{"/p/x":"manual"}}})"};
  TestNotebook& first = devices_[0].notebook;
  first.PushOne(first.Set(kPolicies[Below(kPolicies.size())], kPolicy));
  first.Pull();
  const PushEntry begin = first.Set(R"({"p":{"x":0,"l":["a"]},"q":0})");
  Keep(devices_[0], begin);
  Push(devices_[0]);
  for (Device& device : devices_)
    Pull(device);
}

void DisputeSchedule::Run(int steps) {
  for (int i = 0; i < steps; ++i)
    Step();
  for (Device& device : devices_)
    Push(device);
  for (Device& device : devices_)
    Pull(device);
}

void DisputeSchedule::Step() {
  hub_.clock.Advance(static_cast<UnixMillis>(Below(3)));
  Device& device = AnyDevice();
  switch (Below(9)) {
    case 0:
    case 1:
      return Push(device);
    case 2:
      return Pull(device);
    case 8:
      return device.notebook.Rebuild();
    case 3:
      return Resolve(device);
    default:
      return Write(device);
  }
}

Update DisputeSchedule::RandomUpdate() {
  const std::string value = std::to_string(Below(4));
  const auto data = [](const std::string& json) {
    Update update;
    update.data = Json::parse(json);
    return update;
  };
  switch (Below(26)) {
    case 0:
      return data(R"({"p":null})");
    case 1:
      return data(R"({"p":)" + value + "}");
    case 2:
      return Replace((R"({"p":{"x":)" + value + "}}").c_str(), "/p");
    case 3:
      return data(R"({"p":{"x":{"k":)" + value + "}}}");
    case 4:
      return data(R"({"p":{"x":null}})");
    case 5:
      return data(R"({"p":{"l":["e)" + value + R"("]}})");
    case 6:
      return Replace((R"({"p":{"l":["r)" + value + R"("]}})").c_str(), "/p/l");
    case 7:
    case 9:
      return data(R"({"q":)" + value + "}");
    case 8:
      return data(R"({"p":{"x":{"k":)" + value + R"(,"m":1}},"q":)" + value + "}");
    case 10:
      return data(R"({"p":{"x":{"n":)" + value + "}}}");
    case 11: {
      Update erase;
      erase.erase_context = true;
      return erase;
    }
    default:
      return data(R"({"p":{"x":)" + value + "}}");
  }
}

void DisputeSchedule::Keep(Device& device, PushEntry entry) {
  // The notebook's own copy is what is pushed: it must be the sealed one.
  device.notebook.pending.back() = entry;
  device.entries.push_back(std::move(entry));
}

void DisputeSchedule::Write(Device& device) {
  const Update update = RandomUpdate();
  const State state = device.notebook.See();
  const auto compiled = Compile(state, Render(state), update, Policy::BuiltIn(),
                                WriteStamp{kTask.level, Hlc{~std::uint64_t{0} >> 1U}, {}});
  if (!compiled.ok() || !compiled.value().changed) return;
  PushEntry entry = device.notebook.Write(update);
  constexpr std::array kChoices = {Strategy::kManual, Strategy::kMerge, Strategy::kVersion};
  if (Below(4) == 0) entry.on_conflict = kChoices[Below(kChoices.size())];
  TestNotebook::Seal(entry);
  Keep(device, std::move(entry));
}

void DisputeSchedule::Resolve(Device& device) {
  std::vector<ConflictRecord> live;
  for (const auto& [id, record] : device.known) {
    const bool is_field = !record.path.empty() && record.path != "@parent";
    if (record.status != ConflictStatus::kResolved && is_field) live.push_back(record);
  }
  if (live.empty()) return;
  const ConflictRecord& record = live[Below(live.size())];
  PushEntry entry;
  if (Below(2) == 0 || !record.incoming.value || record.path != "/p/x") {
    entry = device.notebook.Enter({});
    entry.choose = "current";
  } else {
    Update update;
    update.data = {{"p", {{"x", Json::parse(*record.incoming.value)}}}};
    update.replace = {"/p/x"};
    const State state = device.notebook.See();
    const auto compiled = Compile(state, Render(state), update, Policy::BuiltIn(),
                                  WriteStamp{kTask.level, Hlc{~std::uint64_t{0} >> 1U}, {}});
    if (!compiled.ok() || !compiled.value().changed) return;
    entry = device.notebook.Write(update);
    entry.choose = "incoming";
  }
  entry.op = EntryOp::kResolve;
  entry.conflict = record.id;
  TestNotebook::Seal(entry);
  Keep(device, std::move(entry));
}

void DisputeSchedule::Push(Device& device) {
  while (device.sent < device.entries.size()) {
    const PushResult result = device.notebook.PushOne(device.entries[device.sent]);
    ASSERT_NE(result.status, PushStatus::kRejected) << result.message;
    ++device.sent;
    if (Below(4) == 0) return;
  }
}

void DisputeSchedule::Pull(Device& device) {
  for (const FeedItem& item : hub_.Feed(device.notebook.claim.known)) {
    for (const ConflictRecord& record : item.conflicts)
      device.known[record.id] = record;
  }
  device.notebook.Pull();
}

void DisputeSchedule::CheckReplicas() {
  for (Device& device : devices_) {
    while (device.sent < device.entries.size())
      Push(device);
  }
  for (Device& device : devices_) {
    Pull(device);
    device.notebook.Rebuild();
    EXPECT_EQ(StateHash(device.notebook.See()), StateHash(hub_.Context().state));
    EXPECT_TRUE(device.notebook.pending.empty());
  }
  std::map<std::string, ConflictRecord> at_the_hub;
  for (const ConflictRecord& record : hub_.Records())
    at_the_hub[record.id] = record;
  for (const Device& device : devices_)
    EXPECT_EQ(device.known, at_the_hub);
}

std::map<EntryId, PushEntry> DisputeSchedule::Entries() const {
  std::map<EntryId, PushEntry> entries;
  for (const Device& device : devices_) {
    for (const PushEntry& entry : device.entries)
      entries[entry.id] = entry;
  }
  return entries;
}

void DisputeSchedule::CheckItems() {
  const std::map<EntryId, PushEntry> entries = Entries();
  State state;
  Records records;
  for (const FeedItem& item : hub_.Feed()) {
    if (item.context != kTask) continue;
    SCOPED_TRACE("item " + std::to_string(item.seq.value));
    Join(state, item.delta);
    CheckItem(item, records, state);
    for (const auto& [id, record] : records)
      CheckChange(entries.at(item.id), item, record, state);
    for (const ConflictRecord& record : item.conflicts)
      records[record.id] = record;
    CheckStanding(records, state);
  }
}

/// What holds of every record at any time.
void DisputeSchedule::CheckStanding(const Records& records, const State& state) {
  std::set<std::pair<std::string, DeviceId>> challenges;
  for (const auto& [id, record] : records) {
    EXPECT_TRUE(IsNowhere(record.left_out.delta(), state)) << record.path;
    if (record.status != ConflictStatus::kOpen) continue;
    const std::string path = CellPathOf(record.path);
    EXPECT_EQ(ShownBytes(state, path), record.current.value) << path;
    if (record.left_out.empty()) continue;
    EXPECT_NE(record.incoming.value, record.current.value) << path;
    EXPECT_EQ(WantedBytes(record.left_out.delta(), path, path), record.incoming.value);
    EXPECT_TRUE(challenges.emplace(record.path, record.incoming.device).second) << path;
  }
}

/// What waits goes whole, with the heads that it alone needed.
void DisputeSchedule::CheckItem(const FeedItem& item, const Records& before, const State& state) {
  for (const ConflictRecord& record : item.conflicts) {
    if (record.left_out.empty() || record.incoming.seq != item.seq) continue;
    const std::string path = CellPathOf(record.path);
    for (const auto& [at, cell] : item.delta.cells) {
      EXPECT_FALSE(IsAtOrBelow(at, path)) << at;
      EXPECT_FALSE(IsAtOrBelow(path, at) && IsBareHead(cell) && !AssertsBelow(item.delta, at))
          << at;
    }
    const auto known = before.find(record.id);
    if (known != before.end() && known->second.status == ConflictStatus::kOpen) continue;
    EXPECT_EQ(record.current.value, ShownBytes(state, path)) << path;
  }
}

/// What an entry may do to a record that stood before it.
void DisputeSchedule::CheckChange(const PushEntry& entry, const FeedItem& item,
                                  const ConflictRecord& before, const State& state) {
  if (before.status == ConflictStatus::kResolved) return;
  const auto now = std::find_if(item.conflicts.begin(), item.conflicts.end(),
                                [&](const ConflictRecord& r) { return r.id == before.id; });
  const bool is_closed = now != item.conflicts.end() && now->status == ConflictStatus::kResolved;
  const bool is_choice = is_closed && now->resolution->choose != "superseded";
  const bool knows = entry.base >= before.rev;
  EXPECT_TRUE(!is_choice || knows) << before.path;
  if (before.left_out.empty()) return;

  const std::string path = CellPathOf(before.path);
  const bool is_own = item.device == before.incoming.device;
  if (is_own && !is_choice && entry.over && *entry.over <= before.incoming.id &&
      !WritesAbove(entry.delta, path)) {
    for (const auto& [at, cell] : item.delta.cells)
      EXPECT_FALSE(IsAtOrBelow(at, path)) << at << " follows what waits";
  }
  if (!is_closed || is_choice) return;
  for (const ConflictRecord& other : item.conflicts) {
    const bool is_second = other.id != before.id && other.path == before.path &&
                           other.status == ConflictStatus::kOpen && !other.left_out.empty() &&
                           other.incoming.device == before.incoming.device;
    EXPECT_FALSE(is_second) << path << " has a second record";
  }
  const bool is_agreed = ShownBytes(state, path) == now->incoming.value;
  const bool is_deleted = knows && Deletes(item.delta, path);
  EXPECT_TRUE(is_own || is_agreed || is_deleted) << before.path;
}

void DisputeSchedule::CheckWhatIsLeftOut() {
  Delta recorded;
  std::map<std::string, ConflictRecord> records;
  for (const ConflictRecord& record : hub_.Records()) {
    Join(recorded, record.left_out.delta());
    records[record.id] = record;
  }
  std::map<EntryId, FeedItem> items;
  for (FeedItem& item : hub_.Feed())
    items[item.id] = std::move(item);
  Delta left_out;
  for (const Device& device : devices_) {
    for (const PushEntry& entry : device.entries) {
      const FeedItem& item = items.at(entry.id);
      const Delta part = Above(item.delta, entry.delta);
      EXPECT_EQ(part.cells.empty(), item.hash == entry.hash);
      EXPECT_TRUE(Above(entry.delta, item.delta).cells.empty());
      EXPECT_TRUE(Above(recorded, part).cells.empty()) << item.seq.value;
      if (!part.cells.empty()) ExpectBelongs(part, item.conflicts);
      Join(left_out, part);
    }
  }
  EXPECT_TRUE(Above(left_out, recorded).cells.empty());
}

void DisputeSchedule::EndWithAKnowingWrite() {
  Device& last = devices_[0];
  if (!Render(last.notebook.See()).exists) return;
  Keep(last, last.notebook.Erase());
  Push(last);
  EXPECT_TRUE(hub_.Records(/*with_resolved=*/false).empty());
}

}  // namespace contextsync
