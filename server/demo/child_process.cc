#include "server/demo/child_process.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace contextsync {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kChunkBytes = 65'536;
constexpr auto kReapPause = milliseconds(5);

Error SystemError(const char* what) {
  return {ErrorCode::kUnavailable, std::string(what) + ": errno " + std::to_string(errno)};
}

/// Pointers into `texts`, ended by null, as exec wants them.
std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  // posix_spawn does not write through them.
  for (const auto& text : texts)
    pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Status WaitFor(int descriptor, short events, ChildProcess::Instant deadline) {
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    pollfd waiting{descriptor, events, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return {};
    if (ready == 0) return Error(ErrorCode::kTimeout, "the process did not answer in time");
    if (errno != EINTR) return SystemError("poll");
  }
}

struct Pipe {
  std::array<int, 2> ends{-1, -1};  // read, write
  [[nodiscard]] bool Open() { return ::pipe2(ends.data(), O_CLOEXEC) == 0; }
  void Close() const {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
};

}  // namespace

Result<ChildProcess> ChildProcess::Start(const std::vector<std::string>& arguments,
                                         const std::vector<std::string>& environment,
                                         const std::string& log_file) {
  Pipe input;
  Pipe output;
  if (!input.Open() || !output.Open()) {
    input.Close();
    return SystemError("pipe");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.ends[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_file.c_str(),
                                   O_CREAT | O_WRONLY | O_APPEND, 0600);
  pid_t pid = -1;
  const int failure = ::posix_spawn(&pid, arguments.front().c_str(), &actions, nullptr,
                                    Pointers(arguments).data(), Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(input.ends[0]);
  ::close(output.ends[1]);
  if (failure != 0) {
    ::close(input.ends[1]);
    ::close(output.ends[0]);
    return Error(ErrorCode::kUnavailable,
                 "cannot start " + arguments.front() + ": errno " + std::to_string(failure));
  }
  return ChildProcess(pid, input.ends[1], output.ends[0]);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)),
      buffered_(std::move(other.buffered_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  Release();
  pid_ = std::exchange(other.pid_, -1);
  input_ = std::exchange(other.input_, -1);
  output_ = std::exchange(other.output_, -1);
  buffered_ = std::move(other.buffered_);
  return *this;
}

ChildProcess::~ChildProcess() {
  Release();
}

void ChildProcess::Release() {
  Kill();
  if (output_ >= 0) ::close(std::exchange(output_, -1));
}

void ChildProcess::CloseInput() {
  if (input_ >= 0) ::close(std::exchange(input_, -1));
}

Status ChildProcess::WriteLine(const std::string& line, Instant deadline) const {
  const std::string bytes = line + "\n";
  std::string_view rest = bytes;
  while (!rest.empty()) {
    CONTEXTSYNC_RETURN_IF_ERROR(WaitFor(input_, POLLOUT, deadline));
    const auto written = ::write(input_, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR) return SystemError("write");
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::string> ChildProcess::ReadLine(Instant deadline) {
  std::string chunk(kChunkBytes, '\0');
  auto end = buffered_.find('\n');
  while (end == std::string::npos) {
    CONTEXTSYNC_RETURN_IF_ERROR(WaitFor(output_, POLLIN, deadline));
    const auto got = ::read(output_, chunk.data(), chunk.size());
    if (got == 0) return Error(ErrorCode::kUnavailable, "the process has ended");
    if (got < 0 && errno != EINTR) return SystemError("read");
    if (got > 0) buffered_.append(chunk, 0, static_cast<std::size_t>(got));
    end = buffered_.find('\n');
  }
  auto line = buffered_.substr(0, end);
  buffered_.erase(0, end + 1);
  return line;
}

void ChildProcess::Kill() {
  CloseInput();
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

std::optional<int> ChildProcess::Finish(Instant deadline) {
  CloseInput();
  if (pid_ < 0) return std::nullopt;
  int state = 0;
  while (::waitpid(pid_, &state, WNOHANG) == 0) {
    if (steady_clock::now() > deadline) {
      Kill();
      return std::nullopt;
    }
    ::poll(nullptr, 0, static_cast<int>(kReapPause.count()));
  }
  pid_ = -1;
  if (!WIFEXITED(state)) return std::nullopt;
  return WEXITSTATUS(state);
}

}  // namespace contextsync
