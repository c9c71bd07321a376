// The action list.

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/document/pointer.h"
#include "core/tools/paged_operation.h"
#include "core/tools/projection.h"
#include "core/tools/target.h"

namespace contextsync {

namespace {

ListQuery ReadListQuery(ArgumentReader& in) {
  ListQuery query;
  query.level = ReadLevel(in).value_or(Level::kTask);
  query.parent_id = in.Text("parent_id", limits::kContextIdBytes);
  query.agent = in.Text("agent", limits::kAgentBytes);
  query.updated_since = in.Time("updated_since");
  const Json filters = in.Object("filters", limits::kUpdateBytes).value_or(Json::object());
  for (const auto& [name, wanted] : filters.items()) {
    const bool is_pointer = !name.empty() && name.front() == '/';
    if (is_pointer && !ValidatePointer(name)) {
      in.RefuseArgument(
          "filters", "A filter must be named by a key or a JSON Pointer such as \"/owner/name\".");
    }
    query.filters.emplace_back(is_pointer ? name : AppendSegment("", name), wanted);
  }
  return query;
}

class ListOperation final : public PagedOperation<ListQuery, ListPage> {
 public:
  ListOperation(ArgumentReader& in, const ActionContext& context)
      : PagedOperation(in, context, ReadListQuery(in)), fields_(in.TextList("fields")) {}

  [[nodiscard]] std::vector<ContextInfo> Shown() const override {
    std::vector<ContextInfo> shown;
    shown.reserve(page().contexts.size());
    for (const auto& content : page().contexts)
      shown.push_back(content.info);
    return shown;
  }

 private:
  Checked<ListPage> ReadPage(const Notebook& notebook, ListQuery& query) override {
    return notebook.List(query);
  }

  [[nodiscard]] std::vector<std::string> TextsOf(const ListPage& page) const override {
    std::vector<std::string> texts;
    texts.reserve(page.contexts.size());
    for (const auto& content : page.contexts)
      texts.push_back(TextOf(content));
    return texts;
  }

  [[nodiscard]] std::string_view list_name() const override { return "contexts"; }

  [[nodiscard]] std::string TextOf(const ContextContent& content) const {
    auto text = InfoText(content.info);
    if (!fields_.empty()) return text.Tree("data", SelectFields(*content.data, fields_)).Take();
    Json keys = Json::array();
    for (const auto& [key, value] : content.data->items())
      keys.push_back(key);
    return text.Tree("keys", keys).Take();
  }

  const std::vector<std::string> fields_;
};

}  // namespace

std::unique_ptr<Operation> MakeList(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<ListOperation>(in, context);
}

}  // namespace contextsync
