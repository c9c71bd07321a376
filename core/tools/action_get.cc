// The action get.

#include "core/document/json.h"
#include "core/tools/action_context.h"
#include "core/tools/excerpt.h"
#include "core/tools/projection.h"
#include "core/tools/target.h"

namespace contextsync {

namespace {

class GetOperation final : public Operation {
 public:
  GetOperation(ArgumentReader& in, const ActionContext& context)
      : Operation(context.OperationName()),
        identity_(context.identity),
        target_(ReadTarget(in, context.identity)),
        excerpt_(ReadExcerpt(in)) {
    wishes.force_refresh = in.Boolean("force_refresh", false);
  }

  std::optional<Refusal> Run(const Notebook& notebook) override {
    const auto ref = ResolveTarget(target_, identity_, notebook);
    auto lookup = notebook.Read(ref);
    if (!lookup.ok()) return std::move(lookup).failure();
    if (!lookup.value().found) return NoSuchContext(ref, lookup.value().deleted);
    content_ = std::move(*std::move(lookup).value().found);
    auto versions = notebook.Versions(ref);
    if (!versions.ok()) return std::move(versions).failure();
    versions_ = std::move(versions).value();
    return std::nullopt;
  }

  [[nodiscard]] std::string Data() const override {
    return excerpt_.fields.empty() ? Fit(*content_.data)
                                   : Fit(SelectFields(*content_.data, excerpt_.fields));
  }

  [[nodiscard]] std::vector<ContextInfo> Shown() const override { return {content_.info}; }

 private:
  [[nodiscard]] std::string Fit(const Json& shown) const {
    const auto text = CompactText(shown);
    if (text.size() <= excerpt_.max_bytes)
      return ObjectText().Raw("context", WithData(text)).Take();
    const auto fitted = FitInto(shown, excerpt_.max_bytes);
    return ObjectText()
        .Raw("context", WithData(CompactText(fitted.data)))
        .Boolean("truncated", true)
        .Tree("omitted", fitted.omitted)
        .Take();
  }

  [[nodiscard]] std::string WithData(std::string_view data) const {
    return ContextText(InfoText(content_.info), data, versions_, excerpt_);
  }

  const Identity identity_;
  const Target target_;
  const Excerpt excerpt_;
  ContextContent content_;
  std::vector<PathVersions> versions_;
};

}  // namespace

std::unique_ptr<Operation> MakeGet(ArgumentReader& in, const ActionContext& context) {
  if (in.Boolean("include_inherited", false)) return MakeResolve(in, context);
  return std::make_unique<GetOperation>(in, context);
}

}  // namespace contextsync
