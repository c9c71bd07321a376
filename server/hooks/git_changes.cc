#include "server/hooks/git_changes.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace contextsync {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMostOutput = 1U << 20U;
constexpr std::size_t kMostFiles = 2'000;

int MillisUntil(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::max<milliseconds::rep>(left.count(), 0));
}

/// All that comes from `fd` until its end; nothing at the deadline.
std::optional<std::string> ReadToEnd(int fd, Clock::time_point deadline) {
  std::string text;
  char chunk[16'384];
  while (text.size() < kMostOutput) {
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, MillisUntil(deadline)) <= 0) return std::nullopt;
    const ssize_t count = read(fd, chunk, sizeof chunk);
    if (count < 0) return std::nullopt;
    if (count == 0) return text;
    text.append(chunk, static_cast<std::size_t>(count));
  }
  return std::nullopt;
}

/// Starts git with its output in `out`. Returns its process id, 0 when it could not be started.
pid_t StartGit(const std::string& root, int out) {
  // Nothing of the repository's own choosing runs: no monitor, no hooks.
  const char* const arguments[] = {
      "git",  "--no-optional-locks",      "-C",     root.c_str(),  "-c", "core.fsmonitor=false",
      "-c",   "core.hooksPath=/dev/null", "status", "--porcelain", "-z", "--untracked-files=all",
      nullptr};
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0) return 0;
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, "git", &actions, nullptr, const_cast<char* const*>(arguments), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? child : 0;
}

/// When and how long: enough to tell one state of a file from the next.
std::string MarkOf(const std::filesystem::path& file) {
  struct stat info {};
  if (lstat(file.c_str(), &info) != 0) return "gone";
  return std::to_string(info.st_size) + "." + std::to_string(info.st_mtim.tv_sec) + "." +
         std::to_string(info.st_mtim.tv_nsec);
}

}  // namespace

std::optional<RepositoryState> ReadGitChanges(const std::filesystem::path& root,
                                              milliseconds patience) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  const pid_t child = StartGit(root.string(), ends[1]);
  close(ends[1]);
  auto output = child > 0 ? ReadToEnd(ends[0], Clock::now() + patience) : std::nullopt;
  close(ends[0]);
  if (child <= 0) return std::nullopt;
  if (!output) kill(child, SIGKILL);
  int status = 0;
  const bool is_done = waitpid(child, &status, 0) == child && WIFEXITED(status);
  if (!output || !is_done || WEXITSTATUS(status) != 0) return std::nullopt;
  RepositoryState state;
  for (const std::string& file : PathsOfPorcelain(*output)) {
    if (state.size() < kMostFiles) state[file] = MarkOf(root / file);
  }
  return state;
}

std::vector<std::string> PathsOfPorcelain(std::string_view output) {
  constexpr std::size_t kStatusBytes = 3;  // "XY "
  std::vector<std::string> paths;
  while (output.size() > kStatusBytes) {
    const bool is_moved = output[0] == 'R' || output[0] == 'C';
    const std::size_t end = std::min(output.find('\0'), output.size());
    if (end > kStatusBytes) paths.emplace_back(output.substr(kStatusBytes, end - kStatusBytes));
    output.remove_prefix(std::min(end + 1, output.size()));
    // The path it had before follows.
    if (is_moved) output.remove_prefix(std::min(output.find('\0'), output.size() - 1) + 1);
  }
  return paths;
}

}  // namespace contextsync
