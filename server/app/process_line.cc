#include "server/app/process_line.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace contextsync {

namespace {

struct Birth {
  pid_t parent = 0;
  std::string time;  // in ticks since the machine started
};

/// Of a process, from /proc/<pid>/stat. Source: proc(5)
std::optional<Birth> BirthOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  // The program's name stands in parentheses and may hold any character.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  Birth birth;
  std::string state;
  fields >> state >> birth.parent;
  constexpr int kFieldsUpToTime = 18;  // the fifth to the 22nd
  for (int i = 0; i < kFieldsUpToTime; ++i)
    fields >> birth.time;
  if (!fields) return std::nullopt;
  return birth;
}

}  // namespace

std::vector<std::string> ProcessesAbove(std::size_t most) {
  std::vector<std::string> above;
  pid_t pid = getppid();
  while (pid > 0 && above.size() < most) {
    const auto birth = BirthOf(pid);
    if (!birth) break;
    above.push_back(std::to_string(pid) + "-" + birth->time);
    pid = birth->parent;
  }
  return above;
}

mcp::UniqueFd WatchParent() {
  // The C library has no name for it yet. The descriptor closes itself in a new program.
  return mcp::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, getppid(), 0)));
}

}  // namespace contextsync
