#include "server/clients/shell_word.h"

#include <string_view>

namespace contextsync {

std::string ShellWord(const std::string& program) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@%:,";
  if (program.find_first_not_of(kPlain) == std::string::npos) return program;
  std::string word = "'";
  for (const char c : program)
    word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace contextsync
