// JSON Pointer texts (RFC 6901): how every place inside a context is named.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace contextsync {

/// `pointer` with one more segment; `key` is escaped ("~" as ~0, "/" as ~1).
std::string AppendSegment(std::string_view pointer, std::string_view key);

/// True for "" and for texts of the form "/segment/segment" whose every "~" begins ~0 or ~1.
bool ValidatePointer(std::string_view pointer);

/// The unescaped segments; nothing when the text is no pointer.
std::optional<std::vector<std::string>> SplitPointer(std::string_view pointer);

/// True when `pointer` is `ancestor` or lies below it. Works on tree paths ("d/a") too.
bool IsAtOrBelow(std::string_view pointer, std::string_view ancestor);

/// The last segment, unescaped; empty for a root.
std::string LastSegment(std::string_view pointer);

/// Everything before the last segment; a root is its own parent.
std::string_view ParentPointer(std::string_view pointer);

/// The first segment, unescaped; nothing for a root.
std::optional<std::string> TopLevelKey(std::string_view pointer);

/// Number of segments.
std::size_t PointerDepth(std::string_view pointer);

/// Order of paths in which everything at or below a path is one contiguous range: bytes, "/" before
/// all others.
struct PathLess {
  using is_transparent =
      void;  // NOLINT(readability-identifier-naming): the library asks for this name
  bool operator()(std::string_view left, std::string_view right) const;
};

}  // namespace contextsync
