// The actions add_insight and add_progress: one element of an append log.

#include "core/base/limits.h"
#include "core/base/uuid.h"
#include "core/document/json.h"
#include "core/tools/write_operation.h"

namespace contextsync {

namespace {

class AppendOperation final : public WriteOperation {
 public:
  AppendOperation(ArgumentReader& in, const ActionContext& context)
      : WriteOperation(in, context), is_insight_(context.arguments.action == Action::kAddInsight) {
    list_ = is_insight_ ? "insights" : "progress_updates";
    entry_["content"] = in.RequiredStoredText("content", limits::kContentBytes);
    const auto category =
        in.Choice("category", {"technical", "business", "performance", "risk", "discovery"});
    const auto importance = in.Choice("importance", {"low", "medium", "high", "critical"});
    if (category) entry_["category"] = *category;
    if (importance || is_insight_) entry_["importance"] = importance.value_or("medium");
    entry_["agent"] = agent();
    entry_["timestamp"] = FormatTimestamp(context.clock.WallMillis());
    // A function of the op_id, so that a repeat is recognised even when the op_id is forgotten.
    entry_["id"] = MakeUuidV5(op_id());
  }

  [[nodiscard]] std::string Data() const override {
    return WrittenText().Tree("entry", entry_).Take();
  }

 private:
  [[nodiscard]] ContextWrite Write() const override {
    ContextWrite write;
    write.update.data = Json::object({{list_, Json::array({entry_})}});
    write.update.is_append = true;
    return write;
  }

  // The first call's entry has the first call's time.
  void OnRepeated(const Notebook& notebook) override {
    const auto lookup = notebook.Read(written().context);
    if (!lookup.ok() || !lookup.value().found) return;
    const Json& data = *lookup.value().found->data;
    const auto list = data.find(list_);
    if (list == data.end() || !list->is_array()) return;
    for (const auto& element : *list) {
      if (element.is_object() && element.value("id", Json()) == entry_["id"]) entry_ = element;
    }
  }

  const bool is_insight_;
  std::string list_;
  Json entry_ = Json::object();
};

}  // namespace

std::unique_ptr<Operation> MakeAppend(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<AppendOperation>(in, context);
}

}  // namespace contextsync
