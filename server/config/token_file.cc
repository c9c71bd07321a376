#include "server/config/token_file.h"

#include <unistd.h>

#include <algorithm>

#include "server/config/small_file.h"

namespace contextsync {

namespace {

constexpr std::size_t kTokenBytes = 512;
constexpr mode_t kOthersMask = 077;

Error BadTokenFile(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

std::string Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
  text.remove_prefix(begin);
  return std::string(text.substr(0, text.find_last_not_of(kSpace) + 1));
}

}  // namespace

Status ValidateToken(std::string_view token) {
  const bool printable =
      std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!token.empty() && token.size() <= kTokenBytes && printable) return {};
  return BadTokenFile(
      "is no token: 1 to 512 printable ASCII characters without blanks; contextsync token create "
      "makes one");
}

Result<std::string> ReadTokenFile(const std::filesystem::path& file) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto content, ReadSmallFile(file, kTokenBytes + 64));
  const std::string name = file.string();
  if (!content)
    return BadTokenFile(name + " does not exist; store the token there, readable by you alone");
  if (content->owner != geteuid() && content->owner != 0)
    return BadTokenFile(name + " belongs to another user; make your own copy");
  if ((content->mode & kOthersMask) != 0)
    return BadTokenFile(name + " can be read by others; run: chmod 600 " + name);
  std::string token = Trimmed(content->text);
  if (Status valid = ValidateToken(token); !valid.ok())
    return std::move(valid).error().WithContext(name);
  return token;
}

}  // namespace contextsync
