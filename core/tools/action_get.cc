// The action get.

#include <algorithm>

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/document/pointer.h"
#include "core/tools/action_context.h"
#include "core/tools/envelope.h"
#include "core/tools/projection.h"
#include "core/tools/target.h"

namespace contextsync {

namespace {

constexpr std::size_t kBytesPerToken = 4;  // a token of the contract is 4 bytes of compact JSON
constexpr std::int64_t kMinTokens = 100;
constexpr std::int64_t kMaxTokens = 1'000'000;

Refusal NotFound(const ContextRef& ref, const std::optional<Deletion>& deleted) {
  Refusal refusal{RefusalCode::kNotFound, "There is no such context.", "", RefToJson(ref)};
  if (deleted) {
    refusal.message = "The context was deleted.";
    refusal.hint = "Use action=history to see what it was, or action=update to start it anew.";
    refusal.details["deleted_at"] = FormatTimestamp(deleted->at);
    refusal.details["deleted_by"] = EscapedForeignText(deleted->by);
  }
  return refusal;
}

class GetOperation final : public Operation {
 public:
  GetOperation(ArgumentReader& in, const ActionContext& context)
      : Operation(context.OperationName()),
        identity_(context.identity),
        target_(ReadTarget(in, context.identity)),
        fields_(in.TextList("fields")) {
    wishes.force_refresh = in.Boolean("force_refresh", false);
    const auto tokens = in.Integer("max_tokens", kMinTokens, kMaxTokens);
    if (tokens)
      max_bytes_ = std::min(max_bytes_, static_cast<std::size_t>(*tokens) * kBytesPerToken);
  }

  std::optional<Refusal> Run(const Notebook& notebook) override {
    const auto ref = ResolveTarget(target_, identity_, notebook);
    auto lookup = notebook.Read(ref);
    if (!lookup.ok()) return std::move(lookup).failure();
    if (!lookup.value().found) return NotFound(ref, lookup.value().deleted);
    content_ = std::move(*std::move(lookup).value().found);
    auto versions = notebook.Versions(ref);
    if (!versions.ok()) return std::move(versions).failure();
    versions_ = std::move(versions).value();
    std::erase_if(versions_, [this](const PathVersions& each) { return !IsSelected(each.path); });
    return std::nullopt;
  }

  [[nodiscard]] std::string Data() const override {
    return fields_.empty() ? Fit(*content_.data) : Fit(SelectFields(*content_.data, fields_));
  }

  [[nodiscard]] std::vector<ContextInfo> Shown() const override { return {content_.info}; }

 private:
  /// What `fields` leaves out is left out of the versions too.
  [[nodiscard]] bool IsSelected(const std::string& path) const {
    return fields_.empty() || std::any_of(fields_.begin(), fields_.end(), [&](const auto& field) {
             const bool is_pointer = !field.empty() && field.front() == '/';
             const auto pointer = is_pointer ? field : AppendSegment("", field);
             return IsAtOrBelow(path, pointer) || IsAtOrBelow(pointer, path);
           });
  }

  [[nodiscard]] std::string Fit(const Json& shown) const {
    const auto text = CompactText(shown);
    if (text.size() <= max_bytes_) return ObjectText().Raw("context", WithData(text)).Take();
    const auto fitted = FitInto(shown, max_bytes_);
    return ObjectText()
        .Raw("context", WithData(CompactText(fitted.data)))
        .Boolean("truncated", true)
        .Tree("omitted", fitted.omitted)
        .Take();
  }

  [[nodiscard]] std::string WithData(std::string_view data) const {
    auto text = InfoText(content_.info);
    text.Raw("data", data);
    if (versions_.empty()) return text.Take();
    const auto versions = CompactText(VersionsToJson(versions_, /*brief=*/false));
    const bool fits = data.size() + versions.size() <= max_bytes_;
    text.Raw("_versions", fits ? versions : CompactText(VersionsToJson(versions_, /*brief=*/true)));
    return text.Take();
  }

  const Identity& identity_;
  const Target target_;
  const std::vector<std::string> fields_;
  std::size_t max_bytes_ = limits::kAnswerBytes;
  ContextContent content_;
  std::vector<PathVersions> versions_;
};

}  // namespace

std::unique_ptr<Operation> MakeGet(ArgumentReader& in, const ActionContext& context) {
  auto operation = std::make_unique<GetOperation>(in, context);
  if (in.refusal()) return nullptr;
  return operation;
}

}  // namespace contextsync
