// Inheritance: what a context shows when the contexts above it are laid under its own data. Pure:
// it knows data by level, not where it comes from. Source: docs/tools.md#inheritance

#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/document/json.h"

namespace contextsync {

/// The data of the contexts of a chain, farthest first; every element is an object.
using DataChain = std::vector<const Json*>;

/// The level where the chain begins: the nearest one that says `inheritance_disabled` or
/// `force_local_only`, else the farthest. Precondition: the chain is not empty.
std::size_t FirstUsedLevel(const DataChain& chain);

/// All levels from FirstUsedLevel on merged, the nearer one winning at every depth.
Json Inherit(const DataChain& chain);

/// For every leaf or list of Inherit(chain), in pointer order: its JSON Pointer, and the index in
/// `chain` of the level that decided it. An empty object is a leaf.
using Origins = std::vector<std::pair<std::string, std::size_t>>;
Origins ExplainInheritance(const DataChain& chain);

}  // namespace contextsync
