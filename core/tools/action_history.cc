// The action history.

#include "core/base/hex.h"
#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/notebook/delegation.h"
#include "core/tools/envelope.h"
#include "core/tools/paged_operation.h"
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

class HistoryOperation final : public PagedOperation<HistoryQuery, HistoryPage> {
 public:
  HistoryOperation(ArgumentReader& in, const ActionContext& context)
      : PagedOperation(in, context, {}),
        identity_(context.identity),
        target_(ReadTarget(in, context.identity)) {}

  [[nodiscard]] std::vector<ContextInfo> Shown() const override {
    ContextInfo info;
    info.context = context_;
    if (!page().versions.empty()) {
      info.version = page().versions.front().version;
      info.pending = page().versions.front().pending;
    }
    return {std::move(info)};
  }

 private:
  Checked<HistoryPage> ReadPage(const Notebook& notebook, HistoryQuery& query) override {
    context_ = ResolveTarget(target_, identity_, notebook);
    query.context = context_;
    return notebook.History(query);
  }

  [[nodiscard]] std::vector<std::string> TextsOf(const HistoryPage& page) const override {
    std::vector<std::string> texts;
    texts.reserve(page.versions.size());
    for (const auto& version : page.versions)
      texts.push_back(CompactText(VersionToJson(version)));
    return texts;
  }

  [[nodiscard]] std::string_view list_name() const override { return "versions"; }

  [[nodiscard]] ObjectText Head() const override {
    ObjectText text;
    text.Text("level", ToString(context_.level)).Text("context_id", context_.id);
    text.Number("oldest", page().oldest);
    return text;
  }

  const Identity identity_;
  const Target target_;
  ContextRef context_;
};

}  // namespace

std::unique_ptr<Operation> MakeHistory(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<HistoryOperation>(in, context);
}

}  // namespace contextsync
