#include "server/app/transfer.h"

#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/document/pointer.h"
#include "core/notebook/policy_source.h"
#include "core/ports/json_reader.h"
#include "core/tools/action_context.h"
#include "core/tools/excerpt.h"
#include "core/tools/target.h"

namespace contextsync {

namespace {

constexpr const char* kContextsCommand = "export_contexts";
constexpr const char* kLinesCommand = "export_lines";
constexpr const char* kWriteCommand = "import";
constexpr const char* kImportSource = "import";

// A request is one line of at most 16 MiB, and an answer holds at least one whole context.
constexpr std::size_t kContextsPerRequest = 500;
constexpr std::size_t kAnswerGoal = 1 * limits::kMiB;

/// As text, since there may be more of them than elements in a message.
std::string TextOfContexts(const std::vector<ContextRef>& contexts, std::size_t from,
                           std::size_t most) {
  Json list = Json::array();
  for (std::size_t i = from; i < std::min(contexts.size(), from + most); ++i)
    list.push_back({ToString(contexts[i].level), contexts[i].id});
  return CompactText(list);
}

Result<std::vector<ContextRef>> ContextsFromText(const std::string& text) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Json list, ParseStrict(text, kWireJsonLimits));
  std::vector<ContextRef> contexts;
  for (const Json& item : list) {
    const bool is_pair = item.is_array() && item.size() == 2 && item[0].is_string();
    const auto level = is_pair ? ParseLevel(item[0].get<std::string>()) : std::nullopt;
    if (!level || !item[1].is_string())
      return Error(ErrorCode::kInvalidArgument, "this is no list of contexts");
    contexts.push_back({*level, item[1].get<std::string>()});
  }
  return contexts;
}

Error ErrorOf(const Refusal& refusal) {
  return {ErrorCode::kCorruption, refusal.message};
}

/// `data.context` of the action get, with all of its data; empty when there is none any more.
Result<std::string> LineOf(const Notebook& notebook, const ContextRef& context) {
  const auto lookup = notebook.Read(context);
  if (!lookup.ok()) return ErrorOf(lookup.failure());
  if (!lookup.value().found) return std::string();
  const auto versions = notebook.Versions(context);
  if (!versions.ok()) return ErrorOf(versions.failure());
  const ContextContent& content = *lookup.value().found;
  return ContextText(InfoText(content.info), CompactText(*content.data), versions.value(), {});
}

Result<Json> AnswerContexts(const Notebook& notebook) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto contexts, notebook.Contexts());
  return Json{{"contexts", TextOfContexts(contexts, 0, contexts.size())}};
}

Result<Json> AnswerLines(const Notebook& notebook, const Json& request) {
  JsonReader in(request);
  const std::string wanted = in.Text("contexts");
  CONTEXTSYNC_RETURN_IF_ERROR(in.status());
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto contexts, ContextsFromText(wanted));
  Json lines = Json::array();
  std::size_t bytes = 0;
  for (const ContextRef& context : contexts) {
    if (bytes >= kAnswerGoal) break;
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::string line, LineOf(notebook, context));
    bytes += line.size();
    lines.push_back(std::move(line));
  }
  return Json{{"lines", std::move(lines)}};
}

// ── writing ──

bool HasRepeats(const Json& list) {
  std::set<std::string> seen;
  return std::any_of(list.begin(), list.end(),
                     [&](const Json& item) { return !seen.insert(CanonicalBytes(item)).second; });
}

/// Where lists hold a value twice: an update would add it once only.
void AddRepeatingLists(const Json& data, const std::string& pointer,
                       std::vector<std::string>& found) {
  for (const auto& [key, value] : data.items()) {
    const std::string here = AppendSegment(pointer, key);
    if (value.is_object()) AddRepeatingLists(value, here, found);
    if (value.is_array() && HasRepeats(value)) found.push_back(here);
  }
}

/// Differs once the context was deleted: then it shall come back.
Result<std::string> OperationId(const Notebook& notebook, const std::string& content,
                                const ContextRef& context, const Lookup& lookup) {
  std::string id = "import-" + content;
  if (!lookup.deleted) return id;
  const auto version = notebook.VersionOf(context);
  if (!version.ok()) return ErrorOf(version.failure());
  return id + "-" + std::to_string(version.value().version);
}

Json AnswerOf(TransferOutcome outcome) {
  return {{"outcome", outcome == TransferOutcome::kSkipped ? "skipped" : "written"}};
}

Json AnswerOf(std::string_view code, const std::string& message) {
  return {{"outcome", "refused"}, {"code", code}, {"message", message}};
}

Json AnswerOf(const Checked<WriteReceipt>& receipt) {
  if (!receipt.ok()) return AnswerOf(ToString(receipt.failure().code), receipt.failure().message);
  const ContextWritten& written = receipt.value().writes.front();
  const bool is_done = receipt.value().repeated || !(written.changed || written.created);
  return AnswerOf(is_done ? TransferOutcome::kSkipped : TransferOutcome::kWritten);
}

ContextWrite WriteOf(const Notebook& notebook, const TransferWrite& wanted, Json data,
                     bool is_new) {
  Target target;
  target.level = wanted.context.level;
  target.id = wanted.context.id;
  if (!wanted.parent_id.empty()) target.parent_id = wanted.parent_id;
  ContextWrite write;
  write.context = wanted.context;
  write.parents = ParentsOf(write.context, target, Identity{}, StoredParents(notebook));
  write.source = kImportSource;
  if (is_new) AddRepeatingLists(data, "", write.update.replace);
  write.update.data = std::move(data);
  return write;
}

/// Why it may not be written; empty: it may.
std::string FaultOf(const TransferWrite& wanted) {
  const ContextRef& context = wanted.context;
  const Status valid = ValidateContextRef(context);
  if (!valid.ok()) return valid.error().message();
  const bool is_ours = context.level == Level::kGlobal && context.id.starts_with('_');
  if (is_ours && context != PolicyContext()) return "Ids starting with _ are reserved.";
  if (wanted.parent_id.empty()) return {};
  const auto above = ParentLevel(context.level);
  if (!above) return "The global level has no parent.";
  const Status parent = ValidateContextRef({*above, wanted.parent_id});
  return parent.ok() ? std::string() : parent.error().message();
}

Result<Json> Write(Notebook& notebook, const TransferWrite& wanted) {
  if (const std::string fault = FaultOf(wanted); !fault.empty())
    return AnswerOf("INVALID_ARGUMENT", fault);
  auto data = ParseStrict(wanted.data, kWireJsonLimits);
  if (!data.ok() || !data.value().is_object())
    return AnswerOf("INVALID_ARGUMENT", "The data cannot be stored.");
  const auto lookup = notebook.Read(wanted.context);
  if (!lookup.ok()) return AnswerOf(ToString(lookup.failure().code), lookup.failure().message);
  const auto& found = lookup.value().found;
  const std::string canonical = CanonicalBytes(data.value());
  if (found && CanonicalBytes(*found->data) == canonical)
    return AnswerOf(TransferOutcome::kSkipped);

  WriteRequest request;
  request.arguments_hash =
      Sha256Hex(std::string(ToString(wanted.context.level)) + "\n" + wanted.context.id + "\n" +
                wanted.parent_id + "\n" + canonical);
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      request.op_id, OperationId(notebook, request.arguments_hash, wanted.context, lookup.value()));
  request.agent = wanted.agent;
  request.session = kImportSource;
  request.writes.push_back(
      WriteOf(notebook, wanted, std::move(data).value(), /*is_new=*/!found.has_value()));
  return AnswerOf(wanted.is_rehearsal ? notebook.Rehearse(request) : notebook.Write(request));
}

Result<Json> AnswerWrite(Notebook& notebook, const Json& request) {
  JsonReader in(request);
  TransferWrite write;
  const auto level = ParseLevel(in.Text("level"));
  write.context.id = in.Text("context_id");
  write.parent_id = in.TextOr("parent_id", "");
  write.data = in.Text("data");
  write.agent = in.Text("agent");
  write.is_rehearsal = in.BoolOr("dry_run", false);
  CONTEXTSYNC_RETURN_IF_ERROR(in.status());
  if (!level) return Error(ErrorCode::kInvalidArgument, "there is no such level");
  write.context.level = *level;
  return Write(notebook, write);
}

}  // namespace

Json RequestForContexts() {
  return {{"command", kContextsCommand}};
}

Result<std::vector<ContextRef>> ContextsFromAnswer(const Json& answer) {
  JsonReader in(answer);
  const std::string text = in.Text("contexts");
  CONTEXTSYNC_RETURN_IF_ERROR(in.status());
  return ContextsFromText(text);
}

Json RequestForLines(const std::vector<ContextRef>& contexts, std::size_t from) {
  return {{"command", kLinesCommand},
          {"contexts", TextOfContexts(contexts, from, kContextsPerRequest)}};
}

Result<std::vector<std::string>> LinesFromAnswer(const Json& answer) {
  const auto lines = answer.find("lines");
  if (lines == answer.end() || !lines->is_array() || lines->empty())
    return Error(ErrorCode::kInvalidArgument, "the answer holds no lines");
  std::vector<std::string> texts;
  for (const Json& line : *lines) {
    if (!line.is_string()) return Error(ErrorCode::kInvalidArgument, "a line is no text");
    texts.push_back(line.get<std::string>());
  }
  return texts;
}

Json RequestToWrite(const TransferWrite& write) {
  return {{"command", kWriteCommand},
          {"level", ToString(write.context.level)},
          {"context_id", write.context.id},
          {"parent_id", write.parent_id},
          {"data", write.data},
          {"agent", write.agent},
          {"dry_run", write.is_rehearsal}};
}

Result<TransferResult> ResultFromAnswer(const Json& answer) {
  JsonReader in(answer);
  const std::string outcome = in.Text("outcome");
  CONTEXTSYNC_RETURN_IF_ERROR(in.status());
  if (outcome == "written") return TransferResult{TransferOutcome::kWritten, "", ""};
  if (outcome == "skipped") return TransferResult{TransferOutcome::kSkipped, "", ""};
  return TransferResult{TransferOutcome::kRefused, in.TextOr("code", ""), in.TextOr("message", "")};
}

std::optional<Result<Json>> AnswerTransferRequest(Notebook& notebook, const Json& request) {
  JsonReader in(request);
  const std::string command = in.TextOr("command", "");
  if (command == kContextsCommand) return AnswerContexts(notebook);
  if (command == kLinesCommand) return AnswerLines(notebook, request);
  if (command == kWriteCommand) return AnswerWrite(notebook, request);
  return std::nullopt;
}

}  // namespace contextsync
