// Seeded defects of the merge core, to test the tests. Built only with -DCONTEXTSYNC_MUTANTS=ON;
// otherwise every question is a constant false and the compiler drops it. Run: tests/mutants/run.sh

#pragma once

#include <cstdint>

namespace contextsync {

enum class Mutant : std::uint8_t {
  kHeadByMin,
  kTiesNotByBytes,
  kKindNotInTie,
  kClrOfAncestorsIgnored,
  kFloorNotStrict,
  kFirstByMax,
  kFirstResetByRm,
  kLastByMin,
  kRmWinsTies,
  kListOrderByLast,
  kReplaceWithoutOccurrence,
  kLogKeyWithoutHash,
  kNoClrAtKindChange,
  kClrAtExplode,
  kExplodeMissesMembers,
  kNoEnclosingHead,
  kEnclosingHeadOnDelete,
  kNoOpNotSuppressed,
  kEmptyListClears,
  kAtomStoresUpdate,
  kPolicyInJoin,
  kNumbersAsTrees,
};

#ifdef CONTEXTSYNC_MUTANTS
/// True when the environment's CONTEXTSYNC_MUTANT names `mutant` (its enumerator without the k).
bool MutantActive(Mutant mutant);
#else
constexpr bool MutantActive(Mutant /*mutant*/) {
  return false;
}
#endif

}  // namespace contextsync
