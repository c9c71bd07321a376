// ChildProcess: a program of ours as a child, with its standard input and output as pipes.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace contextsync {

/// Thread-safety: one thread. Lifetime: the destructor kills and reaps a child that still runs.
class ChildProcess {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  /// Runs `arguments[0]` with the environment given as NAME=VALUE; its standard error goes to
  /// `log_file`.
  static Result<ChildProcess> Start(const std::vector<std::string>& arguments,
                                    const std::vector<std::string>& environment,
                                    const std::string& log_file);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  /// Errors: kUnavailable when the child is gone, kTimeout when it does not read until `deadline`.
  Status WriteLine(const std::string& line, Instant deadline) const;

  /// The next line of its output, without the line end. Errors: kUnavailable at the end, kTimeout.
  Result<std::string> ReadLine(Instant deadline);

  /// SIGKILL, and waits for the end.
  void Kill();

  /// Closes its input and waits; kills it at `deadline`. Returns its exit code, nothing when it was
  /// killed.
  std::optional<int> Finish(Instant deadline);

 private:
  ChildProcess(pid_t pid, int input, int output) : pid_(pid), input_(input), output_(output) {}
  void Release();
  void CloseInput();

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string buffered_;
};

}  // namespace contextsync
