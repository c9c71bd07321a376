#include "core/tools/write_operation.h"

#include <limits>

#include "core/notebook/policy_source.h"
#include "core/tools/envelope.h"

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

Json FindingsToJson(const std::vector<SecretFinding>& findings) {
  Json json = Json::array();
  for (const auto& finding : findings)
    json.push_back({{"path", finding.path}, {"kind", finding.kind}});
  return json;
}

}  // namespace

WriteOperation::WriteOperation(ArgumentReader& in, const ActionContext& context)
    : SingleWrite(in, context),
      identity_(context.identity),
      target_(ReadTarget(in, context.identity)) {
  target_.parent_project = context.arguments.parent_project;
  RefuseReservedId(in, target_);
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

Checked<ContextWrite> WriteOperation::Plan(const Notebook& /*notebook*/,
                                           const ParentLookup& parents) {
  auto write = Write();
  named_ = ResolveTarget(target_, identity_, parents);
  write.context = named_;
  write.update.on_conflict = on_conflict;
  write.expected_version = expected_version;
  write.fail_on_conflict = FailsOnConflict();
  if (!write.update.erase_context) {
    write.parents = ParentsOf(write.context, target_, identity_, parents);
    if (target_.parent_id) write.update.parent = write.parents.back();
  }
  return write;
}

std::optional<Refusal> WriteOperation::Withdraw(Notebook& notebook) {
  if (!FailsOnConflict()) return std::nullopt;
  auto refusal = notebook.Withdraw(op_id());
  if (!refusal) return std::nullopt;
  ForgetReceipt();
  if (expected_version && refusal->details.contains("expected"))
    refusal->details["expected"] = *expected_version;
  return refusal;
}

ObjectText WriteOperation::WrittenText() const {
  const auto& write = written();
  ObjectText text;
  text.Text("level", ToString(write.context.level)).Text("context_id", write.context.id);
  text.Number("version", write.version);
  text.Boolean("created", write.created).Boolean("changed", write.changed);
  if (write.pending) text.Boolean("pending", true);
  if (!write.redacted.empty()) text.Tree("redacted", FindingsToJson(write.redacted));
  if (!write.warned.empty()) text.Tree("warned", FindingsToJson(write.warned));
  if (write.parents_created.empty()) return text;
  Json parents = Json::array();
  for (const auto& parent : write.parents_created)
    parents.push_back(RefToJson(parent));
  text.Tree("parents_created", parents);
  return text;
}

}  // namespace contextsync
