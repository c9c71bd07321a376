// Excerpt: how much of a context's data an answer shows, and the text of a context in an answer.
// Shared by get and resolve.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/limits.h"
#include "core/notebook/refusal.h"
#include "core/notebook/requests.h"
#include "core/tools/argument_reader.h"
#include "core/tools/object_text.h"

namespace contextsync {

struct Excerpt {
  std::vector<std::string> fields;  // keys and JSON Pointers; empty: everything
  std::size_t max_bytes = limits::kAnswerBytes;

  /// Whether anything at, below or above this pointer is shown.
  [[nodiscard]] bool Selects(const std::string& path) const;
};

/// `fields` and `max_tokens`.
Excerpt ReadExcerpt(ArgumentReader& in);

/// `info`, `data` (the text of an object) and `_versions`, if there are any: with their values, or
/// without where those do not fit.
std::string ContextText(ObjectText info, std::string_view data,
                        const std::vector<PathVersions>& versions, const Excerpt& excerpt);

/// NOT_FOUND, with who deleted it if it was deleted.
Refusal NoSuchContext(const ContextRef& ref, const std::optional<Deletion>& deleted);

}  // namespace contextsync
