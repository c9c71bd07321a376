// StatusWords: what the tool `status` says, for people. Source: docs/command_line.md#status

#pragma once

#include <cstddef>
#include <string>

#include "core/document/json.h"

namespace contextsync {

struct StatusView {
  bool is_resting = false;  // no process has the notebook open, so the hub was not asked
  std::size_t columns = 0;
  bool colour = false;
};

/// One line a fact; `data` is that of the tool's answer.
std::string StatusWords(const Json& data, const StatusView& view);

/// One short line without a line end: "✅ synced · 3 pending · 1 conflict".
std::string StatusLine(const Json& data);

}  // namespace contextsync
