#include "server/hooks/patch_files.h"

#include <algorithm>

namespace contextsync {

namespace {

constexpr std::string_view kFileLines[] = {
    "*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: "};

std::string FileOfLine(std::string_view line) {
  for (const std::string_view head : kFileLines) {
    if (!line.starts_with(head)) continue;
    const std::string_view name = line.substr(head.size());
    return std::string(name.substr(0, name.find_last_not_of(" \t\r") + 1));
  }
  return {};
}

}  // namespace

std::vector<std::string> FilesOfPatch(std::string_view patch) {
  std::vector<std::string> files;
  while (!patch.empty()) {
    const std::size_t end = std::min(patch.find('\n'), patch.size());
    std::string file = FileOfLine(patch.substr(0, end));
    if (!file.empty() && std::find(files.begin(), files.end(), file) == files.end())
      files.push_back(std::move(file));
    patch.remove_prefix(std::min(end + 1, patch.size()));
  }
  return files;
}

}  // namespace contextsync
