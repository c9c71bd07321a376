// The actions changes and watch: what others did since this session last looked. A watch that finds
// nothing says so, and waits outside (core/tools/waiting_room.h).

#include <charconv>

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/tools/action_context.h"
#include "core/tools/envelope.h"
#include "core/tools/item_list.h"
#include "core/tools/target.h"

namespace contextsync {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kMaxWaitMs = 25'000;  // well below the 60 s after which clients give up

std::optional<HubSequence> ParseSequence(const std::string& text) {
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return HubSequence(number);
}

/// `since` may be a cursor, a bare sequence or a time.
void ReadSince(const std::string& text, ArgumentReader& in, ChangesQuery& query) {
  if (const auto position = ParseChangePosition(text)) {
    query.since = *position;
  } else if (const auto sequence = ParseSequence(text)) {
    query.since_seq = *sequence;
  } else if (const auto time = ParseTimestamp(text)) {
    query.since_time = *time;
  } else {
    in.RefuseArgument(
        "since",
        "`since` must be data.cursor of an earlier answer, a version, or a time such as "
        "2026-11-22T12:00:00Z.");
  }
}

class ChangesOperation : public Operation {
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
    query_.level = ReadLevel(in);
    query_.context_id = in.Text("context_id", limits::kContextIdBytes);
    limit_ = in.PageLimit();
    wishes.force_refresh = in.Boolean("force_refresh", false);
  }

  std::optional<Refusal> Run(const Notebook& notebook) override {
    if (!std::exchange(has_since_, true)) query_.since = session_.looked();
    query_.limit = limit_;
    if (auto refusal = Read(notebook)) return refusal;
    if (const auto fitting = FittingItems(items_); fitting < items_.size()) {
      query_.limit = fitting;  // so that the cursor stands where the page ends
      if (auto refusal = Read(notebook)) return refusal;
    }
    MoveSession();
    return std::nullopt;
  }

  [[nodiscard]] std::string Data() const override {
    ObjectText text;
    text.Raw("changes", ListText(items_)).Text("cursor", ToString(answer_.position));
    text.Boolean("more", answer_.more > 0).Boolean("timed_out", IsTimeOut());
    if (answer_.reset) text.Boolean("reset", true);
    return text.Take();
  }

 protected:
  [[nodiscard]] bool HasFound() const { return !items_.empty() || answer_.reset; }

  /// From now on only what is new.
  void LookOnFromHere() {
    query_.since = answer_.position;
    query_.since_seq.reset();
    query_.since_time.reset();
  }

 private:
  /// Whether the answer is that the time went by.
  [[nodiscard]] virtual bool IsTimeOut() const { return false; }

  std::optional<Refusal> Read(const Notebook& notebook) {
    auto answer = notebook.Changes(query_);
    if (!answer.ok()) return std::move(answer).failure();
    answer_ = std::move(answer).value();
    items_.clear();
    for (const auto& note : answer_.changes)
      items_.push_back(CompactText(ChangeToJson(note)));
    return std::nullopt;
  }

  /// What is shown here need not be noticed any more; what a narrow look passes over must be.
  void MoveSession() {
    session_.set_looked(answer_.position);
    if (!query_.level && !query_.context_id) return session_.set_noticed(answer_.position);
    std::vector<ChangePosition> shown;
    for (const auto& note : answer_.changes)
      shown.push_back(note.place);
    session_.NoteShown(shown);
  }

  Session& session_;
  bool has_since_ = false;
  std::size_t limit_ = 0;
  ChangesQuery query_;
  ChangesAnswer answer_;
  std::vector<std::string> items_;
};

class WatchOperation final : public ChangesOperation {
 public:
  WatchOperation(ArgumentReader& in, const ActionContext& context)
      : ChangesOperation(in, context),
        patience_(in.Integer("wait_ms", 0, kMaxWaitMs).value_or(kMaxWaitMs)) {}

  std::optional<Refusal> Run(const Notebook& notebook) override {
    auto refusal = ChangesOperation::Run(notebook);
    if (!refusal && !HasFound()) LookOnFromHere();
    return refusal;
  }

  [[nodiscard]] milliseconds Patience() const override {
    return HasFound() ? milliseconds(0) : patience_;
  }

 private:
  [[nodiscard]] bool IsTimeOut() const override { return !HasFound(); }

  const milliseconds patience_;
};

}  // namespace

std::unique_ptr<Operation> MakeChanges(ArgumentReader& in, const ActionContext& context) {
  if (context.arguments.action == Action::kWatch) {
    return std::make_unique<WatchOperation>(in, context);
  }
  return std::make_unique<ChangesOperation>(in, context);
}

}  // namespace contextsync
