#include "server/app/tool_once.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/ports/json_reader.h"
#include "core/tools/manage_context.h"
#include "core/tools/synced_tool.h"
#include "server/app/ask_owner.h"
#include "server/app/offline_notebook.h"

namespace contextsync {

namespace {

constexpr const char* kToolCommand = "tool";
constexpr const char* kEnvelope = "envelope";  // as text: it keeps its order, and its own error
// Longer than any call of the tool takes: a write that waits for the hub, 5 s; `watch`, 25 s.
constexpr std::chrono::seconds kToolTimeout{40};

/// A notebook that is open already.
class ReadyWorkspace final : public Workspace {
 public:
  explicit ReadyWorkspace(const OpenWorkspace& open) : open_(open) {}

  Checked<OpenWorkspace> Acquire(Clock::Instant /*deadline*/) override { return open_; }
  [[nodiscard]] NotebookHealth Health() const override { return NotebookHealth::kNormal; }
  [[nodiscard]] bool HasHub() const override { return open_.has_hub; }

 private:
  const OpenWorkspace open_;
};

/// One call in a session of its own: it is told of nothing that happened before.
std::string CallTool(const OpenWorkspace& open, Clock& clock, Random& random,
                     const Json& arguments) {
  ReadyWorkspace workspace(open);
  const Identity identity;  // the command names its contexts
  ManageContext tool(identity, clock, random);
  SyncedTool synced(tool, workspace, clock);
  Session session("cli", "cli");
  const std::optional<JsonDefect> no_defect;
  return synced.Call({arguments, no_defect, session}).json;
}

Result<std::string> CallAlone(const ToolOnceOptions& options, const Json& arguments) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto offline,
      OfflineNotebook::Open(options.data_dir, options.workspace, !options.hub.empty()));
  const auto gate = offline->GateOf(options.hub);
  SystemClock clock;
  SystemRandom random;
  return CallTool({offline->notebook(), *gate, !options.hub.empty(), std::nullopt}, clock, random,
                  arguments);
}

Result<std::string> CallByOwner(const StorePlace& place, const Json& arguments) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Json answer,
                               AskOwner(place, ToolRequestToOwner(arguments), kToolTimeout));
  JsonReader reader(answer);
  std::string envelope = reader.Text(kEnvelope);
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  return envelope;
}

}  // namespace

Result<std::string> CallToolOnce(const ToolOnceOptions& options, const Json& arguments) {
  const StorePlace place = NotebookPlace(options.data_dir, options.workspace);
  return AloneOrByOwner<std::string>([&] { return CallAlone(options, arguments); },
                                     [&] { return CallByOwner(place, arguments); });
}

Json ToolRequestToOwner(const Json& arguments) {
  return {{"command", kToolCommand}, {"name", "manage_context"}, {"arguments", arguments}};
}

std::optional<Result<Json>> AnswerToolRequest(const OpenWorkspace& workspace, Clock& clock,
                                              Random& random, const Json& request) {
  JsonReader reader(request);
  if (reader.TextOr("command", "") != kToolCommand) return std::nullopt;
  const auto arguments = request.find("arguments");
  const bool is_known = reader.TextOr("name", "") == "manage_context";
  if (!is_known || arguments == request.end() || !arguments->is_object())
    return Result<Json>(Error(ErrorCode::kInvalidArgument, "this is no call of a tool"));
  return Result<Json>(Json{{kEnvelope, CallTool(workspace, clock, random, *arguments)}});
}

}  // namespace contextsync
