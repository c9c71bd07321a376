#include "server/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace contextsync {

namespace {

constexpr std::chrono::milliseconds kBetween{100};  // more often nobody reads it
constexpr const char* kEmptyLine = "\r\x1b[K";

}  // namespace

Progress::Progress(std::string verb) : verb_(std::move(verb)), is_on_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  if (is_shown_) std::fputs(kEmptyLine, stderr);
}

void Progress::Show(std::uint64_t contexts, std::uint64_t part, std::uint64_t whole) {
  const auto now = std::chrono::steady_clock::now();
  if (!is_on_ || now < next_) return;
  next_ = now + kBetween;
  is_shown_ = true;
  std::string line = verb_ + " " + std::to_string(contexts);
  if (whole > 0) line += ", " + std::to_string(std::min(part, whole) * 100 / whole) + " %";
  std::fprintf(stderr, "%s%s", kEmptyLine, line.c_str());
}

}  // namespace contextsync
