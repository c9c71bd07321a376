#include "tests/contract/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "core/base/check.h"

namespace contextsync {
namespace {

constexpr const char* kDirectoryVariable = "CONTEXTSYNC_CHILD_DIRECTORY";
constexpr int kReportDescriptor = 3;

[[noreturn]] void Become(const std::string& test, const std::string& directory, int report) {
  // dup2 onto itself would keep O_CLOEXEC.
  if (report == kReportDescriptor) {
    ::fcntl(report, F_SETFD, 0);
  } else {
    ::dup2(report, kReportDescriptor);
  }
  ::setenv(kDirectoryVariable, directory.c_str(), 1);
  const std::string filter = "--gtest_filter=" + test;
  ::execl("/proc/self/exe", "child", filter.c_str(), "--gtest_also_run_disabled_tests",
          "--gtest_brief=1", nullptr);
  ::_exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const std::string& test, const std::string& directory) {
  std::array<int, 2> ends{};
  CONTEXTSYNC_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
  pid_ = ::fork();
  CONTEXTSYNC_CHECK(pid_ >= 0);
  if (pid_ == 0) Become(test, directory, ends[1]);
  ::close(ends[1]);
  lines_ = ends[0];
}

ChildProcess::~ChildProcess() {
  Kill();
  static_cast<void>(Wait());
  ::close(lines_);
}

bool ChildProcess::ReadLine(std::string* line) {
  std::size_t end = 0;
  while ((end = unread_.find('\n')) == std::string::npos) {
    std::array<char, 4096> bytes{};
    const ssize_t length = ::read(lines_, bytes.data(), bytes.size());
    if (length <= 0) return false;
    unread_.append(bytes.data(), static_cast<std::size_t>(length));
  }
  *line = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return true;
}

void ChildProcess::Kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

int ChildProcess::Wait() {
  if (pid_ <= 0) return -1;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string ChildProcess::Directory() {
  const char* directory = std::getenv(kDirectoryVariable);
  return directory == nullptr ? std::string() : directory;
}

void ChildProcess::Report(const std::string& line) {
  const std::string bytes = line + "\n";
  CONTEXTSYNC_CHECK(::write(kReportDescriptor, bytes.data(), bytes.size()) ==
                    static_cast<ssize_t>(bytes.size()));
}

}  // namespace contextsync
