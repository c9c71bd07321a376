// The action delegate: what a context learned, written to a context above it.

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/tools/envelope.h"
#include "core/tools/write_operation.h"

namespace contextsync {

namespace {

constexpr std::size_t kReasonBytes = 2'000;

Level ReadLevelAbove(ArgumentReader& in, Level level) {
  const auto text = in.Choice("delegate_to", {"global", "project", "branch"});
  const auto above = text ? ParseLevel(*text) : std::nullopt;
  if (above && *above < level) return *above;
  if (in.refusal()) return level;
  Json allowed = Json::array();
  for (auto at = ParentLevel(level); at; at = ParentLevel(*at))
    allowed.push_back(ToString(*at));
  if (!above) {
    in.Refuse({RefusalCode::kMissingField,
               "`delegate_to` is required: the level to write to.",
               R"(For example {"delegate_to":"project"}.)",
               {{"parameter", "delegate_to"}, {"allowed", std::move(allowed)}}});
  } else {
    in.RefuseArgument("delegate_to", "`delegate_to` must be a level above `level`.",
                      {{"allowed", std::move(allowed)}});
  }
  return level;
}

class DelegateOperation final : public WriteOperation {
 public:
  DelegateOperation(ArgumentReader& in, const ActionContext& context)
      : WriteOperation(in, context), to_(ReadLevelAbove(in, target().level)) {
    auto data = in.Object("delegate_data", limits::kUpdateBytes);
    if (!data && !in.refusal()) {
      in.Refuse({RefusalCode::kMissingField,
                 "`delegate_data` is required: an object with what to write there.",
                 R"(For example {"delegate_data":{"decisions":["Use UTC"]}}.)",
                 {{"parameter", "delegate_data"}}});
    }
    data_ = std::move(data).value_or(Json::object());
    reason_ = in.RequiredStoredText("delegation_reason", kReasonBytes);
  }

  [[nodiscard]] std::string Data() const override {
    return WrittenText().Raw("source", RefText(named())).Text("reason", reason_).Take();
  }

 private:
  [[nodiscard]] ContextWrite Write() const override {
    ContextWrite write;
    write.update.data = data_;
    write.delegate_to = to_;
    write.reason = reason_;
    return write;
  }

  const Level to_;
  Json data_;
  std::string reason_;
};

}  // namespace

std::unique_ptr<Operation> MakeDelegate(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<DelegateOperation>(in, context);
}

}  // namespace contextsync
