// A program's path in a line that a shell reads.

#pragma once

#include <string>

namespace contextsync {

/// `program` as one word, quoted if it must be.
std::string ShellWord(const std::string& program);

}  // namespace contextsync
