// Progress: one line on standard error that says how far a long command is; only on a terminal.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace contextsync {

class Progress {
 public:
  /// `verb`: "exported", "imported".
  explicit Progress(std::string verb);
  /// Takes the line away again.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `part` of `whole` is done; a `whole` of 0 is not known.
  void Show(std::uint64_t contexts, std::uint64_t part, std::uint64_t whole);

 private:
  const std::string verb_;
  const bool is_on_;
  bool is_shown_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace contextsync
