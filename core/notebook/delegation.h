// Delegation: a write to a context above the one it comes from. Found out on the strand, because an
// earlier write of the same request may have moved the source. Source: docs/tools.md#actions

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/notebook/changeset.h"
#include "core/notebook/refusal.h"
#include "core/notebook/requests.h"

namespace contextsync {

/// The ordinary update that `write` stands for. Precondition: write.delegate_to is above the level
/// of write.context, the source; write.parents is what the source has above it if nothing is
/// stored. Refuses with NOT_FOUND when there is no source.
Checked<ContextWrite> DelegationOf(const Changeset& changes, const ContextWrite& write);

/// Where a delegated write came from and why: the `reason` of its entry, which travels with it.
struct DelegationReason {
  ContextRef source;
  std::string text;
};
std::string ToEntryReason(const DelegationReason& reason);

/// Nothing when `reason` was not made by ToEntryReason.
std::optional<DelegationReason> ParseDelegationReason(std::string_view reason);

}  // namespace contextsync
