// The action conflicts: where writes of several notebooks met, and what was made of it.

#include <algorithm>

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/tools/envelope.h"
#include "core/tools/paged_operation.h"
#include "core/tools/target.h"

namespace contextsync {

namespace {

std::optional<ConflictStatus> ReadStatus(ArgumentReader& in) {
  const auto status = in.Choice("status", {"open", "auto", "resolved", "all"}).value_or("open");
  if (status == "open") return ConflictStatus::kOpen;
  if (status == "auto") return ConflictStatus::kAuto;
  if (status == "resolved") return ConflictStatus::kResolved;
  return std::nullopt;
}

ConflictQuery ReadConflictQuery(ArgumentReader& in) {
  ConflictQuery query;
  query.status = ReadStatus(in);
  query.level = ReadLevel(in);
  query.context_id = in.Text("context_id", limits::kContextIdBytes);
  return query;
}

class ConflictsOperation final : public PagedOperation<ConflictQuery, ConflictPage> {
 public:
  ConflictsOperation(ArgumentReader& in, const ActionContext& context)
      : PagedOperation(in, context, ReadConflictQuery(in)) {}

  [[nodiscard]] std::vector<ContextInfo> Shown() const override { return contexts_; }

 private:
  Checked<ConflictPage> ReadPage(const Notebook& notebook, ConflictQuery& query) override {
    auto page = notebook.Conflicts(query);
    contexts_.clear();
    if (!page.ok()) return page;
    for (const auto& record : page.value().records)
      AddContext(notebook, record.context);
    return page;
  }

  /// Each once, however many records it has.
  void AddContext(const Notebook& notebook, const ContextRef& ref) {
    const auto is_it = [&ref](const ContextInfo& info) { return info.context == ref; };
    if (std::any_of(contexts_.begin(), contexts_.end(), is_it)) return;
    ContextInfo& info = contexts_.emplace_back();
    info.context = ref;
    const auto version = notebook.VersionOf(ref);
    if (!version.ok()) return;
    info.version = version.value().version;
    info.pending = version.value().pending;
  }

  [[nodiscard]] std::vector<std::string> TextsOf(const ConflictPage& page) const override {
    std::vector<std::string> texts;
    texts.reserve(page.records.size());
    for (const auto& record : page.records)
      texts.push_back(CompactText(ConflictToJson(record, /*brief=*/false)));
    return texts;
  }

  [[nodiscard]] std::string_view list_name() const override { return "conflicts"; }

  std::vector<ContextInfo> contexts_;  // of the records of the page
};

}  // namespace

std::unique_ptr<Operation> MakeConflicts(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<ConflictsOperation>(in, context);
}

}  // namespace contextsync
