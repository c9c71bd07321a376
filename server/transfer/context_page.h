// A context as a page of Markdown for people, and the name of its file. Source: docs/transfer.md

#pragma once

#include <string>
#include <string_view>

#include "core/document/json.h"

namespace contextsync {

/// `context` as an export's line has it: its place, then a section for each key.
std::string MarkdownPage(const Json& context);

/// A file name for the context of this id, the same in every export. It leads into no other
/// directory, is no hidden file and means nothing to any system; those of two ids differ also where
/// capitals do not count.
std::string PageName(std::string_view id);

}  // namespace contextsync
