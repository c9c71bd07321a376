// A table of ours in a TOML file of a client's: added at the end, or changed line by line; every
// other byte stays.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace contextsync {

/// Keys with their values as TOML text, one line each.
using TomlLines = std::vector<std::pair<std::string, std::string>>;

struct TomlEntry {
  std::string table;  // "mcp_servers.contextsync"
  TomlLines lines;
  std::vector<std::string> kept;  // keys of `lines` that stay as they are where the table is there
};

/// Errors: kInvalidArgument when the text is no TOML, or has the table in a form that cannot be
///         changed line by line.
Result<std::string> PutTomlEntry(const std::string& text, const TomlEntry& entry);

/// The text at `key` of a table: empty if it is no text, nothing where there is no such table.
///
/// Errors: kInvalidArgument when the text is no TOML.
Result<std::optional<std::string>> TomlTextAt(const std::string& text, const std::string& table,
                                              const std::string& key);

/// Removes the table and those below it. Errors: as above.
Result<std::string> TakeTomlEntry(const std::string& text, const std::string& table);

}  // namespace contextsync
