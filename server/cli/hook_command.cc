#include "server/cli/hook_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/sync/local_gate.h"
#include "server/app/hook_digest.h"
#include "server/app/hook_intake.h"
#include "server/app/offline_notebook.h"
#include "server/app/process_line.h"
#include "server/app/store_place.h"
#include "server/cli/command_line.h"
#include "server/clients/careful_file.h"
#include "server/config/git_identity.h"
#include "server/config/git_repository.h"
#include "server/config/small_file.h"
#include "server/hooks/git_changes.h"
#include "server/hooks/hook_session.h"
#include "server/hub/admin_socket.h"
#include "server/hub/token_admin.h"
#include "storage/rocks/notebook_directory.h"

namespace contextsync {

namespace {

using std::chrono::milliseconds;
using std::filesystem::path;

constexpr milliseconds kDeadline{200};
constexpr milliseconds kLongestDeadline{10'000};
constexpr std::size_t kMostInput = limits::kMiB;
constexpr std::size_t kMostSessionBytes = 4 * limits::kMiB;
constexpr std::size_t kMostIgnoreBytes = 64 * limits::kKiB;
constexpr std::chrono::hours kInterruptedAfter{1};
constexpr std::chrono::hours kForgottenAfter{24 * 30};
constexpr std::size_t kMostInterrupted = 3;  // the next conversation goes on
// The client, and shells and helpers between it and a hook; further up others would be taken for
// it.
constexpr std::size_t kMostAbove = 4;
constexpr const char* kIgnoreFile = ".contextsyncignore";
constexpr const char* kReadAllowed = R"({"permission":"allow"})";

/// How long a hook may take at all; who has a slow machine may give it more.
milliseconds Deadline() {
  const char* const given = std::getenv("CONTEXTSYNC_HOOK_DEADLINE_MS");
  if (given == nullptr) return kDeadline;
  milliseconds::rep count = 0;
  std::from_chars(given, given + std::strlen(given), count);
  return count > 0 ? std::min(milliseconds(count), kLongestDeadline) : kDeadline;
}

milliseconds GitPatience() {
  return Deadline() * 2 / 5;
}
milliseconds OwnerPatience() {
  return Deadline() * 3 / 5;
}

/// The deadline, kept by the kernel whatever this process waits for.
void StartDeadline() {
  struct sigaction action {};
  action.sa_handler = [](int) { _exit(kExitDone); };
  sigaction(SIGALRM, &action, nullptr);
  itimerval timer{};
  timer.it_value.tv_sec = Deadline() / std::chrono::seconds(1);
  timer.it_value.tv_usec = (Deadline() % std::chrono::seconds(1)) / std::chrono::microseconds(1);
  setitimer(ITIMER_REAL, &timer, nullptr);
}

std::string ReadInput() {
  std::string text;
  char chunk[65'536];
  while (text.size() <= kMostInput) {
    const ssize_t count = read(STDIN_FILENO, chunk, sizeof chunk);
    if (count <= 0) break;
    text.append(chunk, static_cast<std::size_t>(count));
  }
  return text;
}

void Say(const std::string& text) {
  std::printf("%s\n", text.c_str());
  static_cast<void>(std::fflush(stdout));
}

/// One hook of a conversation at a time: the state file is read and written under its lock.
class HookLock {
 public:
  explicit HookLock(const path& file)
      : fd_(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ >= 0) static_cast<void>(flock(fd_, LOCK_EX));
  }
  ~HookLock() {
    if (fd_ >= 0) close(fd_);
  }
  HookLock(const HookLock&) = delete;
  HookLock& operator=(const HookLock&) = delete;

 private:
  const int fd_;
};

/// One event, from reading what is known of the conversation to writing it down again.
class HookRun {
 public:
  HookRun(std::string client, const Settings& settings, HookEvent event)
      : client_(std::move(client)),
        settings_(settings),
        event_(std::move(event)),
        directory_(HookDirectory(settings.data_dir, settings.workspace)),
        file_(directory_ / (Sha256Hex(event_.session).substr(0, 32) + ".json")) {
    const path cwd = event_.cwd;
    const auto repository = FindGitRepository(cwd);
    is_repository_ = repository.has_value();
    scope_ = {.root = repository ? repository->root : cwd, .excluded = Excluded(cwd)};
    const GitIdentity git = ReadGitIdentity(cwd);
    identity_ = {{"agent", settings.agent.empty() ? AgentName() : settings.agent},
                 {"project", git.project},
                 {"branch", git.branch}};
    if (!settings.task.empty()) identity_["task"] = settings.task;
    above_ = ProcessesAbove(kMostAbove);
  }

  void Run() {
    if (!PrepareDirectory(settings_.data_dir.string()).ok()) return;
    std::error_code ignored;
    std::filesystem::create_directories(directory_, ignored);
    const HookLock lock(file_.string() + ".lock");
    Load();
    switch (event_.moment) {
      case HookMoment::kSessionStart:
        return Start();
      case HookMoment::kSubagentStart:
        return Digest(kShortDigestBytes);
      case HookMoment::kPrompt:
        return Cue();
      case HookMoment::kStop:
        return Stop();
      case HookMoment::kSessionEnd:
        Flush();
        return Save();
      case HookMoment::kTool:
      case HookMoment::kReadPermission:
      case HookMoment::kCompacted:
      case HookMoment::kProgress:
        session_.Note(event_, scope_);
        return Save();
      case HookMoment::kUnknown:
        return;
    }
  }

 private:
  [[nodiscard]] std::string AgentName() const {
    return client_ == "claude" ? "claude-code" : client_;
  }

  [[nodiscard]] std::vector<std::string> Excluded(const path& cwd) const {
    std::vector<std::string> patterns = AlwaysExcluded();
    const auto repository = FindGitRepository(cwd);
    const path file = (repository ? repository->root : cwd) / kIgnoreFile;
    const auto found = ReadSmallFile(file, kMostIgnoreBytes);
    if (!found.ok() || !found.value()) return patterns;
    std::string_view rest = found.value()->text;
    while (!rest.empty()) {
      const std::string line(rest.substr(0, rest.find('\n')));
      if (!line.empty() && line[0] != '#') patterns.push_back(line);
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    return patterns;
  }

  void Load() {
    const auto found = ReadSmallFile(file_, kMostSessionBytes);
    if (found.ok() && found.value()) session_ = ReadHookSession(found.value()->text);
    session_.id = event_.session;
  }

  void Save() {
    session_.identity = CompactText(identity_);
    Write(file_, session_);
  }

  static void Write(const path& file, const HookSession& session) {
    ReplaceFile(file, HookSessionToText(session), true)
        .IgnoreBecause("a hook must not disturb the agent");
  }

  void Start() {
    Flush();
    FlushInterrupted();
    Digest(kDigestBytes);
    Save();  // first without the repository's state, which may take long
    LookAtRepository();
    Save();
  }

  void Stop() {
    LookAtRepository();
    Save();
    const bool may_nudge = !event_.is_repeated_stop && client_ != "gemini";
    const std::string nudge = may_nudge ? session_.TakeNudge() : "";
    Flush();
    Save();
    if (!nudge.empty()) Say(NudgeFor(event_, nudge));
  }

  void LookAtRepository() {
    if (!is_repository_) return;
    const auto now = ReadGitChanges(scope_.root, GitPatience());
    if (now) session_.NoteRepository(*now, scope_);
  }

  Result<Json> Ask(const Json& request) const {
    const StorePlace place = NotebookPlace(settings_.data_dir, settings_.workspace);
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const std::string line,
        AskHub(place.socket_directory, CompactText(request), OwnerPatience(), place.socket_name));
    CONTEXTSYNC_ASSIGN_OR_RETURN(Json answer, ParseStrict(line));
    return TokenResultFromJson(std::move(answer));
  }

  /// By the process that has the notebook open, else by this one if nobody has.
  std::optional<Json> AskSomebody(const Json& request) const {
    auto answer = Ask(request);
    if (answer.ok()) return std::move(answer).value();
    if (answer.error().code() != ErrorCode::kUnavailable) return std::nullopt;
    const auto opened = OfflineNotebook::Open(settings_.data_dir, settings_.workspace);
    if (!opened.ok()) return std::nullopt;
    Notebook& notebook = opened.value()->notebook();
    const LocalGate gate{};
    const HookDoor door{notebook, gate, SpoolDirectory(settings_.data_dir, settings_.workspace)};
    TakeSpool(door);
    auto own = AnswerHookRequest(door, request);
    if (!own || !own->ok()) return std::nullopt;
    return std::move(*own).value();
  }

  [[nodiscard]] Json RequestOf(const char* command) const {
    Json request = identity_;
    request["command"] = command;
    if (!session_.task.empty()) request["task"] = session_.task;
    return request;
  }

  void Digest(std::size_t bytes) {
    Json request = RequestOf("hook_digest");
    request["above"] = above_;
    request["bytes"] = bytes;
    const auto answer = AskSomebody(request);
    if (!answer) return;
    session_.position = answer->value("position", "");
    const std::string text = answer->value("text", "");
    if (!text.empty()) Say(InjectionFor(event_, text));
  }

  void Cue() {
    Json request = RequestOf("hook_cue");
    request["since"] = session_.position;
    request["above"] = above_;
    const auto answer = Ask(request);
    std::string text;
    if (answer.ok()) {
      session_.position = answer.value().value("position", session_.position);
      text = answer.value().value("text", "");
    }
    // Gemini takes context with a prompt, not at the end of a turn.
    if (const std::string nudge = client_ == "gemini" ? session_.TakeNudge() : ""; !nudge.empty())
      text += (text.empty() ? "" : "\n") + nudge;
    if (!text.empty()) Say(InjectionFor(event_, text));
    Save();
  }

  void Flush() {
    const auto operation = session_.Operation(identity_);
    if (operation && Deliver(*operation, above_)) session_.EndTurn();
  }

  /// True when the turn is durable with the owner, or in the spool, and may be forgotten here.
  [[nodiscard]] bool Deliver(const Json& operation, const Json& above) const {
    const Json request = {{"command", "hook_write"}, {"operation", operation}, {"above", above}};
    return Ask(request).ok() || Spool(request, operation.value("op_id", "")).ok();
  }

  /// Hands on what conversations left that ended without a word, and forgets those long gone.
  void FlushInterrupted() const {
    std::size_t left = kMostInterrupted;
    std::error_code code;
    for (std::filesystem::directory_iterator at(directory_, code), end; !code && at != end;
         at.increment(code)) {
      const path& file = at->path();
      if (file.extension() != ".json" || file == file_ || left == 0) continue;
      std::error_code unknown;
      const auto changed = std::filesystem::last_write_time(file, unknown);
      const auto age = std::filesystem::file_time_type::clock::now() - changed;
      if (unknown || age < kInterruptedAfter) continue;
      --left;
      FlushOther(file, age > kForgottenAfter);
    }
  }

  void FlushOther(const path& file, bool is_old) const {
    const std::string lock_file = file.string() + ".lock";
    const HookLock lock(lock_file);
    const auto found = ReadSmallFile(file, kMostSessionBytes);
    if (!found.ok() || !found.value()) return;
    HookSession session = ReadHookSession(found.value()->text);
    const Json identity = Json::parse(session.identity, nullptr, false);
    const auto operation = session.Operation(identity.is_object() ? identity : identity_);
    // Another conversation's, whoever led it: all are told.
    if (operation && Deliver(*operation, Json::array())) {
      session.EndTurn();
      Write(file, session);
    } else if (!operation && is_old) {
      std::error_code ignored;
      std::filesystem::remove(file, ignored);
      std::filesystem::remove(lock_file, ignored);
    }
  }

  [[nodiscard]] Status Spool(const Json& request, const std::string& name) const {
    const path spool = SpoolDirectory(settings_.data_dir, settings_.workspace);
    return ReplaceFile(spool / (name + ".json"), CompactText(request), true);
  }

  const std::string client_;
  const Settings& settings_;
  const HookEvent event_;
  const path directory_;
  const path file_;
  bool is_repository_ = false;
  HookScope scope_;
  Json identity_;
  Json above_;  // what began this process, nearest first
  HookSession session_;
};

/// With CONTEXTSYNC_HOOK_DEBUG: what came and what kept it from being recorded, never its content.
void Debug(const SettingsSources& sources, const std::string& event, const std::string& what) {
  if (!ReadVariable(sources.environment, "CONTEXTSYNC_HOOK_DEBUG")) return;
  const auto data = DefaultDataDirectory(sources.environment);
  const auto named = ReadVariable(sources.environment, "CONTEXTSYNC_DATA_DIR");
  if (!named && !data.ok()) return;
  const path file = (named ? path(*named) : data.value()) / "hook.log";
  std::FILE* const log = std::fopen(file.c_str(), "ae");
  if (log == nullptr) return;
  std::fprintf(log, "%s: %s\n", event.c_str(), what.c_str());
  static_cast<void>(std::fclose(log));
}

}  // namespace

int RunHook(const std::string& client, const SettingsSources& sources) {
  StartDeadline();
  const std::string input = ReadInput();
  // Cursor waits for leave, also where the file is longer than what is read of it here.
  if (input.substr(0, kMostInput).find("\"beforeReadFile\"") != std::string::npos)
    Say(kReadAllowed);
  const Json json = Json::parse(input, nullptr, false);
  if (input.size() > kMostInput || !json.is_object()) {
    Debug(sources, "?", "no JSON object of at most 1 MiB");
    return kExitDone;
  }
  HookEvent event = ReadHookEvent(json);
  if (event.moment == HookMoment::kUnknown || event.session.empty()) {
    Debug(sources, event.name, "ignored");
    return kExitDone;
  }
  if (event.cwd.empty()) event.cwd = sources.working_directory.string();
  SettingsSources there = sources;
  there.working_directory = event.cwd;
  const auto settings = LoadSettings(there);
  if (!settings.ok()) {
    Debug(sources, event.name, settings.error().message());
    return kExitDone;
  }
  const std::string name = event.name;
  HookRun(client, settings.value(), std::move(event)).Run();
  Debug(sources, name, "recorded");
  return kExitDone;
}

}  // namespace contextsync
