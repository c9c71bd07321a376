#include "core/document/mutant.h"

#ifdef CONTEXTSYNC_MUTANTS

#include <array>
#include <cstdlib>
#include <string_view>

namespace contextsync {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 22> kNames = {"HeadByMin",
                                                     "TiesNotByBytes",
                                                     "KindNotInTie",
                                                     "ClrOfAncestorsIgnored",
                                                     "FloorNotStrict",
                                                     "FirstByMax",
                                                     "FirstResetByRm",
                                                     "LastByMin",
                                                     "RmWinsTies",
                                                     "ListOrderByLast",
                                                     "ReplaceWithoutOccurrence",
                                                     "LogKeyWithoutHash",
                                                     "NoClrAtKindChange",
                                                     "ClrAtExplode",
                                                     "ExplodeMissesMembers",
                                                     "NoEnclosingHead",
                                                     "EnclosingHeadOnDelete",
                                                     "NoOpNotSuppressed",
                                                     "EmptyListClears",
                                                     "AtomStoresUpdate",
                                                     "PolicyInJoin",
                                                     "NumbersAsTrees"};

std::string_view ActiveName() {
  const char* name = std::getenv("CONTEXTSYNC_MUTANT");
  if (name == nullptr || *name == '\0') return {};
  for (const std::string_view known : kNames) {
    if (known == name) return known;
  }
  std::abort();  // a misspelt mutant must not pass for a survivor
}

}  // namespace

bool MutantActive(Mutant mutant) {
  static const std::string_view active = ActiveName();
  return !active.empty() && kNames[static_cast<std::size_t>(mutant)] == active;
}

}  // namespace contextsync

#endif
