// The notebook's tables. Formats: records.h and docs/storage_format.md#notebook-tables

#pragma once

#include "core/ports/table_store.h"

namespace contextsync::tables {

// The numbers are positions in Notebook::TableNames(), for ever.
inline constexpr TableId kMeta = 0;       // one record of scalars, rebuild marks
inline constexpr TableId kDocuments = 1;  // header and cells of each context
inline constexpr TableId kJournal = 2;  // own entries not contained yet, and their index by context
inline constexpr TableId kParked = 3;   // own entries the hub refused for good
inline constexpr TableId kOperations = 4;  // op_id → receipt
inline constexpr TableId kHistory = 5;     // numbered changes per context
inline constexpr TableId kConflicts = 6;   // conflict records
inline constexpr TableId kChanges = 7;     // what `changes` and notices read
inline constexpr TableId kUpdated = 8;     // contexts of a level by age, for lists
inline constexpr TableId kChildren = 9;    // parent → children
inline constexpr TableId kSearch = 10;     // word → contexts that hold it

}  // namespace contextsync::tables
