// Notes in Markdown (MEMORY.md, CLAUDE.md, AGENTS.md) as data: headings become keys, lists of
// bullets lists, and not a word is lost. Source: docs/transfer.md#notes

#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace contextsync {

/// Compact text of {"notes":{name:{heading: …}}}. A section with bullets is a list, one of text
/// alone a text; what stands before the first heading, or before the headings below, is `text`.
///
/// Errors: kInvalidArgument for what is not UTF-8.
Result<std::string> NotesFromMarkdown(std::string_view text, const std::string& name);

}  // namespace contextsync
