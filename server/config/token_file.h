// The hub's bearer token: from its file or straight from the environment.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace contextsync {

/// The token in `file`, without the white space around it.
///
/// Errors: kInvalidArgument when the file is missing, readable by anybody but its owner, owned by
/// another user, or
///         holds no token. Messages never hold the token.
Result<std::string> ReadTokenFile(const std::filesystem::path& file);

/// Refuses what could not stand in an HTTP header: anything but 1 to 512 printable ASCII characters
/// without blanks.
Status ValidateToken(std::string_view token);

}  // namespace contextsync
