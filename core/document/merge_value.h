// Merging an update into a plain value: what an ordinary update would show, for atoms, which hold
// it whole.

#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/document/compile_rules.h"

namespace contextsync {

/// `update` merged into `seen` (nullptr: nothing is there) at `pointer`. Precondition: `update` is
/// not null.
Json MergeValue(const Json* seen, const Json& update, const std::string& pointer,
                const CompileRules& rules);

/// `value` without null members of objects, which mean deletion. What lists hold stays as it is.
Json WithoutNulls(const Json& value);

}  // namespace contextsync
