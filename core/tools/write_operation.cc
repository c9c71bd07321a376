#include "core/tools/write_operation.h"

#include <limits>

#include "core/notebook/policy_source.h"
#include "core/tools/envelope.h"
#include "core/tools/write_request.h"

namespace contextsync {

namespace {

constexpr auto kMaxVersion = std::numeric_limits<std::int64_t>::max();

/// Ids of ours at the global level: only the policy may be written, or a later meaning would find
/// other data there.
void RefuseReservedId(ArgumentReader& in, const Target& target) {
  if (target.level != Level::kGlobal || !target.id || target.id->front() != '_') return;
  if (*target.id == PolicyContext().id) return;
  in.RefuseArgument("context_id", "Ids starting with _ are reserved; write to \"global\".");
}

}  // namespace

WriteOperation::WriteOperation(ArgumentReader& in, const ActionContext& context)
    : Operation(context.OperationName()),
      identity_(context.identity),
      target_(ReadTarget(in, context.identity)) {
  target_.parent_project = context.arguments.parent_project;
  RefuseReservedId(in, target_);
  request_ = ReadWriteRequest(in, context);
  wishes.require_cloud = ReadRequireCloud(in);
  const auto conflict =
      in.Choice("on_conflict", {"merge", "last_write_wins", "version", "manual", "fail"});
  fails_on_conflict = conflict == "fail";
  if (conflict && !fails_on_conflict) on_conflict = ParseStrategy(*conflict);
  const auto expected = in.Integer("expected_version", 0, kMaxVersion);
  if (expected) expected_version = static_cast<std::uint64_t>(*expected);
  if (expected && on_conflict) {
    in.RefuseArgument(
        "on_conflict",
        "`expected_version` implies on_conflict \"fail\"; name no other strategy beside it.");
  }
}

std::optional<Refusal> WriteOperation::Run(const Notebook& /*notebook*/) {
  return Refusal{RefusalCode::kInternal, "A write was run as a read.", "", Json::object()};
}

std::optional<Refusal> WriteOperation::RunWrite(Notebook& notebook) {
  auto write = Write();
  named_ = ResolveTarget(target_, identity_, notebook);
  write.context = named_;
  write.update.on_conflict = on_conflict;
  write.expected_version = expected_version;
  write.fail_on_conflict = fails_on_conflict || expected_version.has_value();
  if (!write.update.erase_context) {
    write.parents = ParentsOf(write.context, target_, identity_, notebook);
    if (target_.parent_id) write.update.parent = write.parents.back();
  }
  request_.writes = {std::move(write)};
  auto receipt = notebook.Write(request_);
  if (!receipt.ok()) return std::move(receipt).failure();
  receipt_ = std::move(receipt).value();
  if (receipt_.repeated) OnRepeated(notebook);
  return std::nullopt;
}

std::optional<Refusal> WriteOperation::Withdraw(Notebook& notebook) {
  if (!fails_on_conflict && !expected_version) return std::nullopt;
  auto refusal = notebook.Withdraw(request_.op_id);
  if (!refusal) return std::nullopt;
  receipt_ = {};
  if (expected_version && refusal->details.contains("expected"))
    refusal->details["expected"] = *expected_version;
  return refusal;
}

void WriteOperation::RefreshVersions(const Notebook& notebook) {
  for (auto& write : receipt_.writes) {
    const auto version = notebook.VersionOf(write.context);
    if (!version.ok()) continue;
    write.version = version.value().version;
    write.pending = version.value().pending;
  }
}

std::vector<ContextInfo> WriteOperation::Shown() const {
  std::vector<ContextInfo> shown;
  for (const auto& write : receipt_.writes) {
    ContextInfo info;
    info.context = write.context;
    info.version = write.version;
    info.pending = write.pending;
    shown.push_back(std::move(info));
  }
  return shown;
}

ObjectText WriteOperation::WrittenText() const {
  const auto& write = written();
  ObjectText text;
  text.Text("level", ToString(write.context.level)).Text("context_id", write.context.id);
  text.Number("version", write.version);
  text.Boolean("created", write.created).Boolean("changed", write.changed);
  if (write.pending) text.Boolean("pending", true);
  if (write.parents_created.empty()) return text;
  Json parents = Json::array();
  for (const auto& parent : write.parents_created)
    parents.push_back(RefToJson(parent));
  text.Tree("parents_created", parents);
  return text;
}

}  // namespace contextsync
