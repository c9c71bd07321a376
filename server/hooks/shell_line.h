// What a line of shell did, as far as its text tells: which files it read, which tests it ran.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace contextsync {

struct ShellLine {
  std::vector<std::string> files_read;  // of `cat`, `head`, `sed -n` and their like
  std::vector<std::string> tests;       // each command that runs tests, without its variables
};

/// A guess that rather leaves out than makes up: words with substitutions or patterns are no files.
ShellLine ReadShellLine(std::string_view line);

}  // namespace contextsync
