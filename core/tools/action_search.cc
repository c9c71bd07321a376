// The action search: full text over all levels, best contexts first.

#include <cmath>

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/text/text_query.h"
#include "core/tools/action_context.h"
#include "core/tools/item_list.h"

namespace contextsync {

namespace {

/// For people: differences below a hundredth tell nobody anything.
double RoundedScore(double score) {
  constexpr double kSteps = 100;
  return std::round(score * kSteps) / kSteps;
}

Json SnippetsToJson(const std::vector<Snippet>& snippets) {
  Json list = Json::array();
  for (const Snippet& snippet : snippets)
    list.push_back({{"path", snippet.path}, {"text", snippet.text}});
  return list;
}

class SearchOperation final : public Operation {
 public:
  SearchOperation(ArgumentReader& in, const ActionContext& context)
      : Operation(context.OperationName()) {
    query_.text = in.RequiredText("query", kQueryBytes);
    if (const auto level = in.Choice("level", {"global", "project", "branch", "task"}))
      query_.level = ParseLevel(*level);
    query_.context_id = in.Text("context_id", limits::kContextIdBytes);
    query_.limit = in.PageLimit();
    query_.cursor = in.Text("cursor", limits::kKiB).value_or("");
    wishes.force_refresh = in.Boolean("force_refresh", false);
  }

  std::optional<Refusal> Run(const Notebook& notebook) override {
    auto page = notebook.Search(query_);
    if (!page.ok()) return std::move(page).failure();
    page_ = std::move(page).value();
    items_.clear();
    for (const SearchHit& hit : page_.hits)
      items_.push_back(TextOf(hit));
    if (const auto fitting = FittingItems(items_); fitting < items_.size()) {
      query_.limit = fitting;  // so that the cursor stands where the page ends
      return Run(notebook);
    }
    return std::nullopt;
  }

  [[nodiscard]] std::string Data() const override {
    const Json next = page_.next_cursor.empty() ? Json() : Json(page_.next_cursor);
    return ObjectText().Raw("contexts", ListText(items_)).Tree("next_cursor", next).Take();
  }

  [[nodiscard]] std::vector<ContextInfo> Shown() const override {
    std::vector<ContextInfo> shown;
    shown.reserve(page_.hits.size());
    for (const SearchHit& hit : page_.hits)
      shown.push_back(hit.info);
    return shown;
  }

 private:
  static std::string TextOf(const SearchHit& hit) {
    return InfoText(hit.info)
        .Tree("score", RoundedScore(hit.score))
        .Tree("snippets", SnippetsToJson(hit.snippets))
        .Take();
  }

  SearchQuery query_;
  SearchPage page_;
  std::vector<std::string> items_;
};

}  // namespace

std::unique_ptr<Operation> MakeSearch(ArgumentReader& in, const ActionContext& context) {
  auto operation = std::make_unique<SearchOperation>(in, context);
  if (in.refusal()) return nullptr;
  return operation;
}

}  // namespace contextsync
