#include "server/app/status_once.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/ports/json_reader.h"
#include "core/tools/status_tool.h"
#include "core/tools/synced_tool.h"
#include "server/app/ask_owner.h"
#include "server/app/offline_notebook.h"

namespace contextsync {

namespace {

constexpr const char* kStatusCommand = "status";
constexpr const char* kStatusEnvelope = "envelope";  // as text: it keeps its order
constexpr std::chrono::seconds kStatusTimeout{5};

class RestingWorkspace final : public Workspace {
 public:
  RestingWorkspace(Notebook& notebook, SyncGate& gate, bool has_hub)
      : open_{notebook, gate, has_hub, std::nullopt} {}

  Checked<OpenWorkspace> Acquire(Clock::Instant /*deadline*/) override { return open_; }
  [[nodiscard]] NotebookHealth Health() const override { return NotebookHealth::kNormal; }
  [[nodiscard]] bool HasHub() const override { return open_.has_hub; }

 private:
  const OpenWorkspace open_;
};

std::string AnswerStatus(const Identity& identity, Workspace& workspace, Clock& clock,
                         const std::string& build) {
  StatusTool tool(identity, workspace, clock, build);
  SyncedTool synced(tool, workspace, clock);
  Session session("cli", "cli");
  const Json none = Json::object();
  const std::optional<JsonDefect> no_defect;
  return synced.Call({none, no_defect, session}).json;
}

Json StatusRequest(const Identity& identity) {
  return {{"command", kStatusCommand},         {"agent", identity.agent},
          {"workspace", identity.workspace},   {"hub", identity.hub},
          {"project", identity.project},       {"branch", identity.branch},
          {"task", identity.task.value_or("")}};
}

Identity ReadStatusIdentity(const Json& request, const std::string& hub) {
  JsonReader reader(request);
  Identity identity;
  identity.agent = reader.TextOr("agent", "");
  identity.workspace = reader.TextOr("workspace", "");
  identity.project = reader.TextOr("project", "default");
  identity.branch = reader.TextOr("branch", "default");
  identity.hub = hub;
  if (auto asked = reader.TextOr("hub", ""); asked != hub) identity.other_hub = std::move(asked);
  if (auto task = reader.TextOr("task", ""); !task.empty()) identity.task = std::move(task);
  return identity;
}

Result<StatusAnswer> StatusAlone(const StatusOnceOptions& options) {
  const std::string& hub = options.identity.hub;
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto offline, OfflineNotebook::Open(options.data_dir, options.workspace, !hub.empty()));
  const auto gate = offline->GateOf(hub);
  RestingWorkspace workspace(offline->notebook(), *gate, !hub.empty());
  SystemClock clock;
  return StatusAnswer{AnswerStatus(options.identity, workspace, clock, options.build), false};
}

}  // namespace

Result<std::string> StatusByOwner(const StatusOnceOptions& options,
                                  std::chrono::milliseconds timeout) {
  const StorePlace place = NotebookPlace(options.data_dir, options.workspace);
  std::error_code code;
  if (!std::filesystem::is_directory(place.directory, code))
    return Error(ErrorCode::kNotFound, "there is no notebook at " + place.directory);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Json answer,
                               AskOwner(place, StatusRequest(options.identity), timeout));
  JsonReader reader(answer);
  std::string envelope = reader.Text(kStatusEnvelope);
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  return envelope;
}

Result<StatusAnswer> StatusOnce(const StatusOnceOptions& options) {
  const auto ask = [&]() -> Result<StatusAnswer> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::string envelope, StatusByOwner(options, kStatusTimeout));
    return StatusAnswer{std::move(envelope), true};
  };
  // Asked first: opening would send away a process that only waits for the hub.
  auto asked = ask();
  if (asked.ok() || asked.error().code() != ErrorCode::kUnavailable) return asked;
  return AloneOrByOwner<StatusAnswer>([&] { return StatusAlone(options); }, ask);
}

std::optional<Result<Json>> AnswerStatusRequest(const StatusSource& source, const Json& request) {
  JsonReader reader(request);
  if (reader.TextOr("command", "") != kStatusCommand) return std::nullopt;
  const Identity identity = ReadStatusIdentity(request, source.hub);
  return Result<Json>(Json{
      {kStatusEnvelope, AnswerStatus(identity, source.workspace, source.clock, source.build)}});
}

}  // namespace contextsync
