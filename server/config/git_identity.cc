#include "server/config/git_identity.h"

#include <algorithm>
#include <system_error>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/document/context_ref.h"
#include "server/config/small_file.h"

namespace contextsync {

namespace {

using std::filesystem::path;

constexpr std::size_t kConfigBytes = limits::kMiB;
constexpr std::size_t kHashDigits = 8;

std::string HashSuffix(std::string_view text) {
  return "-" + Sha256Hex(text).substr(0, kHashDigits);
}

/// `id`, or its front and a hash when it is longer than an id may be. Does not cut inside a
/// character.
std::string FitId(std::string id) {
  if (id.size() <= limits::kContextIdBytes) return id;
  std::size_t keep = limits::kContextIdBytes - kHashDigits - 1;
  while (keep > 0 && (static_cast<unsigned char>(id[keep]) & 0xC0U) == 0x80U)
    --keep;
  return id.substr(0, keep) + HashSuffix(id);
}

bool IsValidId(Level level, const std::string& id) {
  return ValidateContextRef({level, id}).ok();
}

bool ConsumePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::string_view DefaultPort(std::string_view scheme) {
  if (scheme == "https") return ":443";
  if (scheme == "http") return ":80";
  if (scheme == "git") return ":9418";
  return scheme == "ssh" || scheme == "git+ssh" || scheme == "ssh+git" ? ":22" : "";
}

/// The path's segments joined by single slashes, without a trailing `.git`.
std::string CleanPath(std::string_view text) {
  std::string clean;
  for (const char c : text) {
    if (c == '/' && (clean.empty() || clean.back() == '/')) continue;
    clean += c;
  }
  if (clean.ends_with('/')) clean.pop_back();
  if (clean.ends_with(".git")) clean.resize(clean.size() - 4);
  if (clean.ends_with('/')) clean.pop_back();
  return clean;
}

std::string Joined(std::string_view host, std::string_view location) {
  const std::string clean = CleanPath(location);
  if (clean.empty()) return {};
  return host.empty() ? clean : Lower(host) + "/" + clean;
}

std::string WithoutUser(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  return std::string(at == std::string_view::npos ? authority : authority.substr(at + 1));
}

std::string NormaliseUrl(const std::string& scheme, std::string_view rest) {
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string host = WithoutUser(rest.substr(0, slash));
  const std::string_view port = DefaultPort(scheme);
  if (!port.empty() && host.ends_with(port)) host.resize(host.size() - port.size());
  return Joined(host, rest.substr(slash));
}

/// `host:path` with an optional user, where the colon comes before any slash.
std::string NormaliseScpForm(std::string_view text) {
  const std::size_t bracket = text.find("]:");  // an IPv6 address has colons of its own
  const std::size_t colon = bracket != std::string_view::npos ? bracket + 1 : text.find(':');
  return Joined(WithoutUser(text.substr(0, colon)), text.substr(colon + 1));
}

/// The directory that people would call the repository: `app` for /x/app/.git and for /x/app.git.
std::string DirectoryName(const path& common_dir) {
  const path named = common_dir.filename() == ".git" ? common_dir.parent_path() : common_dir;
  return CleanPath(named.filename().string());
}

std::string ProjectWithoutRemote(const path& common_dir) {
  std::error_code error;
  const path real = std::filesystem::weakly_canonical(common_dir, error);
  const std::string location = (error ? common_dir : real).string();
  const std::string id = FitId(DirectoryName(location) + HashSuffix(location));
  return IsValidId(Level::kProject, id) ? id : "repository" + HashSuffix(location);
}

std::string ProjectOf(const GitRepository& repository) {
  const auto config = ReadSmallFile(repository.common_dir / "config", kConfigBytes);
  if (!config.ok() || !config.value()) return ProjectWithoutRemote(repository.common_dir);
  const std::string remote = NormaliseRemote(FindRemoteUrl(config.value()->text).value_or(""));
  const std::string id = FitId(remote);
  return IsValidId(Level::kProject, id) ? id : ProjectWithoutRemote(repository.common_dir);
}

}  // namespace

std::string NormaliseRemote(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end != std::string_view::npos) {
    return NormaliseUrl(Lower(url.substr(0, scheme_end)), url.substr(scheme_end + 3));
  }
  if (ConsumePrefix(url, "/")) return CleanPath(url);
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0 || url.find('/') < colon) return {};
  return NormaliseScpForm(url);
}

GitIdentity ReadGitIdentity(const path& directory) {
  GitIdentity identity;
  const auto repository = FindGitRepository(directory);
  if (!repository) return identity;
  identity.project = ProjectOf(*repository);
  identity.branch = BranchOf(*repository);
  return identity;
}

std::string BranchOf(const GitRepository& repository) {
  std::string branch = FitId(CurrentBranch(repository).value_or(""));
  return IsValidId(Level::kBranch, branch) ? branch : GitIdentity().branch;
}

}  // namespace contextsync
