#include "tests/simulation/invariants.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "core/notebook/changeset.h"
#include "core/notebook/containment.h"
#include "core/notebook/journal.h"
#include "core/notebook/purging.h"
#include "core/notebook/tables.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/purged_items.h"

namespace contextsync::simulation {

namespace {

constexpr std::size_t kAllRecords = 100'000;

std::string NameOf(const ContextRef& ref) {
  return std::string(ToString(ref.level)) + "/" + ref.id;
}

/// A notebook as its disk holds it, decoded by the code that ships.
class Peek {
 public:
  explicit Peek(const SimDisk& disk) : reader_(disk) {
    auto meta = GetRecord<Meta>(reader_, tables::kMeta, keys::MetaRecord());
    CONTEXTSYNC_CHECK(meta.ok() && meta.value().has_value());
    meta_ = std::move(*meta.value());
  }

  [[nodiscard]] const Meta& meta() const { return meta_; }

  [[nodiscard]] std::vector<ContextRef> Contexts() const {
    std::vector<ContextRef> contexts;
    const auto collect = [&](std::string_view key, std::string_view) {
      auto ref = keys::ParseHeader(key);
      CONTEXTSYNC_CHECK(ref.has_value());
      contexts.push_back(std::move(*ref));
      return true;
    };
    CONTEXTSYNC_CHECK(
        reader_.Scan(tables::kDocuments, PrefixRange(keys::Headers(meta_.generation)), collect)
            .ok());
    return contexts;
  }

  [[nodiscard]] DocumentPtr Load(const ContextRef& ref) const {
    auto document = LoadDocument(reader_, meta_.generation, ref);
    CONTEXTSYNC_CHECK(document.ok() && document.value() != nullptr);
    return std::move(document).value();
  }

  [[nodiscard]] std::vector<JournalEntry> Journal() const {
    std::vector<JournalEntry> entries;
    const auto collect = [&](const JournalEntry& entry) {
      entries.push_back(entry);
      return true;
    };
    CONTEXTSYNC_CHECK(
        journal::ForEach(reader_, EntryNumber(0), EntryNumber(~std::uint64_t{0}), collect).ok());
    return entries;
  }

 private:
  const StoreReader reader_;
  Meta meta_;
};

/// The items of one context up to `last`.
Oracle Fold(const SimHub& hub, const ContextRef& ref, HubSequence last) {
  Oracle oracle;
  const PurgedItems items(hub, ref, last);
  for (const LoggedItem& logged : hub.log()) {
    const FeedItem& item = logged.stored.item;
    if (item.seq > last) break;
    if (item.context != ref) continue;
    oracle.Take(items.Left(item));
    oracle.Drop(item.drops);
  }
  return oracle;
}

/// An own entry that counts beside the feed up to `contained`.
bool IsPending(const JournalEntry& entry, HubSequence contained) {
  return !entry.outcome || entry.outcome->is_trimmed || entry.outcome->seq > contained;
}

/// A purge is felt ahead of its item: the hub rewrites older items at once, and whoever asked takes
/// out what waits. Until the item is contained, some have the values and some have not.
bool HasPurgeAhead(const SimHub& hub, const SimDisk& disk, const Peek& peek, const ContextRef& ref,
                   HubSequence contained) {
  for (const JournalEntry& entry : peek.Journal()) {
    const bool is_purge = entry.push.context == ref && entry.push.op == EntryOp::kPurge;
    if (is_purge && IsPending(entry, contained)) return true;
  }
  std::vector<Purge> known;
  for (const LoggedItem& logged : hub.log()) {
    const FeedItem& item = logged.stored.item;
    if (item.context != ref || item.kind != kPurging) continue;
    if (item.seq > contained) return true;
    KeepPurge(known, item.purge);
  }
  const auto kept = purging::Kept(StoreReader(disk), ref);
  CONTEXTSYNC_CHECK(kept.ok());
  return std::any_of(kept.value().begin(), kept.value().end(), [&](const Purge& purge) {
    return !WritesBeyond(purge.writes, KeptWrites(known, purge.path)).empty();
  });
}

void CheckContext(Universe& universe, const SimHub& hub, SimMachine& machine, const Peek& peek,
                  const ContextRef& ref) {
  const DocumentPtr document = peek.Load(ref);
  const HubSequence contained = std::max(peek.meta().cursor, document->header.asof);
  if (HasPurgeAhead(hub, machine.disk(), peek, ref, contained)) return;
  Oracle oracle = Fold(hub, ref, contained);
  for (const JournalEntry& entry : peek.Journal()) {
    if (entry.push.context != ref || !IsPending(entry, contained)) continue;
    const auto delta = entry.DecodeDelta();
    CONTEXTSYNC_CHECK(delta.ok());
    oracle.Take(delta.value());
  }
  const std::string what = oracle.Difference(*document->state);
  if (!what.empty())
    universe.Fail(machine.name() + ": the state of " + NameOf(ref) + " at " +
                  std::to_string(contained.value) + " is not the fold of its items: " + what);
}

/// What a reader gets; nothing when the context does not exist.
std::optional<std::string> Shown(SimMachine& machine, const ContextRef& ref) {
  const auto lookup = machine.notebook().Read(ref);
  CONTEXTSYNC_CHECK(lookup.ok());
  if (!lookup.value().found) return std::nullopt;
  return CanonicalBytes(*lookup.value().found->data);
}

std::string Text(const std::vector<ConflictRecord>& records) {
  std::set<std::string> lines;
  for (const ConflictRecord& record : records) {
    lines.insert(record.id + "@" + std::to_string(record.rev.value) + " " +
                 std::to_string(static_cast<int>(record.status)) + " " +
                 record.current.value.value_or("(deleted)") + " / " +
                 record.incoming.value.value_or("(deleted)"));
  }
  std::string out;
  for (const std::string& line : lines)
    out += line + "\n";
  return out;
}

/// After a restore of the hub the records it lost are elsewhere, so this holds without one only.
void CheckRecords(Universe& universe, SimHub& hub, SimMachine& machine) {
  if (hub.restores() > 0) return;
  const auto at_hub =
      hub.store().ReadConflicts(hub.workspace(), {.context = {}, .with_resolved = true});
  ConflictQuery everything;
  everything.limit = kAllRecords;
  const auto held = machine.notebook().Conflicts(everything);
  CONTEXTSYNC_CHECK(at_hub.ok() && held.ok());
  if (Text(held.value().records) == Text(at_hub.value())) return;
  universe.Fail(machine.name() + " has other conflict records than the hub:\n" +
                Text(held.value().records) + "hub:\n" + Text(at_hub.value()));
}

void CheckEnd(Universe& universe, SimHub& hub, SimMachine& machine,
              const std::map<ContextRef, Oracle>& oracles) {
  CheckRecords(universe, hub, machine);
  const std::uint64_t parked = machine.notebook().Summary().parked;
  for (const auto& [ref, oracle] : oracles) {
    const std::string what = oracle.Difference(*Peek(machine.disk()).Load(ref)->state);
    if (!what.empty())
      universe.Fail(machine.name() + ": " + NameOf(ref) + " is not the fold of all items: " + what);
    if (parked == 0 && Shown(machine, ref) != oracle.Text())
      universe.Fail(machine.name() + ": " + NameOf(ref) + " shows " +
                    Shown(machine, ref).value_or("nothing") + " instead of " +
                    oracle.Text().value_or("nothing"));
  }
}

/// What a search would read says what the contexts say, with changed ones still to take in and
/// without.
void CheckIndex(Universe& universe, SimMachine& machine) {
  for (const bool is_taken_in : {false, true}) {
    bool is_complete = !is_taken_in;
    while (!is_complete) {
      const auto indexed = machine.notebook().IndexSome(std::numeric_limits<std::size_t>::max());
      CONTEXTSYNC_CHECK(indexed.ok());
      is_complete = indexed.value();
    }
    const auto problems = machine.notebook().Audit();
    CONTEXTSYNC_CHECK(problems.ok());
    for (const std::string& problem : problems.value())
      universe.Fail(machine.name() + ": " + problem);
  }
}

/// The lists in `value` in one order, whatever theirs is.
void SortLists(nlohmann::json& value) {
  if (!value.is_structured()) return;
  for (auto& member : value)
    SortLists(member);
  if (value.is_array()) std::sort(value.begin(), value.end());
}

/// Collecting must not change what is shown, but for one thing: an element's `first` that a removal
/// hid is forgotten, so whoever adds the element once more without having seen its last addition
/// decides its place.
bool ShowSameElements(const Oracle& left, const Oracle& right) {
  const auto sorted = [](const Oracle& oracle) {
    auto shown = nlohmann::json::parse(oracle.Text().value_or("null"));
    SortLists(shown);
    return shown;
  };
  return left.Text() == right.Text() || sorted(left) == sorted(right);
}

}  // namespace

void CheckState(Universe& universe, const SimHub& hub, SimMachine& machine) {
  const Peek peek(machine.disk());
  const Meta& meta = peek.meta();
  const bool is_alone = meta.epoch.empty();
  const bool shares = hub.Holds(meta.epoch, meta.cursor, meta.check) &&
                      hub.Holds(meta.epoch, meta.known, meta.known_check);
  if (!is_alone && !shares) return;
  const auto marked = MarkedRebuilds(StoreReader(machine.disk()));
  CONTEXTSYNC_CHECK(marked.ok());
  for (const ContextRef& ref : peek.Contexts()) {
    // What was refused, or left out, stays in the state until the rebuild that is marked.
    const bool is_due = std::count(marked.value().begin(), marked.value().end(), ref) > 0;
    if (!is_due) CheckContext(universe, hub, machine, peek, ref);
  }
}

bool IsQuiet(const SimHub& hub, SimMachine& machine) {
  if (!hub.is_up() || !machine.is_awake() || machine.is_calling()) return false;
  const SyncStatus status = machine.engine().Status();
  if (status.link != LinkState::kOnline || status.channel != ChannelState::kConnected) return false;
  const SyncPosition position = machine.notebook().Position();
  if (position.unsent != 0 || !position.rebuild.empty()) return false;
  if (!hub.Holds(position.claim.epoch, HubSequence(hub.log().size()), position.check)) return false;
  return position.cursor.value == hub.log().size() && Peek(machine.disk()).Journal().empty();
}

std::string DescribeUnrest(const SimHub& hub, SimMachine& machine) {
  if (!machine.is_awake()) return machine.name() + " is not up";
  const SyncPosition position = machine.notebook().Position();
  const SyncStatus status = machine.engine().Status();
  return machine.name() + ": unsent " + std::to_string(position.unsent) + ", journal " +
         std::to_string(Peek(machine.disk()).Journal().size()) + ", cursor " +
         std::to_string(position.cursor.value) + " of " + std::to_string(hub.log().size()) +
         ", rebuilds " + std::to_string(position.rebuild.size()) + ", epoch " +
         (position.claim.epoch == hub.epoch() ? "right" : "wrong") + ", error " +
         (status.last_error ? status.last_error->code + " " + status.last_error->message : "none") +
         ", link " + std::to_string(static_cast<int>(status.link)) + ", channel " +
         std::to_string(static_cast<int>(status.channel)) +
         (machine.is_calling() ? ", in a call" : "");
}

void CheckConvergence(Universe& universe, SimHub& hub, const Machines& machines) {
  std::map<ContextRef, Oracle> oracles;
  std::map<ContextRef, Oracle> unforgetting;
  std::map<ContextRef, PurgedItems> items;
  for (const LoggedItem& logged : hub.log()) {
    const FeedItem& item = logged.stored.item;
    const auto of_context =
        items.try_emplace(item.context, hub, item.context, HubSequence(hub.log().size())).first;
    const Delta left = of_context->second.Left(item);
    oracles[item.context].Take(left);
    oracles[item.context].Drop(item.drops);
    unforgetting[item.context].Take(left);
  }
  for (const auto& [ref, oracle] : unforgetting) {
    if (!ShowSameElements(oracle, oracles[ref]))
      universe.Fail("what was collected is missed: " + NameOf(ref) + " shows " +
                    oracles[ref].Text().value_or("nothing") + " instead of " +
                    oracle.Text().value_or("nothing"));
  }
  for (const auto& machine : machines)
    CheckEnd(universe, hub, *machine, oracles);
  const auto first = machines.front()->notebook().Fingerprint();
  CONTEXTSYNC_CHECK(first.ok());
  for (const auto& machine : machines) {
    const auto fingerprint = machine->notebook().Fingerprint();
    CONTEXTSYNC_CHECK(fingerprint.ok());
    if (fingerprint.value().state_hash != first.value().state_hash)
      universe.Fail(machine->name() + " has another state than " + machines.front()->name());
    CheckIndex(universe, *machine);
  }
}

}  // namespace contextsync::simulation
