// Writing JSON text without a tree: what goes out is built once, by appending.

#pragma once

#include <string>
#include <string_view>

namespace contextsync::mcp {

/// Appends `text` as a JSON string with its quotes. Escapes what JSON demands, and U+2028 and
/// U+2029, on which some line readers split.
///
/// Precondition: `text` is valid UTF-8 (it came out of a parse, or is our own).
void AppendJsonString(std::string& out, std::string_view text);

/// `text` as a JSON string.
std::string JsonString(std::string_view text);

/// The longest prefix of `text` of at most `max_bytes` that does not cut a character in two.
std::string_view CutUtf8(std::string_view text, std::size_t max_bytes);

}  // namespace contextsync::mcp
