// The action conflicts: where writes of several notebooks met, and what was made of it.

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/tools/action_context.h"
#include "core/tools/envelope.h"
#include "core/tools/item_list.h"

namespace contextsync {

namespace {

std::optional<ConflictStatus> ReadStatus(ArgumentReader& in) {
  const auto status = in.Choice("status", {"open", "auto", "resolved", "all"}).value_or("open");
  if (status == "open") return ConflictStatus::kOpen;
  if (status == "auto") return ConflictStatus::kAuto;
  if (status == "resolved") return ConflictStatus::kResolved;
  return std::nullopt;
}

class ConflictsOperation final : public Operation {
 public:
  ConflictsOperation(ArgumentReader& in, const ActionContext& context)
      : Operation(context.OperationName()) {
    query_.status = ReadStatus(in);
    if (const auto level = in.Choice("level", {"global", "project", "branch", "task"}))
      query_.level = ParseLevel(*level);
    query_.context_id = in.Text("context_id", limits::kContextIdBytes);
    query_.limit = in.PageLimit();
    query_.cursor = in.Text("cursor", limits::kKiB).value_or("");
    wishes.force_refresh = in.Boolean("force_refresh", false);
  }

  std::optional<Refusal> Run(const Notebook& notebook) override {
    auto page = notebook.Conflicts(query_);
    if (!page.ok()) return std::move(page).failure();
    page_ = std::move(page).value();
    items_.clear();
    for (const auto& record : page_.records)
      items_.push_back(CompactText(ConflictToJson(record, /*brief=*/false)));
    if (const auto fitting = FittingItems(items_); fitting < items_.size()) {
      query_.limit = fitting;  // so that the cursor stands where the page ends
      return Run(notebook);
    }
    return std::nullopt;
  }

  [[nodiscard]] std::string Data() const override {
    const Json next = page_.next_cursor.empty() ? Json() : Json(page_.next_cursor);
    return ObjectText().Raw("conflicts", ListText(items_)).Tree("next_cursor", next).Take();
  }

 private:
  ConflictQuery query_;
  ConflictPage page_;
  std::vector<std::string> items_;
};

}  // namespace

std::unique_ptr<Operation> MakeConflicts(ArgumentReader& in, const ActionContext& context) {
  auto operation = std::make_unique<ConflictsOperation>(in, context);
  if (in.refusal()) return nullptr;
  return operation;
}

}  // namespace contextsync
