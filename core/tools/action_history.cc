// The action history.

#include "core/base/hex.h"
#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/notebook/delegation.h"
#include "core/tools/action_context.h"
#include "core/tools/envelope.h"
#include "core/tools/item_list.h"
#include "core/tools/target.h"

namespace contextsync {

namespace {

std::optional<DelegationReason> DelegationOrigin(const HistoryVersion& version) {
  return version.source == "delegate" ? ParseDelegationReason(version.reason) : std::nullopt;
}

Json VersionToJson(const HistoryVersion& version) {
  Json json = {{"version", version.version},
               {"change_type", version.change_type},
               {"agent", version.agent},
               {"device", ToHex16(version.device.value)},
               {"timestamp", FormatTimestamp(version.timestamp)},
               {"keys", version.keys},
               {"source", version.source}};
  if (!version.author.empty()) json["author"] = version.author;
  if (auto delegated = DelegationOrigin(version)) {
    json["delegated_from"] = RefToJson(delegated->source);
    json["reason"] = std::move(delegated->text);
  } else if (!version.reason.empty()) {
    json["reason"] = version.reason;
  }
  if (version.strategy) json["strategy"] = ToString(*version.strategy);
  if (version.pending) json["pending"] = true;
  return json;
}

class HistoryOperation final : public Operation {
 public:
  HistoryOperation(ArgumentReader& in, const ActionContext& context)
      : Operation(context.OperationName()),
        identity_(context.identity),
        target_(ReadTarget(in, context.identity)) {
    query_.limit = in.PageLimit();
    query_.cursor = in.Text("cursor", limits::kKiB).value_or("");
    wishes.force_refresh = in.Boolean("force_refresh", false);
  }

  std::optional<Refusal> Run(const Notebook& notebook) override {
    query_.context = ResolveTarget(target_, identity_, notebook);
    auto page = notebook.History(query_);
    if (!page.ok()) return std::move(page).failure();
    page_ = std::move(page).value();
    items_.clear();
    for (const auto& version : page_.versions)
      items_.push_back(CompactText(VersionToJson(version)));
    if (const auto fitting = FittingItems(items_); fitting < items_.size()) {
      query_.limit = fitting;  // so that the cursor stands where the page ends
      return Run(notebook);
    }
    return std::nullopt;
  }

  [[nodiscard]] std::string Data() const override {
    ObjectText text;
    text.Text("level", ToString(query_.context.level)).Text("context_id", query_.context.id);
    text.Raw("versions", ListText(items_)).Number("oldest", page_.oldest);
    const Json next = page_.next_cursor.empty() ? Json() : Json(page_.next_cursor);
    return text.Tree("next_cursor", next).Take();
  }

  [[nodiscard]] std::vector<ContextInfo> Shown() const override {
    ContextInfo info;
    info.context = query_.context;
    if (!page_.versions.empty()) {
      info.version = page_.versions.front().version;
      info.pending = page_.versions.front().pending;
    }
    return {std::move(info)};
  }

 private:
  const Identity& identity_;
  const Target target_;
  HistoryQuery query_;
  HistoryPage page_;
  std::vector<std::string> items_;
};

}  // namespace

std::unique_ptr<Operation> MakeHistory(ArgumentReader& in, const ActionContext& context) {
  auto operation = std::make_unique<HistoryOperation>(in, context);
  if (in.refusal()) return nullptr;
  return operation;
}

}  // namespace contextsync
