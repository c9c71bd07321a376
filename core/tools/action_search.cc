// The action search: full text over all levels, best contexts first.

#include <cmath>

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/text/text_query.h"
#include "core/tools/paged_operation.h"
#include "core/tools/target.h"

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

std::string HitText(const SearchHit& hit) {
  return InfoText(hit.info)
      .Tree("score", RoundedScore(hit.score))
      .Tree("snippets", SnippetsToJson(hit.snippets))
      .Take();
}

SearchQuery ReadSearchQuery(ArgumentReader& in) {
  SearchQuery query;
  query.text = in.RequiredText("query", kQueryBytes);
  query.level = ReadLevel(in);
  query.context_id = in.Text("context_id", limits::kContextIdBytes);
  return query;
}

class SearchOperation final : public PagedOperation<SearchQuery, SearchPage> {
 public:
  SearchOperation(ArgumentReader& in, const ActionContext& context)
      : PagedOperation(in, context, ReadSearchQuery(in)) {}

  [[nodiscard]] std::vector<ContextInfo> Shown() const override {
    std::vector<ContextInfo> shown;
    shown.reserve(page().hits.size());
    for (const SearchHit& hit : page().hits)
      shown.push_back(hit.info);
    return shown;
  }

 private:
  Checked<SearchPage> ReadPage(const Notebook& notebook, SearchQuery& query) override {
    return notebook.Search(query);
  }

  [[nodiscard]] std::vector<std::string> TextsOf(const SearchPage& page) const override {
    std::vector<std::string> texts;
    texts.reserve(page.hits.size());
    for (const SearchHit& hit : page.hits)
      texts.push_back(HitText(hit));
    return texts;
  }

  [[nodiscard]] std::string_view list_name() const override { return "contexts"; }
};

}  // namespace

std::unique_ptr<Operation> MakeSearch(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<SearchOperation>(in, context);
}

}  // namespace contextsync
