#include "server/config/git_repository.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "server/config/small_file.h"

namespace contextsync {

namespace {

using std::filesystem::path;

constexpr std::size_t kPointerFileBytes = 8'192;  // HEAD, .git, commondir: one path

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

/// The text of a small file without the white space around it; empty when there is none.
std::string ReadPointer(const path& file) {
  const auto content = ReadSmallFile(file, kPointerFileBytes);
  if (!content.ok() || !content.value()) return {};
  return std::string(Trim(content.value()->text));
}

/// What follows `prefix` in the file; nothing when the file does not begin with it.
std::optional<std::string> ReadAfter(const path& file, std::string_view prefix) {
  const std::string text = ReadPointer(file);
  if (!text.starts_with(prefix)) return std::nullopt;
  const std::string_view rest = Trim(std::string_view(text).substr(prefix.size()));
  return rest.empty() ? std::nullopt : std::optional(std::string(rest));
}

bool IsDirectory(const path& file) {
  std::error_code error;
  return std::filesystem::is_directory(file, error);
}

/// Whether `top` is a git directory itself: a bare repository, or the inside of `.git`.
bool IsGitDir(const path& top) {
  return IsDirectory(top / "objects") && IsDirectory(top / "refs") &&
         !ReadPointer(top / "HEAD").empty();
}

/// The git directory that `top` names, or nothing: `.git` itself, the directory the file `.git`
/// points to, or `top`.
std::optional<path> GitDirOf(const path& top) {
  const path dot_git = top / ".git";
  path git_dir = dot_git;
  if (!IsDirectory(dot_git)) {
    const auto target = ReadAfter(dot_git, "gitdir:");
    if (!target) return IsGitDir(top) ? std::optional(top) : std::nullopt;
    git_dir = (top / *target).lexically_normal();
  }
  // As git does: a directory without a HEAD is no repository, and the search goes on above.
  return ReadPointer(git_dir / "HEAD").empty() ? std::nullopt : std::optional(git_dir);
}

path CommonDirOf(const path& git_dir) {
  const std::string target = ReadPointer(git_dir / "commondir");
  return target.empty() ? git_dir : (git_dir / target).lexically_normal();
}

/// Reads git's configuration syntax line by line, as far as remotes need it.
class ConfigReader {
 public:
  explicit ConfigReader(std::string_view text) : rest_(text) {}

  std::optional<std::string> FindRemoteUrl() {
    while (!rest_.empty())
      ReadLine();
    return origin_ ? origin_ : first_;
  }

 private:
  void ReadLine() {
    std::string_view line = Trim(NextLine());
    if (line.starts_with('[')) line = ReadSection(line);
    const std::size_t equals = line.find('=');
    if (!in_remote_ || equals == std::string_view::npos || !IsUrlKey(Trim(line.substr(0, equals))))
      return;
    std::string url = ReadValue(line.substr(equals + 1));
    if (url.empty()) return;
    std::optional<std::string>& slot = remote_ == "origin" ? origin_ : first_;
    if (!slot) slot = std::move(url);
  }

  std::string_view NextLine() {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return line;
  }

  /// Notes which section begins and returns what follows its bracket on the line.
  std::string_view ReadSection(std::string_view line) {
    in_remote_ = false;
    remote_.clear();
    std::string name;
    std::size_t at = 1;
    bool quoted = false;
    for (; at < line.size() && (quoted || line[at] != ']'); ++at) {
      if (line[at] == '"') {
        quoted = !quoted;
      } else if (line[at] == '\\' && quoted && at + 1 < line.size()) {
        remote_ += line[++at];
      } else if (quoted) {
        remote_ += line[at];
      } else if (line[at] != ' ' && line[at] != '\t') {
        name += Lower(line[at]);
      }
    }
    in_remote_ = name == "remote" && at < line.size();
    return line.substr(std::min(at + 1, line.size()));
  }

  /// The value after `=`: quotes, escapes and comments as git reads them, also over a backslash at
  /// the line's end.
  std::string ReadValue(std::string_view text) {
    std::string value;
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const char c = text[at];
      if (c == '"') {
        quoted = !quoted;
      } else if (c == '\\' && at + 1 == text.size()) {
        text = NextLine();
        at = std::string_view::npos;  // the loop's ++ makes it the first character
      } else if (c == '\\') {
        value += text[++at];
      } else if (!quoted && (c == '#' || c == ';')) {
        break;
      } else {
        value += c;
      }
    }
    return std::string(Trim(value));
  }

  static char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

  static bool IsUrlKey(std::string_view key) {
    return key.size() == 3 && Lower(key[0]) == 'u' && Lower(key[1]) == 'r' && Lower(key[2]) == 'l';
  }

  std::string_view rest_;
  bool in_remote_ = false;
  std::string remote_;
  std::optional<std::string> origin_;
  std::optional<std::string> first_;
};

}  // namespace

std::optional<GitRepository> FindGitRepository(const path& directory) {
  std::error_code error;
  path top = std::filesystem::absolute(directory, error).lexically_normal();
  if (error) return std::nullopt;
  while (true) {
    if (const auto git_dir = GitDirOf(top)) {
      return GitRepository{.root = top, .git_dir = *git_dir, .common_dir = CommonDirOf(*git_dir)};
    }
    if (!top.has_relative_path()) return std::nullopt;
    top = top.parent_path();
  }
}

std::optional<std::string> CurrentBranch(const GitRepository& repository) {
  return ReadAfter(repository.git_dir / "HEAD", "ref: refs/heads/");
}

std::optional<std::string> FindRemoteUrl(std::string_view config_text) {
  return ConfigReader(config_text).FindRemoteUrl();
}

}  // namespace contextsync
