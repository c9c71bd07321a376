// Audit: reads everything a notebook holds and says what does not fit together. Source:
// docs/operations.md#verify

#pragma once

#include <string>
#include <vector>

#include "core/notebook/overlay.h"
#include "core/notebook/records.h"

namespace contextsync {

/// Problems in words; empty: all is well. Cells and headers agree, lists and children name exactly
/// the contexts there are, the search index holds their words, the journal has no hole, its entries
/// are in the cells, and what is counted is what is there.
///
/// Errors: of the store; a damaged row is a problem instead.
Result<std::vector<std::string>> AuditNotebook(const TableReader& tables, const Meta& meta);

}  // namespace contextsync
