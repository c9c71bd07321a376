// Reading and replacing a file that belongs to somebody else: whole or not at all, with the same
// rights, through a symbolic link to what it names.

#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace contextsync {

/// What `file` names in the end; itself when it is no link, or leads nowhere yet.
std::filesystem::path FollowLinks(const std::filesystem::path& file);

/// Errors: those of ReadSmallFile.
Result<std::optional<std::string>> ReadWhole(const std::filesystem::path& file);

/// Puts `text` in place of `file`, making its directories. A new file is readable by its owner
/// alone when `is_private`.
///
/// Errors: kUnavailable; the file is then as it was. Durability: on disk when this returns.
Status ReplaceFile(const std::filesystem::path& file, const std::string& text, bool is_private);

/// Errors: kUnavailable.
Status RemoveFile(const std::filesystem::path& file);

}  // namespace contextsync
