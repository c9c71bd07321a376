#include "core/tools/manage_context.h"

#include <algorithm>

#include "core/document/json.h"
#include "core/document/pointer.h"
#include "core/tools/envelope.h"
#include "core/tools/schema.h"

namespace contextsync {

namespace {

using Factory = std::unique_ptr<Operation> (*)(ArgumentReader&, const ActionContext&);

Factory FactoryOf(Action action) {
  switch (action) {
    case Action::kUpdate:
    case Action::kCreate:
      return MakeUpdate;
    case Action::kGet:
      return MakeGet;
    case Action::kResolve:
      return MakeResolve;
    case Action::kList:
      return MakeList;
    case Action::kSearch:
      return MakeSearch;
    case Action::kDelete:
      return MakeDelete;
    case Action::kAddInsight:
    case Action::kAddProgress:
      return MakeAppend;
    case Action::kDelegate:
      return MakeDelegate;
    case Action::kHistory:
      return MakeHistory;
    case Action::kDiff:
      return MakeDiff;
    case Action::kRevert:
      return MakeRevert;
    case Action::kChanges:
    case Action::kWatch:
      return MakeChanges;
    case Action::kConflicts:
      return MakeConflicts;
    case Action::kResolveConflict:
      return MakeResolveConflict;
    case Action::kBatch:
      return MakeBatch;
  }
  return MakeGet;
}

std::string NameOf(const ActionInfo& action) {
  return "manage_context." + std::string(action.name);
}

/// Of a defect whose place counts from all the arguments.
Refusal DefectInArguments(const JsonDefect& defect) {
  const auto segments = SplitPointer(defect.pointer).value_or(std::vector<std::string>{});
  if (segments.empty()) return DefectRefusal("arguments", defect);
  JsonDefect inside = defect;
  if (segments.size() > 1 || defect.kind != JsonDefectKind::kKeyTooLong)
    inside.pointer.erase(0, std::min(defect.pointer.find('/', 1), defect.pointer.size()));
  return DefectRefusal(segments.front(), inside);
}

}  // namespace

std::string ManageContext::OperationName(const Json& arguments) const {
  const auto* action = FindAction(arguments);
  return action == nullptr ? std::string(name()) : NameOf(*action);
}

std::string ActionContext::OperationName() const {
  for (const auto& info : Actions()) {
    if (info.action == arguments.action) return NameOf(info);
  }
  return "manage_context";
}

Checked<std::unique_ptr<Operation>> ManageContext::Prepare(const ToolCall& call) {
  if (call.defect) return DefectInArguments(*call.defect);
  auto arguments = NormaliseArguments(call.arguments);
  if (!arguments.ok()) return std::move(arguments).failure();
  Identity identity = identity_;
  if (!call.branch.empty()) identity.branch = call.branch;
  const ActionContext context{identity,          clock_,        random_, call.session,
                              arguments.value(), resolve_cache_};
  ArgumentReader in(arguments.value().values);
  auto operation = MakeOperation(in, context);
  if (in.refusal()) return *in.refusal();
  operation->ignored_arguments = arguments.value().ignored;
  return operation;
}

std::unique_ptr<Operation> MakeOperation(ArgumentReader& in, const ActionContext& context) {
  return FactoryOf(context.arguments.action)(in, context);
}

Json ManageContext::Describe() const {
  return DescribeManageContext();
}

ObjectText InfoText(const ContextInfo& info) {
  ObjectText text;
  text.Text("level", ToString(info.context.level)).Text("context_id", info.context.id);
  text.Raw("parent", info.parent ? RefText(*info.parent) : "null");
  text.Number("version", info.version);
  text.Text("created_at", FormatTimestamp(info.created_at));
  text.Text("updated_at", FormatTimestamp(info.updated_at));
  text.Text("updated_by", info.updated_by);
  if (!info.author.empty()) text.Text("author", info.author);
  if (info.pending) text.Boolean("pending", true);
  return text;
}

}  // namespace contextsync
