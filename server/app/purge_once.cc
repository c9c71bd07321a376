#include "server/app/purge_once.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/ports/json_reader.h"
#include "server/app/ask_owner.h"
#include "server/app/offline_notebook.h"

namespace contextsync {

namespace {

constexpr const char* kPurgeCommand = "purge";
constexpr const char* kScrubCommand = "scrub";
constexpr std::chrono::seconds kPurgeTimeout{60};
constexpr std::chrono::minutes kScrubTimeout{10};  // it goes through all of the store

Result<PurgePlan> PurgeIn(Notebook& notebook, const PurgeRequest& request, bool is_plan) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(PurgePlan plan, notebook.PlanPurge(request));
  if (!plan.is_known) {
    return Error(ErrorCode::kInvalidArgument,
                 "there never was such a context; `contextsync list` shows those there are");
  }
  if (!is_plan) CONTEXTSYNC_RETURN_IF_ERROR(notebook.Purge(request));
  return plan;
}

Result<PurgePlan> PurgeAlone(const PurgeOnceOptions& options) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto offline,
      OfflineNotebook::Open(options.data_dir, options.workspace, options.has_hub));
  return PurgeIn(offline->notebook(), options.request, options.is_plan);
}

Result<PurgePlan> PurgeByOwner(const StorePlace& place, const PurgeOnceOptions& options) {
  const PurgeRequest& request = options.request;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Json answer,
                               AskOwner(place,
                                        {{"command", kPurgeCommand},
                                         {"plan", options.is_plan},
                                         {"level", ToString(request.context.level)},
                                         {"context_id", request.context.id},
                                         {"path", request.path},
                                         {"agent", request.agent},
                                         {"reason", request.reason}},
                                        kPurgeTimeout));
  JsonReader reader(answer);
  PurgePlan plan;
  plan.is_known = true;
  plan.is_shown = reader.BoolOr("shown", false);
  plan.versions = reader.Number("versions");
  plan.pending = reader.Number("pending");
  plan.parked = reader.Number("parked");
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  return plan;
}

Status ScrubAlone(const PurgeOnceOptions& options) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto offline,
      OfflineNotebook::Open(options.data_dir, options.workspace, options.has_hub));
  return offline->notebook().Scrub();
}

Result<Json> AnswerPurge(Notebook& notebook, JsonReader& reader) {
  PurgeRequest purge;
  purge.context.level = reader.Word("level", &ParseLevel);
  purge.context.id = reader.Text("context_id");
  purge.path = reader.TextOr("path", "");
  purge.agent = reader.TextOr("agent", "");
  purge.reason = reader.TextOr("reason", "");
  const bool is_plan = reader.BoolOr("plan", true);
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  CONTEXTSYNC_ASSIGN_OR_RETURN(const PurgePlan plan, PurgeIn(notebook, purge, is_plan));
  return Json{{"shown", plan.is_shown},
              {"versions", plan.versions},
              {"pending", plan.pending},
              {"parked", plan.parked}};
}

}  // namespace

Result<PurgePlan> PurgeOnce(const PurgeOnceOptions& options) {
  const StorePlace place = NotebookPlace(options.data_dir, options.workspace);
  return AloneOrByOwner<PurgePlan>([&] { return PurgeAlone(options); },
                                   [&] { return PurgeByOwner(place, options); });
}

Status ScrubOnce(const PurgeOnceOptions& options) {
  const StorePlace place = NotebookPlace(options.data_dir, options.workspace);
  return AloneOrByOwner<void>(
      [&] { return ScrubAlone(options); },
      [&] {
        const auto answer = AskOwner(place, {{"command", kScrubCommand}}, kScrubTimeout);
        return answer.ok() ? Status() : Status(answer.error());
      });
}

std::optional<Result<Json>> AnswerPurgeRequest(Notebook& notebook, const Json& request) {
  JsonReader reader(request);
  const std::string command = reader.TextOr("command", "");
  if (command == kPurgeCommand) return AnswerPurge(notebook, reader);
  if (command != kScrubCommand) return std::nullopt;
  Status scrubbed = notebook.Scrub();
  if (!scrubbed.ok()) return Result<Json>(std::move(scrubbed).error());
  return Result<Json>(Json{{"scrubbed", true}});
}

}  // namespace contextsync
