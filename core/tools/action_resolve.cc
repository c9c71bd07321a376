// The action resolve, and get with include_inherited: a context with what it inherits.

#include <algorithm>
#include <map>

#include "core/document/inheritance.h"
#include "core/document/json.h"
#include "core/document/pointer.h"
#include "core/tools/action_context.h"
#include "core/tools/chain.h"
#include "core/tools/envelope.h"
#include "core/tools/excerpt.h"
#include "core/tools/projection.h"
#include "core/tools/resolve_cache.h"

namespace contextsync {

namespace {

ResolveCache::Levels DataOf(const std::vector<ContextContent>& contexts) {
  ResolveCache::Levels levels;
  levels.reserve(contexts.size());
  for (const auto& content : contexts)
    levels.push_back(content.data);
  return levels;
}

DataChain PointersTo(const std::vector<ContextContent>& contexts) {
  DataChain chain;
  for (const auto& content : contexts)
    chain.push_back(content.data.get());
  return chain;
}

std::string PlaceText(const ContextInfo& info) {
  ObjectText text;
  text.Text("level", ToString(info.context.level)).Text("context_id", info.context.id);
  text.Number("version", info.version);
  if (info.pending) text.Boolean("pending", true);
  return text.Take();
}

/// Of each top-level key the nearest level that had a say in it.
FitRanks NearestLevels(const Origins& origins) {
  FitRanks nearest;
  for (const auto& [path, level] : origins) {
    auto& rank = nearest[TopLevelKey(path).value_or("")];
    rank = std::max(rank, level);
  }
  return nearest;
}

class ResolveOperation final : public Operation {
 public:
  ResolveOperation(ArgumentReader& in, const ActionContext& context)
      : Operation(context.OperationName()),
        identity_(context.identity),
        cache_(context.resolve_cache),
        target_(ReadTarget(in, context.identity)),
        excerpt_(ReadExcerpt(in)),
        wants_origins_(in.Boolean("explain", false)) {
    wishes.force_refresh = in.Boolean("force_refresh", false);
  }

  std::optional<Refusal> Run(const Notebook& notebook) override {
    const auto ref = ResolveTarget(target_, identity_, notebook);
    auto chain = ReadChain(ref, target_, identity_, notebook);
    if (!chain.ok()) return std::move(chain).failure();
    chain_ = std::move(chain).value();
    auto& levels = chain_.levels;
    if (levels.empty()) return NoSuchContext(ref, chain_.deleted);
    const auto first = FirstUsedLevel(PointersTo(levels));
    levels.erase(levels.begin(), levels.begin() + static_cast<std::ptrdiff_t>(first));
    resolved_ = cache_.Get(ref, DataOf(levels));
    versions_.clear();
    if (!chain_.has_target) return std::nullopt;
    auto versions = notebook.Versions(ref);
    if (!versions.ok()) return std::move(versions).failure();
    versions_ = std::move(versions).value();
    return std::nullopt;
  }

  [[nodiscard]] std::string Data() const override {
    if (excerpt_.fields.empty() && resolved_->text.size() <= excerpt_.max_bytes)
      return Answer(resolved_->text, Json::array());
    const Json shown =
        excerpt_.fields.empty() ? resolved_->data : SelectFields(resolved_->data, excerpt_.fields);
    const auto text = CompactText(shown);
    if (text.size() <= excerpt_.max_bytes) return Answer(text, Json::array());
    const auto ranks = NearestLevels(ExplainInheritance(PointersTo(chain_.levels)));
    const auto fitted = FitInto(shown, excerpt_.max_bytes, ranks);
    return Answer(CompactText(fitted.data), fitted.omitted);
  }

  [[nodiscard]] std::vector<ContextInfo> Shown() const override {
    std::vector<ContextInfo> shown;
    if (!chain_.has_target) shown.emplace_back().context = chain_.target;
    for (auto level = chain_.levels.rbegin(); level != chain_.levels.rend(); ++level)
      shown.push_back(level->info);
    return shown;
  }

 private:
  [[nodiscard]] std::string Answer(std::string_view data, const Json& omitted) const {
    ObjectText answer;
    answer.Raw("context", ContextText(TargetText(), data, versions_, excerpt_));
    std::string chain = "[";
    for (const auto& level : chain_.levels) {
      if (chain.size() > 1) chain += ',';
      chain += PlaceText(level.info);
    }
    answer.Raw("chain", chain + "]");
    if (wants_origins_) AddOrigins(answer, omitted);
    if (!omitted.empty()) answer.Boolean("truncated", true).Tree("omitted", omitted);
    return answer.Take();
  }

  /// A context that does not exist has the same members as one that does, as far as they mean
  /// something.
  [[nodiscard]] ObjectText TargetText() const {
    if (chain_.has_target) return InfoText(chain_.levels.back().info);
    ObjectText text;
    text.Text("level", ToString(chain_.target.level)).Text("context_id", chain_.target.id);
    text.Raw("parent", chain_.parent ? RefText(*chain_.parent) : "null").Number("version", 0);
    for (const auto* unknown : {"created_at", "updated_at", "updated_by"})
      text.Raw(unknown, "null");
    return text;
  }

  /// Of what is shown, as far as it fits: a path may be longer than the value it explains.
  void AddOrigins(ObjectText& answer, const Json& omitted) const {
    std::vector<std::string> places;
    for (const auto& level : chain_.levels)
      places.push_back(PlaceText(level.info));
    const auto is_omitted = [&omitted](const std::string& path) {
      return std::any_of(omitted.begin(), omitted.end(), [&path](const Json& entry) {
        return IsAtOrBelow(path, entry["path"].get_ref<const std::string&>());
      });
    };
    std::string text = "{";
    bool is_cut = false;
    for (const auto& [path, level] : ExplainInheritance(PointersTo(chain_.levels))) {
      if (!excerpt_.Selects(path) || is_omitted(path)) continue;
      is_cut = text.size() + path.size() + places[level].size() > excerpt_.max_bytes;
      if (is_cut) break;
      if (text.size() > 1) text += ',';
      AppendCompactString(text, path);
      text.append(":").append(places[level]);
    }
    answer.Raw("explain", text + "}");
    if (is_cut) answer.Boolean("explain_truncated", true);
  }

  const Identity identity_;
  ResolveCache& cache_;
  const Target target_;
  const Excerpt excerpt_;
  const bool wants_origins_;
  Chain chain_;
  std::shared_ptr<const ResolvedData> resolved_;
  std::vector<PathVersions> versions_;
};

}  // namespace

std::unique_ptr<Operation> MakeResolve(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<ResolveOperation>(in, context);
}

}  // namespace contextsync
