// The action diff: what changed between two versions.

#include <limits>

#include "core/base/limits.h"
#include "core/document/diff.h"
#include "core/document/json.h"
#include "core/tools/action_context.h"
#include "core/tools/envelope.h"
#include "core/tools/target.h"

namespace contextsync {

namespace {

constexpr std::size_t kDiffTextBytes = 8 * limits::kKiB;
// An answer with more than this shows large values by their size only.
constexpr std::size_t kDiffBytes = 1024 * limits::kKiB;
constexpr std::size_t kSmallValueBytes = limits::kKiB;
constexpr auto kAnyVersion = std::numeric_limits<std::int64_t>::max();

std::optional<std::uint64_t> ReadVersion(ArgumentReader& in, const char* name) {
  const auto version = in.Integer(name, 0, kAnyVersion);
  if (!version) return std::nullopt;
  return static_cast<std::uint64_t>(*version);
}

Json BriefValue(const Json& value, bool is_brief) {
  if (!is_brief) return value;
  const std::size_t bytes = CompactText(value).size();
  return bytes <= kSmallValueBytes ? value : Json{{"bytes", bytes}};
}

Json BriefValues(const std::vector<Json>& values, bool is_brief) {
  Json list = Json::array();
  for (const auto& value : values)
    list.push_back(BriefValue(value, is_brief));
  return list;
}

Json ValueChangeToJson(const ValueChange& change, bool is_brief) {
  Json json = {{"path", change.path}, {"op", ToString(change.op)}};
  const bool had = change.op == ValueOp::kChange || change.op == ValueOp::kRemove;
  const bool has = change.op == ValueOp::kChange || change.op == ValueOp::kAdd;
  if (had) json["before"] = BriefValue(change.before, is_brief);
  if (has) json["after"] = BriefValue(change.after, is_brief);
  if (change.op == ValueOp::kList) {
    json["added"] = BriefValues(change.added, is_brief);
    json["removed"] = BriefValues(change.removed, is_brief);
    if (change.added.empty() && change.removed.empty()) json["reordered"] = true;
  }
  return json;
}

/// The changes as one list. False: not all of them fit.
bool WriteChanges(const std::vector<ValueChange>& changes, bool is_brief, Json& list) {
  list = Json::array();
  std::size_t bytes = 0;
  for (const auto& change : changes) {
    Json json = ValueChangeToJson(change, is_brief);
    bytes += CompactText(json).size() + 1;
    if (bytes > kDiffBytes) return false;
    list.push_back(std::move(json));
  }
  return true;
}

class DiffOperation final : public Operation {
 public:
  DiffOperation(ArgumentReader& in, const ActionContext& context)
      : Operation(context.OperationName()),
        identity_(context.identity),
        target_(ReadTarget(in, context.identity)) {
    query_.from = ReadVersion(in, "from");
    query_.to = ReadVersion(in, "to");
    wishes.force_refresh = in.Boolean("force_refresh", false);
  }

  std::optional<Refusal> Run(const Notebook& notebook) override {
    query_.context = ResolveTarget(target_, identity_, notebook);
    auto span = notebook.Span(query_);
    if (!span.ok()) return std::move(span).failure();
    span_ = std::move(span).value();
    const auto version = notebook.VersionOf(query_.context);
    is_pending_ = version.ok() && version.value().pending && version.value().version == span_.to;
    return std::nullopt;
  }

  [[nodiscard]] std::string Data() const override {
    const auto changes = Diff(span_.before, span_.after);
    Json list;
    const bool is_whole = WriteChanges(changes, false, list);
    if (!is_whole) WriteChanges(changes, true, list);
    ObjectText text;
    text.Text("level", ToString(query_.context.level)).Text("context_id", query_.context.id);
    text.Number("from", span_.from).Number("to", span_.to).Tree("changes", list);
    text.Text("text", DiffText(changes, kDiffTextBytes));
    if (!is_whole) text.Boolean("truncated", true);
    if (is_pending_) text.Boolean("pending", true);
    return text.Take();
  }

  [[nodiscard]] std::vector<ContextInfo> Shown() const override {
    ContextInfo info;
    info.context = query_.context;
    info.version = span_.to;
    info.pending = is_pending_;
    return {std::move(info)};
  }

 private:
  const Identity identity_;
  const Target target_;
  SpanQuery query_;
  VersionSpan span_;
  bool is_pending_ = false;
};

}  // namespace

std::unique_ptr<Operation> MakeDiff(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<DiffOperation>(in, context);
}

}  // namespace contextsync
