// The action list.

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/document/pointer.h"
#include "core/tools/action_context.h"
#include "core/tools/item_list.h"
#include "core/tools/projection.h"

namespace contextsync {

namespace {

ListQuery ReadQuery(ArgumentReader& in) {
  ListQuery query;
  const auto level = in.Choice("level", {"global", "project", "branch", "task"});
  query.level = ParseLevel(level.value_or("task")).value_or(Level::kTask);
  query.parent_id = in.Text("parent_id", limits::kContextIdBytes);
  query.agent = in.Text("agent", limits::kAgentBytes);
  query.updated_since = in.Time("updated_since");
  query.limit = in.PageLimit();
  query.cursor = in.Text("cursor", limits::kKiB).value_or("");
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

class ListOperation final : public Operation {
 public:
  ListOperation(ArgumentReader& in, const ActionContext& context)
      : Operation(context.OperationName()), query_(ReadQuery(in)), fields_(in.TextList("fields")) {
    wishes.force_refresh = in.Boolean("force_refresh", false);
  }

  std::optional<Refusal> Run(const Notebook& notebook) override {
    auto page = notebook.List(query_);
    if (!page.ok()) return std::move(page).failure();
    page_ = std::move(page).value();
    items_.clear();
    for (const auto& content : page_.contexts)
      items_.push_back(TextOf(content));
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
    shown.reserve(page_.contexts.size());
    for (const auto& content : page_.contexts)
      shown.push_back(content.info);
    return shown;
  }

 private:
  [[nodiscard]] std::string TextOf(const ContextContent& content) const {
    auto text = InfoText(content.info);
    if (!fields_.empty()) return text.Tree("data", SelectFields(*content.data, fields_)).Take();
    Json keys = Json::array();
    for (const auto& [key, value] : content.data->items())
      keys.push_back(key);
    return text.Tree("keys", keys).Take();
  }

  ListQuery query_;
  const std::vector<std::string> fields_;
  ListPage page_;
  std::vector<std::string> items_;
};

}  // namespace

std::unique_ptr<Operation> MakeList(ArgumentReader& in, const ActionContext& context) {
  auto operation = std::make_unique<ListOperation>(in, context);
  if (in.refusal()) return nullptr;
  return operation;
}

}  // namespace contextsync
