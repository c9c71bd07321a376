// The action resolve_conflict: an ordinary write of the value that was chosen, which closes the
// record. Two people may choose at the same time; that is a conflict like any other.

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/tools/envelope.h"
#include "core/tools/single_write.h"

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

class ResolveConflictOperation final : public SingleWrite {
 public:
  ResolveConflictOperation(ArgumentReader& in, const ActionContext& context)
      : SingleWrite(in, context), identity_(context.identity) {
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

  Checked<ContextWrite> Plan(const Notebook& notebook, const ParentLookup& parents) override {
    if (auto refused = FindRecord(notebook)) return std::move(*refused);
    ContextWrite write;
    write.context = record_.context;
    write.resolution = choice_;
    write.source = "resolve";
    const Target target{record_.context.level, record_.context.id, std::nullopt, {}};
    write.parents = ParentsOf(record_.context, target, identity_, parents);
    return write;
  }

  void RefreshVersions(const Notebook& notebook) override {
    SingleWrite::RefreshVersions(notebook);
    ReadAgain(notebook);
  }

  [[nodiscard]] std::string Data() const override {
    ObjectText text;
    text.Raw("conflict", CompactText(ConflictToJson(record_, /*brief=*/false)));
    text.Text("level", ToString(written().context.level));
    text.Text("context_id", written().context.id);
    text.Number("version", written().version).Boolean("changed", written().changed);
    if (written().pending) text.Boolean("pending", true);
    return text.Take();
  }

 private:
  void OnWritten(const Notebook& notebook, bool /*repeated*/) override { ReadAgain(notebook); }

  /// What became of the record; as it was if it cannot be read now.
  void ReadAgain(const Notebook& notebook) {
    const auto record = notebook.FindConflict(choice_.conflict);
    if (record.ok() && record.value()) record_ = *record.value();
  }

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

  const Identity identity_;
  ResolutionChoice choice_;
  ConflictRecord record_;
};

}  // namespace

std::unique_ptr<Operation> MakeResolveConflict(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<ResolveConflictOperation>(in, context);
}

}  // namespace contextsync
