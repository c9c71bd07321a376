// The action resolve_conflict: an ordinary write of the value that was chosen, which closes the
// record. Two people may choose at the same time; that is a conflict like any other.

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/tools/action_context.h"
#include "core/tools/envelope.h"
#include "core/tools/target.h"
#include "core/tools/write_request.h"

namespace contextsync {

namespace {

constexpr std::size_t kConflictIdBytes = 64;  // "c-" and 16 hex digits; other texts are not found

/// `value` is any JSON, text too, so it is not read out of text.
Json ReadValue(ArgumentReader& in, const NormalArguments& arguments, bool is_wanted) {
  const auto found = arguments.values.find("value");
  const bool is_given = found != arguments.values.end();
  if (is_wanted && !is_given) {
    in.Refuse({RefusalCode::kMissingField,
               "`value` is required with choose=value; null deletes.",
               R"(For example {"choose":"value","value":"done"}.)",
               {{"parameter", "value"}}});
  }
  if (!is_wanted && is_given && !found->is_null())
    in.RefuseArgument("value", "`value` is used with choose=value only.");
  if (!is_wanted || !is_given) return {};
  if (CanonicalBytes(*found).size() > limits::kUpdateBytes) {
    in.Refuse({RefusalCode::kTooLarge,
               "`value` is too large.",
               "",
               {{"what", "update_bytes"},
                {"limit", limits::kUpdateBytes},
                {"actual", CanonicalBytes(*found).size()}}});
  }
  return *found;
}

class ResolveConflictOperation final : public Operation {
 public:
  ResolveConflictOperation(ArgumentReader& in, const ActionContext& context)
      : Operation(context.OperationName()),
        identity_(context.identity),
        request_(ReadWriteRequest(in, context)) {
    wishes.require_cloud = ReadRequireCloud(in);
    choice_.conflict = in.RequiredText("conflict_id", kConflictIdBytes);
    const auto choose = in.Choice("choose", {"current", "incoming", "value"});
    if (!choose && !in.refusal()) {
      in.Refuse({RefusalCode::kMissingField,
                 "`choose` is required: current, incoming or value.",
                 "",
                 {{"parameter", "choose"}}});
    }
    choice_.choose = choose.value_or("current");
    choice_.value = ReadValue(in, context.arguments, choice_.choose == "value");
  }

  std::optional<Refusal> Run(const Notebook& /*notebook*/) override {
    return Refusal{RefusalCode::kInternal, "A write was run as a read.", "", Json::object()};
  }

  std::optional<Refusal> RunWrite(Notebook& notebook) override {
    if (auto refused = FindRecord(notebook)) return refused;
    ContextWrite write;
    write.context = record_.context;
    write.resolution = choice_;
    write.source = "resolve";
    const Target target{record_.context.level, record_.context.id, std::nullopt, {}};
    write.parents = ParentsOf(record_.context, target, identity_, notebook);
    request_.writes = {std::move(write)};
    auto receipt = notebook.Write(request_);
    if (!receipt.ok()) return std::move(receipt).failure();
    receipt_ = std::move(receipt).value();
    return FindRecord(notebook);
  }

  void RefreshVersions(const Notebook& notebook) override {
    auto& written = receipt_.writes.back();
    const auto version = notebook.VersionOf(written.context);
    if (version.ok()) {
      written.version = version.value().version;
      written.pending = version.value().pending;
    }
    const auto record = notebook.FindConflict(choice_.conflict);
    if (record.ok() && record.value()) record_ = *record.value();
  }

  [[nodiscard]] const WriteReceipt* receipt() const override { return &receipt_; }
  [[nodiscard]] std::string op_id() const override { return request_.op_id; }

  [[nodiscard]] std::string Data() const override {
    const auto& written = receipt_.writes.back();
    ObjectText text;
    text.Raw("conflict", CompactText(ConflictToJson(record_, /*brief=*/false)));
    text.Text("level", ToString(written.context.level)).Text("context_id", written.context.id);
    text.Number("version", written.version).Boolean("changed", written.changed);
    if (written.pending) text.Boolean("pending", true);
    return text.Take();
  }

  [[nodiscard]] std::vector<ContextInfo> Shown() const override {
    if (receipt_.writes.empty()) return {};
    ContextInfo info;
    info.context = receipt_.writes.back().context;
    info.version = receipt_.writes.back().version;
    info.pending = receipt_.writes.back().pending;
    return {std::move(info)};
  }

 private:
  std::optional<Refusal> FindRecord(const Notebook& notebook) {
    auto record = notebook.FindConflict(choice_.conflict);
    if (!record.ok()) return std::move(record).failure();
    if (!record.value()) {
      return Refusal{RefusalCode::kNotFound,
                     "There is no such conflict.",
                     "Use action=conflicts to see which wait.",
                     {{"conflict_id", choice_.conflict}}};
    }
    record_ = *std::move(record).value();
    return std::nullopt;
  }

  const Identity& identity_;
  WriteRequest request_;
  ResolutionChoice choice_;
  WriteReceipt receipt_;
  ConflictRecord record_;
};

}  // namespace

std::unique_ptr<Operation> MakeResolveConflict(ArgumentReader& in, const ActionContext& context) {
  auto operation = std::make_unique<ResolveConflictOperation>(in, context);
  if (in.refusal()) return nullptr;
  return operation;
}

}  // namespace contextsync
