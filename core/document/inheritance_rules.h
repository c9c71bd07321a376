// The words of inheritance: which keys stay at their level, how lists meet, and what a context's
// `custom_inheritance_rules` say. Source: docs/tools.md#inheritance

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/document/json.h"

namespace contextsync {

/// Top-level keys that say nothing about the contexts below: ids, times, logs, what only a task
/// has, and the instructions of this very merge.
bool StaysAtItsLevel(std::string_view key);

enum class ListRule {
  kReplace,  // the nearer list
  kUnion,    // the farther list, then what the nearer one adds; nothing twice
  kAppend,   // the farther list, then the nearer one
};

/// By the name of the list, at any depth.
ListRule RuleOfList(std::string_view key);

/// Whether nothing is inherited by the context of this data.
bool EndsInheritance(const Json& data);

/// "security.mfa_required": object keys from the root down, never empty.
using DotPath = std::vector<std::string>;

/// Nothing when a key is empty.
std::optional<DotPath> ParseDotPath(std::string_view text);

/// `exclude_keys` of the context of this data; what is malformed is left out.
std::vector<DotPath> ExcludedPaths(const Json& data);

/// The well-formed `conditional_overrides` of the rules: each has an object `overrides`.
std::vector<const Json*> ConditionalOverrides(const Json& rules);

/// Whether all conditions of a conditional override hold for `data`. One without a condition that
/// is known does not.
bool ConditionHolds(const Json& rule, const Json& data);

}  // namespace contextsync
