// A line of JSON as something to import: a context of an export, or an entity or relation of the
// memory file of the MCP server "memory". Source: docs/transfer.md

#pragma once

#include <string_view>

#include "server/transfer/import_item.h"

namespace contextsync {

enum class LineKind {
  kAny,     // each line tells by itself
  kExport,  // {"level","context_id","parent","data", …}
  kMemory,  // {"type":"entity", …} and {"type":"relation", …}
};

/// `into`: where entities and relations go, under the key `entities`.
ImportEntry ReadImportLine(std::string_view line, LineKind kind, const ContextRef& into);

}  // namespace contextsync
