#include "server/upkeep/doctor.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>

#include "server/app/holder_link.h"
#include "server/app/index_keeper.h"
#include "server/app/store_copy.h"
#include "server/app/store_place.h"
#include "server/app/system_clock.h"
#include "server/net/curl_hub_link.h"
#include "server/upkeep/store_verify.h"
#include "storage/rocks/disk_guard.h"
#include "storage/rocks/notebook_directory.h"
#include "storage/rocks/notebook_lock.h"

namespace contextsync {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kHubPatience{5};
// The hub refuses what is stamped more than a minute ahead of it.
constexpr UnixMillis kMostClockDifference = 60'000;
constexpr std::size_t kShownProblems = 5;

DoctorCheck Well(std::string name, std::string message) {
  return {std::move(name), CheckState::kOk, std::move(message), {}};
}
DoctorCheck Warning(std::string name, std::string message, std::string remedy) {
  return {std::move(name), CheckState::kWarn, std::move(message), std::move(remedy)};
}
DoctorCheck Fault(std::string name, std::string message, std::string remedy) {
  return {std::move(name), CheckState::kError, std::move(message), std::move(remedy)};
}

std::string OneLine(const std::vector<std::string>& parts, std::size_t most) {
  std::string line;
  for (std::size_t i = 0; i < std::min(parts.size(), most); ++i)
    line += (i == 0 ? "" : "; ") + parts[i];
  if (parts.size() > most) line += "; and " + std::to_string(parts.size() - most) + " more";
  return line;
}

DoctorCheck CheckSettings(const std::vector<std::string>& warnings) {
  if (warnings.empty()) return Well("settings", "all settings are valid");
  return Warning("settings", OneLine(warnings, kShownProblems),
                 "See `contextsync config show --origin`.");
}

DoctorCheck CheckDirectory(const std::string& directory, bool fix) {
  struct stat info {};
  if (::lstat(directory.c_str(), &info) != 0) {
    if (errno == ENOENT) return Well("directory", directory + " will be made when it is needed");
    return Fault("directory", directory + " cannot be examined",
                 "Check the rights of its parents.");
  }
  constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  if (S_ISDIR(info.st_mode) && info.st_uid == ::geteuid() && (info.st_mode & kOthers) != 0) {
    const bool is_fixed = fix && ::chmod(directory.c_str(), S_IRWXU) == 0;
    if (is_fixed) return Well("directory", directory + " is now closed to other users");
    const bool is_open = (info.st_mode & kOthersWrite) != 0;
    const std::string message =
        directory + (is_open ? " is writable by other users" : " is readable by other users");
    const std::string remedy = "Run `contextsync doctor --fix`, or `chmod 700` on it.";
    return is_open ? Fault("directory", message, remedy) : Warning("directory", message, remedy);
  }
  const Status fit = PrepareDirectory(directory);
  if (fit.ok()) return Well("directory", directory + " is ours alone");
  return Fault("directory", fit.error().message(), "Name another one with --data-dir.");
}

/// The nearest directory that exists.
std::string ExistingParent(fs::path path) {
  std::error_code ignored;
  while (!path.empty() && path != path.parent_path() && !fs::exists(path, ignored))
    path = path.parent_path();
  return path.string();
}

DoctorCheck CheckDisk(const std::string& directory) {
  const auto space = ProbeDisk(ExistingParent(directory));
  if (!space.ok()) return Warning("disk", space.error().message(), "Look at the disk.");
  constexpr std::uint64_t kMiBytes = 1'048'576;
  const std::uint64_t margin = DiskMargin(space.value().total_bytes);
  const std::string message = std::to_string(space.value().free_bytes / kMiBytes) + " MiB are free";
  if (space.value().free_bytes < margin)
    return Fault("disk", message + ": writes are refused",
                 "Free some space; nothing else is needed.");
  if (space.value().free_bytes < 4 * margin)
    return Warning("disk", message, "Free some space before writes are refused.");
  return Well("disk", message);
}

DoctorCheck CheckLeftovers(const std::string& directory, bool fix) {
  if (fix) {
    const std::size_t count = RemoveStaleCopies(directory);
    return Well("leftovers", std::to_string(count) + " removed");
  }
  const std::size_t count = CountStaleCopies(directory);
  if (count == 0) return Well("leftovers", "none");
  return Warning("leftovers", std::to_string(count) + " of interrupted commands",
                 "Run `contextsync doctor --fix`.");
}

/// Only an index that does not fit is made anew: in a large notebook that takes a while.
bool IsIndexAtFault(const Result<StoreCheck>& check) {
  return check.ok() && std::any_of(check.value().problems.begin(), check.value().problems.end(),
                                   [](const std::string& problem) {
                                     return problem.find("search index") != std::string::npos;
                                   });
}

DoctorCheck CheckStore(const std::string& name, const Result<StoreCheck>& check,
                       const std::string& recover_command) {
  if (!check.ok() && check.error().code() == ErrorCode::kNotFound)
    return Well(name, "there is none yet");
  if (!check.ok() && check.error().code() == ErrorCode::kCorruption)
    return Fault(name, check.error().message(), "Run `" + recover_command + "`.");
  if (!check.ok()) return Fault(name, check.error().message(), "See the message.");
  const StoreCheck& found = check.value();
  if (!found.problems.empty()) {
    const char* remedy = IsIndexAtFault(check)
                             ? "Run `contextsync doctor --fix`."
                             : "Run `contextsync sync`; if that does not help, restore a backup.";
    return Fault(name, OneLine(found.problems, kShownProblems), remedy);
  }
  std::uint64_t contexts = 0;
  for (const WorkspaceFacts& facts : found.workspaces)
    contexts += facts.contexts;
  return Well(name, std::to_string(contexts) + " contexts, all of them whole");
}

DoctorCheck FixIndex(const DoctorOptions& options, const WorkspaceId& workspace) {
  const Status done = RebuildIndexOf(options.data_dir, workspace);
  if (!done.ok()) return Fault("search index", done.error().message(), "See the message.");
  return Well("search index", "it is being made anew");
}

DoctorCheck CheckRecovery(const std::optional<Recovery>& recovery) {
  if (!recovery) return Well("recovery", "nothing was ever lost or restored");
  std::string message = FormatTimestamp(recovery->at) + ": " + recovery->message;
  if (recovery->lost_to > EntryNumber()) {
    message += " Own entries " + std::to_string(recovery->lost_from.value) + " to " +
               std::to_string(recovery->lost_to.value) + " were missing.";
  }
  return Well("recovery", std::move(message));
}

/// The process that has the notebook open may be of another version than this program.
DoctorCheck CheckVersions(const StorePlace& place) {
  constexpr const char* kOurs = CONTEXTSYNC_VERSION;
  const auto text = NotebookLock::ReadNote(place.directory);
  const auto note = text.ok() ? ReadHolderNote(text.value()) : std::nullopt;
  // A note outlives its process.
  const bool is_open = note && !note->socket.empty() && ConnectToHolder(note->socket).ok();
  if (!is_open) return Well("versions", std::string(kOurs) + "; no process has the notebook open");
  const std::string holder = "process " + std::to_string(note->pid);
  if (note->build == kOurs)
    return Well("versions",
                std::string(kOurs) + ", as " + holder + ", which has the notebook open");
  return Warning("versions",
                 std::string("this is ") + kOurs + ", but " + holder +
                     ", which has the notebook open, is " + note->build,
                 "Restart the agents whose program is the older one.");
}

DoctorCheck CheckPurges(std::uint64_t waiting, const DoctorHub& hub) {
  if (waiting == 0) return Well("purge", "none waits");
  const std::string message =
      std::to_string(waiting) + (waiting == 1 ? " purge waits" : " purges wait");
  if (!hub.url.empty())
    return Warning("purge", message + " for the hub", "Run `contextsync sync`.");
  return Warning("purge", message + " for the hub this notebook belongs to, and none is set",
                 "Set the hub again and run `contextsync sync`; until then the values stay here.");
}

struct HubAnswer {
  DoctorCheck check;
  std::optional<UnixMillis> server_time;
};

HubAnswer AskTheHub(const DoctorHub& hub, const WorkspaceId& workspace) {
  if (hub.url.empty()) return {Well("hub", "none is set: this notebook is local"), {}};
  auto link = CurlHubLink::Open({.hub = hub.url, .workspace = workspace, .token = hub.token});
  if (!link.ok()) return {Fault("hub", link.error().message(), "See the message."), {}};
  ChangesRequest request;  // of a reader that stores nothing: the hub need not know this notebook
  request.limit = 1;
  const auto page = link.value()->Changes(request, std::chrono::steady_clock::now() + kHubPatience);
  if (page.ok()) return {Well("hub", hub.url + " answers"), page.value().server_time};
  const HubFailure& failure = page.failure();
  switch (failure.fault) {
    case HubFault::kCursorGone:
      return {Well("hub", hub.url + " answers"), {}};
    case HubFault::kUnauthorized:
      return {Fault("hub", hub.url + " refuses us: " + failure.message,
                    "Check --token-file and --workspace; `contextsync token list` at the hub shows "
                    "what is valid."),
              {}};
    case HubFault::kUpgradeRequired:
      return {Fault("hub", hub.url + " is newer than this program", "Upgrade contextsync."), {}};
    default:
      return {Fault("hub", hub.url + " does not answer: " + failure.message,
                    "Nothing is lost: writes wait here. Check the address and the network."),
              {}};
  }
}

DoctorCheck CheckClock(std::optional<UnixMillis> server_time) {
  if (!server_time) return Well("clock", "there is no hub to compare it with");
  const UnixMillis difference = SystemClock().WallMillis() - *server_time;
  const std::string message = std::to_string(std::abs(difference)) + " ms " +
                              (difference < 0 ? "behind" : "ahead of") + " the hub";
  if (std::abs(difference) <= kMostClockDifference) return Well("clock", message);
  return Warning("clock", message,
                 "Set the clock (NTP). Nothing is lost: the difference is taken into account.");
}

}  // namespace

std::string_view ToString(CheckState state) {
  switch (state) {
    case CheckState::kOk:
      return "ok";
    case CheckState::kWarn:
      return "warn";
    case CheckState::kError:
      break;
  }
  return "error";
}

std::vector<DoctorCheck> ExamineNotebook(const DoctorOptions& options, const WorkspaceId& workspace,
                                         const DoctorHub& hub) {
  const StorePlace place = NotebookPlace(options.data_dir, workspace);
  std::vector<DoctorCheck> checks = {CheckSettings(options.warnings),
                                     CheckDirectory(options.data_dir.string(), options.fix),
                                     CheckDisk(place.directory)};
  if (checks[1].state != CheckState::kError) {
    auto verified = VerifyNotebook(options.data_dir, workspace);
    if (options.fix && IsIndexAtFault(verified)) {
      checks.push_back(FixIndex(options, workspace));
      verified = VerifyNotebook(options.data_dir, workspace);
    }
    checks.push_back(CheckStore("notebook", verified, place.recover_command));
    if (verified.ok()) {
      checks.push_back(CheckRecovery(verified.value().recovery));
      checks.push_back(CheckPurges(verified.value().purges_waiting, hub));
    }
  }
  checks.push_back(CheckLeftovers(place.directory, options.fix));
  checks.push_back(CheckVersions(place));
  HubAnswer answer = AskTheHub(hub, workspace);
  checks.push_back(std::move(answer.check));
  checks.push_back(CheckClock(answer.server_time));
  return checks;
}

std::vector<DoctorCheck> ExamineHub(const DoctorOptions& options) {
  const std::string directory = options.data_dir.string();
  const StorePlace place = HubPlace(directory);
  std::vector<DoctorCheck> checks = {CheckSettings(options.warnings),
                                     CheckDirectory(directory, options.fix),
                                     CheckDisk(place.directory)};
  if (checks[1].state != CheckState::kError)
    checks.push_back(CheckStore("hub", VerifyHub(directory), place.recover_command));
  checks.push_back(CheckLeftovers(place.directory, options.fix));
  return checks;
}

bool IsHealthy(const std::vector<DoctorCheck>& checks) {
  return std::none_of(checks.begin(), checks.end(),
                      [](const DoctorCheck& check) { return check.state == CheckState::kError; });
}

}  // namespace contextsync
