// The action conflicts: where writes of several notebooks met, and what was made of it.

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

 private:
  Checked<ConflictPage> ReadPage(const Notebook& notebook, ConflictQuery& query) override {
    return notebook.Conflicts(query);
  }

  [[nodiscard]] std::vector<std::string> TextsOf(const ConflictPage& page) const override {
    std::vector<std::string> texts;
    texts.reserve(page.records.size());
    for (const auto& record : page.records)
      texts.push_back(CompactText(ConflictToJson(record, /*brief=*/false)));
    return texts;
  }

  [[nodiscard]] std::string_view list_name() const override { return "conflicts"; }
};

}  // namespace

std::unique_ptr<Operation> MakeConflicts(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<ConflictsOperation>(in, context);
}

}  // namespace contextsync
