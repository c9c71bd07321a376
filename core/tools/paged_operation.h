// PagedOperation: what all actions that answer one page of a list have in common. A page ends where
// the answer is full, and its cursor stands there. Source: docs/tools.md#size

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/tools/action_context.h"
#include "core/tools/item_list.h"

namespace contextsync {

/// `Query` has `limit` and `cursor`; `Page` has `next_cursor`.
template <typename Query, typename Page>
class PagedOperation : public Operation {
 public:
  PagedOperation(ArgumentReader& in, const ActionContext& context, Query query)
      : Operation(context.OperationName()), query_(std::move(query)) {
    query_.limit = in.PageLimit();
    query_.cursor = in.Text("cursor", limits::kKiB).value_or("");
    wishes.force_refresh = in.Boolean("force_refresh", false);
  }

  std::optional<Refusal> Run(const Notebook& notebook) override {
    auto page = ReadPage(notebook, query_);
    if (!page.ok()) return std::move(page).failure();
    page_ = std::move(page).value();
    items_ = TextsOf(page_);
    if (const auto fitting = FittingItems(items_); fitting < items_.size()) {
      query_.limit = fitting;  // so that the cursor stands where the page ends
      return Run(notebook);
    }
    return std::nullopt;
  }

  [[nodiscard]] std::string Data() const override {
    const Json next = page_.next_cursor.empty() ? Json() : Json(page_.next_cursor);
    return Head().Raw(list_name(), ListText(items_)).Tree("next_cursor", next).Take();
  }

 protected:
  [[nodiscard]] const Page& page() const { return page_; }

 private:
  virtual Checked<Page> ReadPage(const Notebook& notebook, Query& query) = 0;
  [[nodiscard]] virtual std::vector<std::string> TextsOf(const Page& page) const = 0;

  /// The member of `data` that holds the items.
  [[nodiscard]] virtual std::string_view list_name() const = 0;

  /// What stands before the items in `data`.
  [[nodiscard]] virtual ObjectText Head() const { return {}; }

  Query query_;
  Page page_;
  std::vector<std::string> items_;
};

}  // namespace contextsync
