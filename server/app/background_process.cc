#include "server/app/background_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <system_error>

namespace contextsync {

namespace {

constexpr std::uintmax_t kLargestLog = 1024UL * 1024UL;
constexpr int kFirstOther = 3;  // after the standard descriptors
constexpr mode_t kOwnerOnly = 0600;

/// What the new process begins with. Nothing here fails but for want of memory, and then the start
/// fails.
class Beginning {
 public:
  explicit Beginning(const std::filesystem::path& log) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, kOwnerOnly);
    posix_spawn_file_actions_adddup2(&files_, STDOUT_FILENO, STDERR_FILENO);
    // The client's pipes above all: it waits for their end.
    posix_spawn_file_actions_addclosefrom_np(&files_, kFirstOther);
    posix_spawn_file_actions_addchdir_np(&files_, log.parent_path().c_str());
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(
        &attributes_,
        static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
  }
  ~Beginning() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  Beginning(const Beginning&) = delete;
  Beginning& operator=(const Beginning&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* files() const { return &files_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

void CutIfLarge(const std::filesystem::path& log) {
  std::error_code error;
  if (std::filesystem::file_size(log, error) <= kLargestLog || error) return;
  std::filesystem::resize_file(log, 0, error);
}

}  // namespace

Status StartInBackground(const std::vector<std::string>& arguments,
                         const std::filesystem::path& log) {
  CutIfLarge(log);
  std::vector<std::string> words = {"contextsync"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words)
    pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const Beginning beginning(log);
  pid_t child = 0;
  // The program that runs, even if its file was replaced meanwhile.
  const int failed = posix_spawn(&child, "/proc/self/exe", beginning.files(),
                                 beginning.attributes(), pointers.data(), environ);
  if (failed == 0) return {};
  return Error(
      ErrorCode::kUnavailable,
      "no process can be started: " + std::error_code(failed, std::generic_category()).message());
}

}  // namespace contextsync
