// Looking into a notebook's tables: what its states and journal hold.

#pragma once

#include <map>

#include "tests/unit/notebook/fixture.h"

namespace contextsync::test {

/// The cells of every context that has any, deleted contexts included.
std::map<ContextRef, State> StatesOf(const Desk& desk);

std::size_t JournalSize(const Desk& desk);

}  // namespace contextsync::test
