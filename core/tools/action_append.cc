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
    entry_["content"] = in.RequiredText("content", limits::kContentBytes);
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

  [[nodiscard]] Json Data() const override {
    Json data = WrittenToJson();
    data["entry"] = entry_;
    return data;
  }

 private:
  [[nodiscard]] ContextWrite Write() const override {
    ContextWrite write;
    write.update.data[is_insight_ ? "insights" : "progress_updates"] = Json::array({entry_});
    write.update.is_append = true;
    return write;
  }

  const bool is_insight_;
  Json entry_ = Json::object();
};

}  // namespace

std::unique_ptr<Operation> MakeAppend(ArgumentReader& in, const ActionContext& context) {
  auto operation = std::make_unique<AppendOperation>(in, context);
  if (in.refusal()) return nullptr;
  return operation;
}

}  // namespace contextsync
