#include "server/app/hook_intake.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/ports/json_reader.h"
#include "core/tools/identity.h"
#include "core/tools/target.h"
#include "server/app/hook_digest.h"
#include "server/app/notebook_host.h"
#include "server/app/system_clock.h"
#include "server/config/small_file.h"

namespace contextsync {

namespace {

using std::filesystem::path;

constexpr std::size_t kMostOperationBytes = 2 * limits::kUpdateBytes;
constexpr const char* kSource = "hook";

Identity IdentityOf(JsonReader& in) {
  Identity identity;
  identity.agent = in.TextOr("agent", "agent");
  identity.project = in.TextOr("project", "default");
  identity.branch = in.TextOr("branch", "default");
  if (auto task = in.TextOr("task", ""); !task.empty()) identity.task = std::move(task);
  return identity;
}

/// The task where one is known, else the branch that was worked on.
Target TargetOf(const Identity& identity) {
  Target target;
  target.level = identity.task ? Level::kTask : Level::kBranch;
  target.id = identity.task;
  return target;
}

bool IsPassing(RefusalCode code) {
  return code == RefusalCode::kStorageFull || code == RefusalCode::kStorageUnavailable;
}

std::vector<path> FilesOf(const path& spool) {
  std::vector<path> files;
  std::error_code code;
  for (std::filesystem::directory_iterator at(spool, code), end; !code && at != end;
       at.increment(code)) {
    if (at->path().extension() == ".json") files.push_back(at->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The session of the client whose hook asks; empty: unknown.
std::string SessionOf(const HookDoor& door, JsonReader& in) {
  const Json* const list = in.Find("above");
  if (!door.session_of || list == nullptr || !list->is_array()) return {};
  std::vector<std::string> above;
  for (const Json& process : *list) {
    if (process.is_string()) above.push_back(process.get<std::string>());
  }
  return door.session_of(above);
}

Status Write(const HookDoor& door, JsonReader& in) {
  const Json* const operation = in.Find("operation");
  if (operation == nullptr) return Error(ErrorCode::kInvalidArgument, "an operation is missing");
  return WriteHookOperation(door.notebook, *operation, SessionOf(door, in));
}

Status TakeOne(const HookDoor& door, const path& file) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto found, ReadSmallFile(file, kMostOperationBytes));
  if (!found) return {};  // another process took it
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Json request, ParseStrict(found->text));
  JsonReader in(request);
  return Write(door, in);
}

CueReader ReaderOf(const HookDoor& door, JsonReader& in) {
  return {IdentityOf(in).agent, SessionOf(door, in), SystemClock().WallMillis()};
}

/// What earlier hooks could not deliver is taken in with it.
Result<Json> AnswerWrite(const HookDoor& door, JsonReader& in) {
  if (door.gate.Status().role == "read")
    return Error(ErrorCode::kUnauthorized, "the hub's token of this notebook may only read");
  CONTEXTSYNC_RETURN_IF_ERROR(Write(door, in));
  TakeSpool(door);
  return Json{{"durable", true}};
}

}  // namespace

path HookDirectory(const path& data_dir, const WorkspaceId& workspace) {
  return data_dir / "hooks" / NotebookDirectory(data_dir, workspace).filename();
}

path SpoolDirectory(const path& data_dir, const WorkspaceId& workspace) {
  return HookDirectory(data_dir, workspace) / "spool";
}

Status WriteHookOperation(Notebook& notebook, const Json& operation, const std::string& session) {
  JsonReader in(operation);
  const Identity identity = IdentityOf(in);
  WriteRequest request;
  request.op_id = in.Text("op_id");
  request.arguments_hash = Sha256Hex(CanonicalBytes(operation));
  request.agent = identity.agent;
  request.session = session.empty() ? "hook:" + in.TextOr("session", "") : session;
  const Json* const data = in.Find("data");
  if (data == nullptr || !data->is_object() || request.op_id.empty())
    return Error(ErrorCode::kInvalidArgument, "the operation lacks its data or its id");
  CONTEXTSYNC_RETURN_IF_ERROR(in.status());
  const Target target = TargetOf(identity);
  ContextWrite write;
  write.context = ResolveTarget(target, identity, notebook);
  CONTEXTSYNC_RETURN_IF_ERROR(ValidateContextRef(write.context));
  write.parents = ParentsOf(write.context, target, identity, StoredParents(notebook));
  write.update.data = *data;
  write.source = kSource;
  request.writes.push_back(std::move(write));
  const auto written = notebook.Write(request);
  if (written.ok()) return {};
  const Refusal& refusal = written.failure();
  return Error(IsPassing(refusal.code) ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument,
               refusal.message);
}

std::size_t TakeSpool(const HookDoor& door) {
  std::size_t taken = 0;
  // It waits there for a token that may write.
  if (door.gate.Status().role == "read") return taken;
  for (const path& file : FilesOf(door.spool)) {
    const Status written = TakeOne(door, file);
    std::error_code ignored;
    if (written.ok()) {
      ++taken;
      std::filesystem::remove(file, ignored);
    } else if (!written.error().retriable()) {
      std::filesystem::rename(file, file.string() + ".refused", ignored);
      CONTEXTSYNC_LOG(kWarning, "a hook's record was refused",
                      {{"file", file.string()}, {"reason", written.error().message()}});
    }
  }
  return taken;
}

std::optional<Result<Json>> AnswerHookRequest(const HookDoor& door, const Json& request) {
  Notebook& notebook = door.notebook;
  JsonReader in(request);
  const std::string command = in.TextOr("command", "");
  if (command == "hook_write") return AnswerWrite(door, in);
  if (command == "hook_digest") {
    const std::size_t bytes = in.NumberOr("bytes", kDigestBytes);
    return Result<Json>(
        Json{{"text", DigestFor(notebook, IdentityOf(in), ReaderOf(door, in), bytes)},
             {"position", ToString(notebook.Latest())}});
  }
  if (command == "hook_cue") {
    const HookCue cue = CueFor(notebook, ReaderOf(door, in), in.TextOr("since", ""));
    return Result<Json>(Json{{"text", cue.text}, {"position", cue.position}});
  }
  return std::nullopt;
}

}  // namespace contextsync
