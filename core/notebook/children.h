// The children of a context, by the index of parent links.

#pragma once

#include <vector>

#include "core/notebook/keys.h"
#include "core/notebook/overlay.h"

namespace contextsync {

Result<std::vector<ContextRef>> ChildrenOf(const TableReader& tables, keys::Generation generation,
                                           const ContextRef& parent);

}  // namespace contextsync
