// The action batch: several writes as one: in order, each seeing those before it, all or none.

#include <algorithm>

#include "core/base/limits.h"
#include "core/base/uuid.h"
#include "core/tools/planned_parents.h"
#include "core/tools/single_write.h"
#include "core/tools/write_request.h"

namespace contextsync {

namespace {

constexpr std::string_view kOutside[] = {"op_id", "require", "agent"};

Json BatchableNames() {
  Json names = Json::array();
  for (const auto& info : Actions()) {
    if (info.is_write && info.action != Action::kBatch) names.push_back(info.name);
  }
  return names;
}

Refusal NotBatchable(const Json& operation) {
  const Json names = BatchableNames();
  std::string listed;
  for (const auto& name : names)
    listed.append(listed.empty() ? "" : ", ").append(name.get_ref<const std::string&>());
  const bool is_missing = !operation.contains("action");
  return {is_missing ? RefusalCode::kMissingField : RefusalCode::kInvalidArgument,
          "`action` of an operation must be one of " + listed + ".",
          R"(For example {"action":"update","context_id":"t1","data":{"status":"done"}}.)",
          {{"parameter", "action"}, {"allowed", names}}};
}

Refusal StandsOutside(std::string_view name) {
  return {RefusalCode::kInvalidArgument,
          "`" + std::string(name) + "` is the same for the whole batch.",
          "Put it beside `operations`, not inside.",
          {{"parameter", name}}};
}

struct Step {
  std::string_view action;
  std::unique_ptr<Operation> operation;

  [[nodiscard]] SingleWrite& write() const { return *operation->AsSingleWrite(); }
};

/// Reads the operations of one batch; every refusal says which one it is about.
class StepReader {
 public:
  StepReader(const ActionContext& context, const WriteRequest& request)
      : context_(context), request_(request) {}

  Checked<Step> Read(const Json& operation, std::size_t index) const {
    if (!operation.is_object())
      return Refusal{RefusalCode::kInvalidArgument,
                     "Every one of `operations` must be an object.",
                     "",
                     {{"parameter", "operations"}}};
    for (const auto name : kOutside) {
      const auto found = operation.find(name);
      if (found != operation.end() && !found->is_null()) return StandsOutside(name);
    }
    const auto* info = FindAction(operation);
    if (info == nullptr || !info->is_write || info->action == Action::kBatch)
      return NotBatchable(operation);
    auto arguments = NormaliseArguments(operation);
    if (!arguments.ok()) return std::move(arguments).failure();
    return Prepare(*info, std::move(arguments).value(), index);
  }

 private:
  Checked<Step> Prepare(const ActionInfo& info, NormalArguments arguments,
                        std::size_t index) const {
    // Each operation has an id of its own, the same whenever the batch is repeated.
    arguments.values["op_id"] = MakeUuidV5(request_.op_id + ":" + std::to_string(index));
    arguments.values["agent"] = request_.agent;
    const ActionContext context{context_.identity, context_.clock, context_.random,
                                context_.session,  arguments,      context_.resolve_cache};
    ArgumentReader in(arguments.values);
    Step step{info.name, MakeOperation(in, context)};
    if (in.refusal()) return *in.refusal();
    step.operation->ignored_arguments = std::move(arguments.ignored);
    return step;
  }

  const ActionContext& context_;
  const WriteRequest& request_;
};

class BatchOperation final : public Operation {
 public:
  BatchOperation(ArgumentReader& in, const ActionContext& context)
      : Operation(context.OperationName()), request_(ReadWriteRequest(in, context)) {
    wishes.require_cloud = ReadRequireCloud(in);
    const auto operations = in.List("operations", limits::kBatchBytes);
    if (in.refusal()) return;
    if (!operations) {
      in.Refuse({RefusalCode::kMissingField,
                 "`operations` is required: a list of writes.",
                 R"(For example {"operations":[{"action":"update","context_id":"t1","data":{}}]}.)",
                 {{"parameter", "operations"}}});
    } else if (operations->empty() || operations->size() > limits::kBatchOperations) {
      in.RefuseArgument("operations", "`operations` must hold 1 to 100 operations.",
                        {{"limit", {{"min", 1}, {"max", limits::kBatchOperations}}}});
    } else {
      ReadSteps(in, context, *operations);
    }
  }

  std::optional<Refusal> Run(const Notebook& /*notebook*/) override {
    return Refusal{RefusalCode::kInternal, "A write was run as a read.", "", Json::object()};
  }

  std::optional<Refusal> RunWrite(Notebook& notebook) override {
    if (auto refused = PlanAll(notebook)) return refused;
    auto receipt = notebook.Write(request_);
    if (!receipt.ok()) return std::move(receipt).failure();
    receipt_ = std::move(receipt).value();
    if (receipt_.writes.size() != steps_.size())
      return Refusal{RefusalCode::kInternal, "A batch has another number of results.", "",
                     Json::object()};
    HandOut(notebook);
    return std::nullopt;
  }

  std::optional<Refusal> Withdraw(Notebook& notebook) override {
    const bool may_be = std::any_of(steps_.begin(), steps_.end(), [](const Step& step) {
      return step.write().FailsOnConflict();
    });
    if (!may_be) return std::nullopt;
    auto refusal = notebook.Withdraw(request_.op_id);
    if (!refusal) return std::nullopt;
    receipt_ = {};
    NameCulprit(*refusal);
    return refusal;
  }

  void RefreshVersions(const Notebook& notebook) override {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      // An earlier version of a context stays what it was, unless it never got a number.
      if (!receipt_.writes[i].pending && IsWrittenAgain(i)) continue;
      steps_[i].write().RefreshVersions(notebook);
      receipt_.writes[i] = steps_[i].write().receipt()->writes.back();
    }
  }

  [[nodiscard]] const WriteReceipt* receipt() const override { return &receipt_; }
  [[nodiscard]] const ContextWritten* main_write() const override { return nullptr; }
  [[nodiscard]] std::string op_id() const override { return request_.op_id; }
  [[nodiscard]] std::vector<ContextInfo> Shown() const override { return ShownBy(receipt_); }

  [[nodiscard]] std::string Data() const override {
    std::string results = "[";
    for (const auto& step : steps_) {
      if (results.size() > 1) results += ',';
      results += ResultText(step);
    }
    return ObjectText().Raw("results", results + "]").Number("count", steps_.size()).Take();
  }

 private:
  void ReadSteps(ArgumentReader& in, const ActionContext& context, const Json& operations) {
    const StepReader reader(context, request_);
    for (std::size_t index = 0; index < operations.size() && !in.refusal(); ++index) {
      auto step = reader.Read(operations[index], index);
      if (step.ok()) {
        steps_.push_back(std::move(step).value());
      } else {
        in.Refuse(AtIndex(std::move(step).failure(), index));
      }
    }
  }

  static Refusal AtIndex(Refusal refusal, std::size_t index) {
    refusal.details["index"] = index;
    return refusal;
  }

  std::optional<Refusal> PlanAll(const Notebook& notebook) {
    PlannedParents parents(notebook);
    request_.writes.clear();
    for (std::size_t index = 0; index < steps_.size(); ++index) {
      auto write = steps_[index].write().Plan(notebook, parents);
      if (!write.ok()) return AtIndex(std::move(write).failure(), index);
      parents.Note(write.value());
      request_.writes.push_back(std::move(write).value());
    }
    return std::nullopt;
  }

  void HandOut(const Notebook& notebook) {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      WriteReceipt one = {
          {receipt_.writes[i]}, receipt_.first_n, receipt_.last_n, receipt_.repeated};
      steps_[i].write().Accept(std::move(one), notebook);
    }
  }

  [[nodiscard]] bool IsWrittenAgain(std::size_t index) const {
    return std::any_of(receipt_.writes.begin() + static_cast<std::ptrdiff_t>(index) + 1,
                       receipt_.writes.end(), [&](const ContextWritten& later) {
                         return later.context == receipt_.writes[index].context;
                       });
  }

  /// Which operation the hub refused: the first one that asked for it on that context.
  void NameCulprit(Refusal& refusal) const {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const auto& write = request_.writes[i];
      if (!steps_[i].write().FailsOnConflict()) continue;
      if (refusal.details.value("level", "") != ToString(write.context.level)) continue;
      if (refusal.details.value("context_id", "") != write.context.id) continue;
      refusal.details["index"] = i;
      if (write.expected_version) refusal.details["expected"] = *write.expected_version;
      return;
    }
  }

  static std::string ResultText(const Step& step) {
    const auto& written = step.operation->receipt()->writes.back();
    Json ignored = step.operation->ignored_arguments;
    for (const auto& key : written.ignored_keys)
      ignored.push_back(key);
    ObjectText text;
    text.Text("operation", step.action).Members(step.operation->Data());
    return text.Tree("stored_keys", written.stored_keys).Tree("ignored_keys", ignored).Take();
  }

  WriteRequest request_;
  std::vector<Step> steps_;
  WriteReceipt receipt_;
};

}  // namespace

std::unique_ptr<Operation> MakeBatch(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<BatchOperation>(in, context);
}

}  // namespace contextsync
