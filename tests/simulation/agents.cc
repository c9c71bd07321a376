#include "tests/simulation/agents.h"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "core/notebook/changeset.h"
#include "core/notebook/journal.h"
#include "core/notebook/tables.h"
#include "tests/simulation/purges.h"

namespace contextsync::simulation {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kSessions = 3;

// A claim may be wrong by what nobody can know: half a round trip for the offset, the way of an
// answer, and a grain of a millisecond on either side.
constexpr Duration kClaimGrain = 5ms;

bool IsOfDisk(RefusalCode code) {
  return code == RefusalCode::kStorageFull || code == RefusalCode::kStorageUnavailable;
}

}  // namespace

void Agents::Act(std::size_t machine) {
  if (!machines_[machine]->is_awake()) return;
  Chance& chance = universe_.chance;
  const auto unanswered =
      std::find_if(operations_.begin(), operations_.end(), [&](const Operation& operation) {
        return operation.machine == machine && operation.fate == Fate::kUnknown &&
               !operation.is_forgotten;
      });
  if (unanswered != operations_.end() && chance.Percent(60))
    return Submit(static_cast<std::size_t>(unanswered - operations_.begin()));
  if (!operations_.empty() && chance.Percent(5)) {  // a client that asks again
    const std::size_t index = chance.Below(operations_.size());
    if (operations_[index].machine == machine && !operations_[index].is_forgotten)
      return Submit(index);
  }
  if (chance.Percent(20)) return Read(machine);
  Invent(machine);
}

void Agents::WritePlainly(std::size_t machine) {
  Operation operation;
  operation.machine = machine;
  operation.request.writes.push_back(LedgerWrite(operation));
  operations_.push_back(std::move(operation));
  Submit(operations_.size() - 1);
}

void Agents::Read(std::size_t machine) {
  SimMachine& computer = *machines_[machine];
  computer.engine().BeforeCall(computer.clock().Now(), universe_.chance.Percent(20));
  computer.Poke();
  CheckFreshness(computer);
}

/// Everything numbered before the claimed moment must be here.
void Agents::CheckFreshness(SimMachine& machine) {
  // What is carried over a restart counts by the wall clock; nobody can know that it was set back.
  if (machine.deaths() > 0 && machine.sim_clock().was_set_back()) return;
  const SyncStatus status = machine.engine().Status();
  const SyncPosition position = machine.notebook().Position();
  if (!status.age || !hub_.Holds(position.claim.epoch, position.cursor, position.check)) return;
  const Instant claimed = universe_.now() - *status.age - 2 * habits_.worst_latency - kClaimGrain;
  for (auto logged = hub_.log().rbegin(); logged != hub_.log().rend(); ++logged) {
    if (logged->at > claimed) continue;
    if (logged->stored.item.seq > position.cursor)
      universe_.Fail(machine.name() + " claims to be " + std::to_string(status.age->count()) +
                     " ms old, but lacks item " + std::to_string(logged->stored.item.seq.value));
    return;
  }
}

void Agents::Invent(std::size_t machine) {
  Chance& chance = universe_.chance;
  Operation operation;
  operation.machine = machine;
  std::vector<ContextWrite>& writes = operation.request.writes;
  writes.push_back(LedgerWrite(operation));
  if (chance.Percent(habits_.transactions)) writes.push_back(WildWrite());
  if (chance.Percent(30)) {
    writes.push_back(WildWrite());
    std::swap(writes.front(), writes.back());
  }
  if (chance.Percent(habits_.decisions)) {
    if (auto decision = Decision(machine)) writes.push_back(std::move(*decision));
  }
  if (chance.Percent(habits_.expectations)) {
    writes.front().fail_on_conflict = true;
    operation.may_be_refused = true;
  }
  operations_.push_back(std::move(operation));
  Submit(operations_.size() - 1);
}

ContextWrite Agents::LedgerWrite(Operation& operation) {
  Chance& chance = universe_.chance;
  const std::string number = std::to_string(operations_.size() + 1);
  operation.request.op_id = "op-" + number;
  operation.request.arguments_hash = operation.request.op_id;
  operation.request.session =
      machines_[operation.machine]->name() + "." + std::to_string(chance.Below(kSessions));
  operation.request.agent = operation.request.session;
  operation.token = "token-" + number;
  operation.ledger = {Level::kTask, "ledger" + std::to_string(chance.Below(2))};
  operation.is_logged = chance.Percent(30);

  ContextWrite write;
  write.context = operation.ledger;
  write.update.data = {{"done", Json::array({operation.token})}};
  if (operation.is_logged)
    write.update.data["insights"] = Json::array({{{"id", operation.token}, {"text", "x"}}});
  if (chance.Percent(50)) FillData(write.update.data);
  return write;
}

ContextWrite Agents::WildWrite() {
  Chance& chance = universe_.chance;
  ContextWrite write;
  write.context = {Level::kTask, "wild" + std::to_string(chance.Below(2))};
  if (chance.Percent(habits_.deletes)) {
    write.update.erase_context = true;
    write.cascade = true;
    return write;
  }
  write.update.data = Json::object();
  FillData(write.update.data);
  if (habits_.secrets) AddSecret(write.update.data);
  if (chance.Percent(habits_.strategies))
    write.update.on_conflict = static_cast<Strategy>(chance.Below(habits_.manual ? 4 : 3));
  if (chance.Percent(habits_.removes)) write.update.remove = {{"/tags", {chance.Below(5)}}};
  if (chance.Percent(habits_.removes) && write.update.data.contains("tags"))
    write.update.replace = {"/tags"};
  if (chance.Percent(10)) write.parents = {{Level::kProject, "above"}};
  return write;
}

/// What a person makes of a conflict that this notebook shows; several may decide apart.
std::optional<ContextWrite> Agents::Decision(std::size_t machine) {
  Chance& chance = universe_.chance;
  const auto page = machines_[machine]->notebook().Conflicts({});
  CONTEXTSYNC_CHECK(page.ok());
  if (page.value().records.empty()) return std::nullopt;
  const auto& records = page.value().records;
  const ConflictRecord& record = records[chance.Below(records.size())];
  ContextWrite write;
  write.context = record.context;
  write.source = "resolve";
  write.resolution = ResolutionChoice{record.id, "current", nullptr};
  if (chance.Percent(40)) write.resolution->choose = "incoming";
  if (chance.Percent(20)) {
    write.resolution->choose = "value";
    write.resolution->value = chance.Below(9);
  }
  return write;
}

void Agents::FillData(Json& data) {
  Chance& chance = universe_.chance;
  data["status"] = chance.Below(5);
  if (chance.Percent(30)) data["todo"] = Json::array({chance.Below(9), chance.Below(9)});
  if (chance.Percent(25)) data["tags"] = Json::array({chance.Below(5), chance.Below(5)});
  if (chance.Percent(15)) data["note"] = nullptr;
  if (chance.Percent(20))
    data["note"] = {{"k" + std::to_string(chance.Below(3)), chance.Below(3)},
                    {"deep", {{"er", chance.Below(2)}}}};
  if (chance.Percent(8)) data["note"] = "a text";
  if (chance.Percent(8)) data["note"] = Json::array({1, chance.Below(3)});
}

void Agents::AddSecret(Json& data) {
  Chance& chance = universe_.chance;
  const std::string secret = Secret(++secrets_);
  if (chance.Percent(30)) data["secret"] = secret;
  if (chance.Percent(20)) data["secrets"] = Json::array({secret, Secret(++secrets_)});
  if (chance.Percent(10)) data["note"] = {{"deep", {{"er", secret}}}};
}

void Agents::Submit(std::size_t index) {
  Operation& operation = operations_[index];
  SimMachine& machine = *machines_[operation.machine];
  const bool was_promised = operation.fate == Fate::kPromised;
  const auto receipt = machine.notebook().Write(operation.request);
  SIMULATION_TRACE(universe_,
                   machine.name() + ": " + operation.request.op_id + " " +
                       (receipt.ok() ? "n=" + std::to_string(receipt.value().last_n.value)
                                     : receipt.failure().message));
  if (!machine.is_up()) return;  // nobody was left to answer
  if (!receipt.ok()) {
    if (was_promised) universe_.Fail(operation.request.op_id + " was promised and is refused now");
    if (!IsOfDisk(receipt.failure().code)) operation.fate = Fate::kRefused;
    return;
  }
  machine.engine().NoteWrite();
  machine.Poke();
  if (!was_promised && !receipt.value().repeated) CheckIsShown(operation);
  if (!was_promised) return NotePromise(operation, receipt.value());
  if (!receipt.value().repeated) universe_.Fail(operation.request.op_id + " was applied again");
}

/// Whoever writes sees it, however wrong the clock is. What is parked lies over everything, also
/// over a write that needed no entry because the state says the same.
void Agents::CheckIsShown(const Operation& operation) {
  if (!machines_[operation.machine]->is_up()) return;  // it died right after
  if (machines_[operation.machine]->notebook().Summary().parked > 0) return;
  const ContextWrite& last = operation.request.writes.back();
  if (last.resolution || last.update.erase_context || !last.update.data.contains("status")) return;
  const auto lookup = machines_[operation.machine]->notebook().Read(last.context);
  CONTEXTSYNC_CHECK(lookup.ok());
  const bool is_shown = lookup.value().found && lookup.value().found->data->value(
                                                    "status", Json()) == last.update.data["status"];
  if (!is_shown) universe_.Fail(operation.request.op_id + " is not shown to its writer");
}

void Agents::NotePromise(Operation& operation, const WriteReceipt& receipt) {
  operation.fate = Fate::kPromised;
  operation.promised_at = universe_.now();
  ++promised_;
  const StoreReader reader(machines_[operation.machine]->disk());
  for (EntryNumber n = receipt.first_n; n.value != 0 && n <= receipt.last_n; n = n.Next()) {
    const auto entry = journal::Find(reader, n);
    CONTEXTSYNC_CHECK(entry.ok());
    // A receipt of before a crash may name numbers that were given anew since.
    if (entry.value() && entry.value()->op_id == operation.request.op_id)
      operation.entries.push_back(entry.value()->push.id);
  }
}

void Agents::ForgiveSince(std::size_t machine, Instant since) {
  std::set<EntryId> numbered;
  for (const LoggedItem& logged : hub_.log())
    numbered.insert(logged.stored.item.id);
  for (Operation& operation : operations_) {
    const bool is_kept = operation.fate == Fate::kPromised && operation.promised_at < since;
    if (operation.machine != machine || is_kept) continue;
    operation.is_forgotten = true;
    const bool is_safe = !operation.entries.empty() &&
                         std::all_of(operation.entries.begin(), operation.entries.end(),
                                     [&](const EntryId& id) { return numbered.contains(id); });
    operation.is_forgiven = operation.is_forgiven || !is_safe || habits_.hub_is_restored;
  }
}

void Agents::CheckPromises() {
  CheckNumberedOnce();
  std::set<EntryId> numbered;
  for (const LoggedItem& logged : hub_.log())
    numbered.insert(logged.stored.item.id);
  CheckTokens(numbered);
}

void Agents::CheckNumberedOnce() {
  std::map<EntryId, std::uint64_t> seen;
  for (const LoggedItem& logged : hub_.log()) {
    const FeedItem& item = logged.stored.item;
    const auto [earlier, is_new] = seen.emplace(item.id, item.seq.value);
    if (!is_new)
      universe_.Fail("entry " + item.id.value + " was numbered twice: " +
                     std::to_string(earlier->second) + " and " + std::to_string(item.seq.value));
  }
}

bool Agents::Holds(const Operation& operation, const std::set<EntryId>& numbered) const {
  // What a restored hub had lost comes back as repairs, which have ids of their own.
  return hub_.restores() > 0 ||
         std::all_of(operation.entries.begin(), operation.entries.end(),
                     [&](const EntryId& id) { return numbered.contains(id); });
}

void Agents::CheckTokens(const std::set<EntryId>& numbered) {
  std::map<ContextRef, std::multiset<std::string>> done;
  std::map<ContextRef, std::multiset<std::string>> logged;
  for (const Operation& operation : operations_) {
    if (done.contains(operation.ledger)) continue;
    auto& held = done[operation.ledger];
    const auto lookup = machines_.front()->notebook().Read(operation.ledger);
    CONTEXTSYNC_CHECK(lookup.ok());
    if (!lookup.value().found) continue;
    const Json& data = *lookup.value().found->data;
    for (const Json& token : data.value("done", Json::array()))
      held.insert(token.get<std::string>());
    for (const Json& insight : data.value("insights", Json::array()))
      logged[operation.ledger].insert(insight.at("id").get<std::string>());
  }
  for (const Operation& operation : operations_) {
    const std::size_t times = logged[operation.ledger].count(operation.token);
    if (times > 1) universe_.Fail(operation.request.op_id + " was applied twice");
    if (operation.fate != Fate::kPromised || operation.is_forgiven || operation.may_be_refused)
      continue;
    const bool is_held =
        done[operation.ledger].contains(operation.token) && (!operation.is_logged || times == 1);
    if (!is_held || !Holds(operation, numbered))
      universe_.Fail(operation.request.op_id + " of " + operation.request.session +
                     " was promised and is lost");
  }
}

}  // namespace contextsync::simulation
