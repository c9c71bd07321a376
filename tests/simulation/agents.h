// Agents: the sessions on each computer, what they write and read, and the account of what they
// were promised.

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/notebook/requests.h"
#include "tests/simulation/invariants.h"

namespace contextsync::simulation {

/// What the sessions of one run do, in percent of the writes.
struct Habits {
  unsigned transactions = 10;
  unsigned deletes = 5;
  unsigned removes = 8;
  unsigned strategies = 25;   // name a strategy of their own
  unsigned expectations = 0;  // refuse to be merged
  unsigned decisions = 0;     // decide about a conflict record, if there is one
  bool manual = false;        // `manual` is among the strategies
  bool secrets = false;       // write some, for Purges
  bool hub_is_restored = false;
  Duration worst_latency{};  // one way, at any time of the run
};

class Agents {
 public:
  Agents(Universe& universe, SimHub& hub, const Machines& machines, const Habits& habits)
      : universe_(universe), hub_(hub), machines_(machines), habits_(habits) {}

  /// One session of `machine` makes one call. Nothing when its computer is down.
  void Act(std::size_t machine);

  /// A plain write, for looking whether it gets through.
  void WritePlainly(std::size_t machine);

  /// The directory of `machine` was replaced by one from `since`: what it had promised after that
  /// and the hub does not hold is gone with the disk, and nobody could have kept it.
  void ForgiveSince(std::size_t machine, Instant since);

  /// Every promise was kept, exactly once.
  void CheckPromises();

  [[nodiscard]] std::size_t promised() const { return promised_; }

 private:
  enum class Fate { kUnknown, kPromised, kRefused };

  struct Operation {
    std::size_t machine = 0;
    WriteRequest request;
    ContextRef ledger;  // the context that keeps `token` for ever
    std::string token;
    bool is_logged = false;  // the ledger's log holds the token too
    bool may_be_refused = false;
    Fate fate = Fate::kUnknown;
    Instant promised_at{};
    std::vector<EntryId> entries;
    bool is_forgiven = false;
    bool is_forgotten = false;  // the notebook that knew its op_id is gone
  };

  void Read(std::size_t machine);
  void CheckFreshness(SimMachine& machine);
  void Invent(std::size_t machine);
  ContextWrite LedgerWrite(Operation& operation);
  ContextWrite WildWrite();
  [[nodiscard]] std::optional<ContextWrite> Decision(std::size_t machine);
  void FillData(Json& data);
  void AddSecret(Json& data);
  void Submit(std::size_t index);
  void NotePromise(Operation& operation, const WriteReceipt& receipt);
  void CheckIsShown(const Operation& operation);
  void CheckTokens(const std::set<EntryId>& numbered);
  void CheckNumberedOnce();
  [[nodiscard]] bool Holds(const Operation& operation, const std::set<EntryId>& numbered) const;

  Universe& universe_;
  SimHub& hub_;
  const Machines& machines_;
  const Habits habits_;
  std::vector<Operation> operations_;
  std::size_t promised_ = 0;
  std::size_t secrets_ = 0;
};

}  // namespace contextsync::simulation
