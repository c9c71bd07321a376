// Purges: people who take values out again, and the account of what must be nowhere then. Every
// value that is to go is written once only, so that its bytes can be looked for.

#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/notebook/requests.h"
#include "tests/simulation/invariants.h"

namespace contextsync::simulation {

/// A value that is written by one write and by no other.
std::string Secret(std::size_t number);

class Purges {
 public:
  Purges(Universe& universe, SimHub& hub, const Machines& machines)
      : universe_(universe), hub_(hub), machines_(machines) {}

  /// A person at `machine` purges something, if it is up.
  void Ask(std::size_t machine);

  /// The hub is about to be restored: what a notebook knows to be purged must stay away.
  void NoteRestore();

  /// Every purge that was promised is numbered, or parked. Of a run without restores and copies.
  void CheckPromises();

  /// What was purged is on no disk.
  void CheckAllIsGone();

 private:
  struct Asked {
    std::size_t machine = 0;
    EntryId id;
  };

  /// What the notebooks knew together.
  struct Known {
    std::vector<Purge> purges;
    std::set<std::string> secrets;  // that went
  };

  [[nodiscard]] PurgeRequest AnyRequest();
  [[nodiscard]] std::set<std::string> Gone(const ContextRef& ref);
  void NotePromise(std::size_t machine, const PurgeRequest& request);
  void CheckIsGone(SimMachine& machine, const std::set<std::string>& secrets);
  void CheckIsGone(const SimDisk& disk, std::size_t tables, const std::string& whose,
                   const std::set<std::string>& secrets);

  Universe& universe_;
  SimHub& hub_;
  const Machines& machines_;
  std::vector<Asked> asked_;
  std::map<ContextRef, Known> known_;  // before a restore
};

}  // namespace contextsync::simulation
