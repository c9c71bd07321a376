// The action changes: what others did since this session last looked.

#include <charconv>

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/tools/action_context.h"
#include "core/tools/envelope.h"
#include "core/tools/item_list.h"

namespace contextsync {

namespace {

std::optional<HubSequence> ParseSequence(const std::string& text) {
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return HubSequence(number);
}

/// `since` may be a cursor, a bare sequence or a time; the latter two leave this notebook's own
/// changes out.
void ReadSince(const std::string& text, ArgumentReader& in, ChangesQuery& query) {
  if (const auto position = ParseChangePosition(text)) {
    query.since = *position;
  } else if (const auto sequence = ParseSequence(text)) {
    query.since.seq = *sequence;
    query.skip_own_device = true;
  } else if (const auto time = ParseTimestamp(text)) {
    query.since_time = *time;
    query.skip_own_device = true;
  } else {
    in.RefuseArgument(
        "since",
        "`since` must be data.cursor of an earlier answer, a version, or a time such as "
        "2026-11-22T12:00:00Z.");
  }
}

class ChangesOperation final : public Operation {
 public:
  ChangesOperation(ArgumentReader& in, const ActionContext& context)
      : Operation(context.OperationName()), session_(context.session) {
    query_.session = session_.id();
    const auto& values = context.arguments.values;
    const auto since = values.find("since");
    has_since_ = since != values.end();
    if (has_since_) {
      ReadSince(
          since->is_number_unsigned() ? since->dump() : in.Text("since", limits::kKiB).value_or(""),
          in, query_);
    }
    if (const auto level = in.Choice("level", {"global", "project", "branch", "task"}))
      query_.level = ParseLevel(*level);
    query_.context_id = in.Text("context_id", limits::kContextIdBytes);
    query_.limit = in.PageLimit();
    wishes.force_refresh = in.Boolean("force_refresh", false);
  }

  std::optional<Refusal> Run(const Notebook& notebook) override {
    if (!has_since_) query_.since = session_.looked();
    auto answer = notebook.Changes(query_);
    if (!answer.ok()) return std::move(answer).failure();
    answer_ = std::move(answer).value();
    items_.clear();
    for (const auto& note : answer_.changes)
      items_.push_back(CompactText(ChangeToJson(note)));
    if (const auto fitting = FittingItems(items_); fitting < items_.size()) {
      query_.limit = fitting;  // so that the cursor stands where the page ends
      return Run(notebook);
    }
    session_.set_looked(answer_.position);
    return std::nullopt;
  }

  [[nodiscard]] std::string Data() const override {
    ObjectText text;
    text.Raw("changes", ListText(items_)).Text("cursor", ToString(answer_.position));
    text.Boolean("more", answer_.more > 0).Boolean("timed_out", false);
    if (answer_.reset) text.Boolean("reset", true);
    return text.Take();
  }

 private:
  Session& session_;
  bool has_since_ = false;
  ChangesQuery query_;
  ChangesAnswer answer_;
  std::vector<std::string> items_;
};

}  // namespace

std::unique_ptr<Operation> MakeChanges(ArgumentReader& in, const ActionContext& context) {
  auto operation = std::make_unique<ChangesOperation>(in, context);
  if (in.refusal()) return nullptr;
  return operation;
}

}  // namespace contextsync
