// ChildProcess: runs one DISABLED_ test of this very binary in a process of its own, for what a
// test cannot do to itself: be killed, live under a limit, mount a disk. The child reads its
// directory from the environment and reports in lines on a pipe.

#pragma once

#include <string>

namespace contextsync {

class ChildProcess {
 public:
  /// Exit status by which a child says that this machine does not let it do its work.
  static constexpr int kCannot = 77;

  /// Starts `test` ("Suite.DISABLED_Name") with `directory`.
  ChildProcess(const std::string& test, const std::string& directory);
  ~ChildProcess();  // kills what still runs
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// The next line the child reported, without its newline. Returns false when the child is gone.
  bool ReadLine(std::string* line);

  /// SIGKILL.
  void Kill();

  /// The exit status; -1 when a signal ended it.
  int Wait();

  // ── inside the child ──

  /// What the parent gave; empty when this is not a child.
  static std::string Directory();

  /// One line to the parent, in one write.
  static void Report(const std::string& line);

 private:
  int pid_ = -1;
  int lines_ = -1;
  std::string unread_;
};

}  // namespace contextsync
