#include "tests/simulation/purges.h"

#include <algorithm>
#include <map>

#include "core/base/check.h"
#include "core/notebook/changeset.h"
#include "core/notebook/journal.h"
#include "core/notebook/parking.h"
#include "core/notebook/purging.h"
#include "tests/simulation/purged_items.h"

namespace contextsync::simulation {

namespace {

constexpr HubSequence kEnd{~std::uint64_t{0}};
constexpr std::string_view kSecret = "secret-";
constexpr char kSecretEnd = ';';  // no secret is the beginning of another

std::set<std::string> SecretsIn(std::string_view bytes) {
  std::set<std::string> secrets;
  for (std::size_t at = bytes.find(kSecret); at != std::string_view::npos;
       at = bytes.find(kSecret, at + 1)) {
    const std::size_t end = bytes.find(kSecretEnd, at);
    if (end != std::string_view::npos) secrets.emplace(bytes.substr(at, end + 1 - at));
  }
  return secrets;
}

/// The secrets of one context: each is gone with all its writes, or one of them is left.
class Ledger {
 public:
  explicit Ledger(const PurgedItems& items) : items_(items) {}

  void Note(const Delta& delta, HubSequence seq) {
    for (const auto& [path, cell] : delta.cells) {
      if (cell.head) Note(cell.head->bytes, path, cell.head->stamp, seq);
      for (const auto& [key, element] : cell.elems) {
        for (const Stamp& stamp : {element.first, element.last, element.rm})
          if (!stamp.IsNever()) Note(key + element.bytes, path, stamp, seq);
      }
    }
  }

  void Note(const ConflictRecord& record, HubSequence seq) {
    Note(record.left_out.delta(), seq);
    for (const ConflictSide& side : {record.current, record.incoming})
      Note(side.value.value_or(""), "d" + record.path, side.stamp, seq);
  }

  /// Those of which everything that was noted is gone, or that is not gone.
  [[nodiscard]] std::set<std::string> Secrets(bool gone) const {
    std::set<std::string> secrets;
    for (const auto& [secret, is_gone] : is_gone_)
      if (is_gone == gone) secrets.insert(secret);
    return secrets;
  }

 private:
  void Note(std::string_view bytes, const std::string& path, const Stamp& stamp, HubSequence seq) {
    for (const std::string& secret : SecretsIn(bytes)) {
      const auto known = is_gone_.emplace(secret, true).first;
      known->second = known->second && items_.IsGone(path, stamp, seq);
    }
  }

  const PurgedItems& items_;
  std::map<std::string, bool> is_gone_;
};

std::set<ContextRef> PurgedContexts(const SimHub& hub) {
  std::set<ContextRef> contexts;
  for (const LoggedItem& logged : hub.log())
    if (logged.stored.item.kind == kPurging) contexts.insert(logged.stored.item.context);
  return contexts;
}

void NoteNumbered(const SimHub& hub, const ContextRef& ref, Ledger& ledger) {
  for (const LoggedItem& logged : hub.log()) {
    const FeedItem& item = logged.stored.item;
    if (item.context != ref) continue;
    ledger.Note(item.delta, item.seq);
    for (const ConflictRecord& record : item.conflicts)
      ledger.Note(record, item.seq);
  }
}

/// What was refused waits beside what is numbered.
void NoteParked(const SimMachine& machine, const ContextRef& ref, Ledger& ledger) {
  const auto parked = parking::All(StoreReader(machine.disk()));
  CONTEXTSYNC_CHECK(parked.ok());
  for (const ParkedEntry& entry : parked.value()) {
    const auto delta = entry.entry.DecodeDelta();
    CONTEXTSYNC_CHECK(delta.ok());
    if (entry.entry.push.context == ref) ledger.Note(delta.value(), kEnd);
  }
}

}  // namespace

std::string Secret(std::size_t number) {
  return std::string(kSecret) + std::to_string(number) + kSecretEnd;
}

PurgeRequest Purges::AnyRequest() {
  Chance& chance = universe_.chance;
  const bool is_ledger = chance.Percent(20);
  PurgeRequest request;
  request.agent = "a person";
  request.context = {Level::kTask,
                     (is_ledger ? "ledger" : "wild") + std::to_string(chance.Below(2))};
  // Never what keeps the tokens of promises.
  static const std::vector<std::string> kPaths = {"/note",   "/status",  "/todo",
                                                  "/secret", "/secrets", ""};
  request.path = kPaths[chance.Below(is_ledger ? 3 : kPaths.size())];
  return request;
}

void Purges::Ask(std::size_t index) {
  SimMachine& machine = *machines_[index];
  if (!machine.is_awake()) return;
  const PurgeRequest request = AnyRequest();
  const Status done = machine.notebook().Purge(request);
  SIMULATION_TRACE(universe_, machine.name() + ": purges " + request.context.id + request.path +
                                  (done.ok() ? "" : " " + done.error().message()));
  if (!done.ok() || !machine.is_up()) return;
  machine.engine().NoteWrite();
  machine.Poke();
  NotePromise(index, request);
}

void Purges::NotePromise(std::size_t machine, const PurgeRequest& request) {
  const StoreReader reader(machines_[machine]->disk());
  const EntryNumber last{machines_[machine]->notebook().Position().next_n.value - 1};
  const auto entry = journal::Find(reader, last);
  CONTEXTSYNC_CHECK(entry.ok() && entry.value().has_value());
  CONTEXTSYNC_CHECK(entry.value()->push.op == EntryOp::kPurge);
  CONTEXTSYNC_CHECK(entry.value()->push.context == request.context);
  asked_.push_back({machine, entry.value()->push.id});
}

void Purges::NoteRestore() {
  for (const ContextRef& ref : PurgedContexts(hub_)) {
    Known& known = known_[ref];
    for (const auto& machine : machines_) {
      const auto kept = purging::Kept(StoreReader(machine->disk()), ref);
      CONTEXTSYNC_CHECK(kept.ok());
      for (const Purge& purge : kept.value())
        KeepPurge(known.purges, purge.OfNamed());
    }
    PurgedItems items(hub_, ref, HubSequence());
    for (const Purge& purge : known.purges)
      items.Add(purge);
    Ledger ledger(items);
    NoteNumbered(hub_, ref, ledger);
    known.secrets.merge(ledger.Secrets(true));
  }
}

/// The secrets of `ref` that must be nowhere: of which no write is left that nobody purged.
std::set<std::string> Purges::Gone(const ContextRef& ref) {
  const Known& known = known_[ref];
  PurgedItems items(hub_, ref, kEnd);
  for (const Purge& purge : known.purges)
    items.Add(purge);
  Ledger ledger(items);
  NoteNumbered(hub_, ref, ledger);
  for (const auto& machine : machines_)
    NoteParked(*machine, ref, ledger);
  std::set<std::string> gone = ledger.Secrets(true);
  std::set<std::string> before = known.secrets;
  gone.merge(before);
  for (const std::string& secret : ledger.Secrets(false))
    gone.erase(secret);
  return gone;
}

void Purges::CheckPromises() {
  std::set<EntryId> known;
  for (const LoggedItem& logged : hub_.log())
    known.insert(logged.stored.item.id);
  for (const auto& machine : machines_) {
    const auto refused = parking::All(StoreReader(machine->disk()));
    CONTEXTSYNC_CHECK(refused.ok());
    for (const ParkedEntry& parked : refused.value())
      known.insert(parked.entry.push.id);
  }
  for (const Asked& asked : asked_) {
    if (!known.contains(asked.id))
      universe_.Fail(machines_[asked.machine]->name() + ": purge " + asked.id.value + " is lost");
  }
}

void Purges::CheckAllIsGone() {
  std::set<ContextRef> contexts = PurgedContexts(hub_);
  for (const auto& [ref, known] : known_)
    contexts.insert(ref);
  for (const ContextRef& ref : contexts) {
    const std::set<std::string> secrets = Gone(ref);
    CheckIsGone(hub_.disk(), TableHubStore::TableNames().size(), "the hub", secrets);
    for (const auto& machine : machines_)
      CheckIsGone(*machine, secrets);
  }
}

void Purges::CheckIsGone(SimMachine& machine, const std::set<std::string>& secrets) {
  CONTEXTSYNC_CHECK(machine.notebook().Scrub().ok());
  CheckIsGone(machine.disk(), Notebook::TableNames().size(), machine.name(), secrets);
}

void Purges::CheckIsGone(const SimDisk& disk, std::size_t tables, const std::string& whose,
                         const std::set<std::string>& secrets) {
  for (TableId table = 0; table < tables; ++table) {
    const auto look = [&](std::string_view key, std::string_view value) {
      for (const std::string& found : SecretsIn(std::string(key) + std::string(value))) {
        if (secrets.contains(found))
          universe_.Fail(whose + " keeps " + found + " in table " + std::to_string(table));
      }
      return true;
    };
    CONTEXTSYNC_CHECK(disk.Scan(table, KeyRange{}, look).ok());
  }
}

}  // namespace contextsync::simulation
