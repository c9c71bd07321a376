// StatusWords: what the tool `status` says, for people. Source: docs/command_line.md#status

#pragma once

#include <cstddef>
#include <string>

#include "core/document/json.h"

namespace contextsync {

/// One line a fact; `data` is that of the tool's answer.
std::string StatusWords(const Json& data, std::size_t columns, bool colour);

/// One short line without a line end: "✅ synced · 3 pending · 1 conflict".
std::string StatusLine(const Json& data);

}  // namespace contextsync
