// What `contextsync import` takes out of one line or file: a context to write, or why there is
// none. Source: docs/transfer.md

#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/document/context_ref.h"

namespace contextsync {

/// One ordinary update.
struct ImportItem {
  ContextRef context;
  std::string parent_id;  // empty: none is named
  std::string data;       // compact text of an object
};

/// Why a line was not taken, in the words of the tool contract.
struct ImportFault {
  std::string code;
  std::string message;  // holds nothing of the line
  std::string level;    // as the line has them, where it does
  std::string context_id;
};

struct ImportEntry {
  std::size_t line = 0;
  std::optional<ImportItem> item;
  ImportFault fault;  // where there is no item
};

}  // namespace contextsync
