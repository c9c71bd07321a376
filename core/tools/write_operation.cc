#include "core/tools/write_operation.h"

#include <algorithm>
#include <limits>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/uuid.h"
#include "core/document/json.h"
#include "core/notebook/policy_source.h"
#include "core/tools/envelope.h"

namespace contextsync {

namespace {

constexpr auto kMaxVersion = std::numeric_limits<std::int64_t>::max();

bool IsOpId(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '_' || c == ':' || c == '-';
  });
}

std::string ReadOpId(ArgumentReader& in, const ActionContext& context) {
  const auto given = in.Text("op_id", limits::kOpIdBytes);
  if (!given) {
    const auto now = static_cast<std::uint64_t>(context.clock.WallMillis());
    return MakeUuidV7(now, context.random.Next(), context.random.Next());
  }
  if (!IsOpId(*given)) in.RefuseArgument("op_id", "`op_id` may hold only A-Z a-z 0-9 . _ : -");
  return *given;
}

/// The same call again has the same hash, however it was spelled and however long it waits.
std::string HashOf(const NormalArguments& arguments) {
  std::string hashed = std::to_string(static_cast<int>(arguments.action));
  for (const auto& [name, value] : arguments.values.items()) {
    if (name == "op_id" || name == "require") continue;
    hashed += '\n' + name + ' ' + CanonicalBytes(value);
  }
  return Sha256Hex(hashed);
}

/// Ids of ours at the global level: only the policy may be written, or a later meaning would find
/// other data there.
void RefuseReservedId(ArgumentReader& in, const Target& target) {
  if (target.level != Level::kGlobal || !target.id || target.id->front() != '_') return;
  if (*target.id == PolicyContext().id) return;
  in.RefuseArgument("context_id", "Ids starting with _ are reserved; write to \"global\".");
}

std::string ReadAgent(ArgumentReader& in, const ActionContext& context) {
  if (auto agent = in.Text("agent", limits::kAgentBytes)) return *agent;
  if (!context.identity.agent.empty()) return context.identity.agent;
  return context.session.client_name().empty() ? "agent" : context.session.client_name();
}

}  // namespace

WriteOperation::WriteOperation(ArgumentReader& in, const ActionContext& context)
    : Operation(context.OperationName()),
      identity_(context.identity),
      target_(ReadTarget(in, context.identity)) {
  target_.parent_project = context.arguments.parent_project;
  RefuseReservedId(in, target_);
  request_.op_id = ReadOpId(in, context);
  request_.arguments_hash = HashOf(context.arguments);
  request_.agent = ReadAgent(in, context);
  request_.session = context.session.id();
  wishes.require_cloud = in.Choice("require", {"durable", "cloud"}) == "cloud";
  const auto conflict = in.Choice("on_conflict", {"merge", "last_write_wins", "fail"});
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
  write.context = ResolveTarget(target_, identity_, notebook);
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
