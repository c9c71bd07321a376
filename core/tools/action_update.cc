// The actions update and create.

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/document/pointer.h"
#include "core/tools/write_operation.h"

namespace contextsync {

namespace {

using RemoveOperator = std::vector<std::pair<std::string, std::vector<Json>>>;

/// `replace`: a top-level key may stand for its pointer.
std::vector<std::string> ReadReplace(ArgumentReader& in) {
  auto pointers = in.TextList("replace");
  for (auto& pointer : pointers) {
    if (!pointer.empty() && pointer.front() != '/') pointer = AppendSegment("", pointer);
    if (!ValidatePointer(pointer)) {
      in.RefuseArgument("replace", "`replace` must hold JSON Pointers such as \"/tags\".");
    }
  }
  return pointers;
}

RemoveOperator ReadRemove(ArgumentReader& in) {
  RemoveOperator remove;
  const Json operators = in.Object("remove", limits::kUpdateBytes).value_or(Json::object());
  for (const auto& [pointer, values] : operators.items()) {
    auto path = !pointer.empty() && pointer.front() != '/' ? AppendSegment("", pointer) : pointer;
    if (!ValidatePointer(path) || !values.is_array()) {
      in.RefuseArgument(
          "remove",
          "`remove` must map JSON Pointers to lists of values, e.g. {\"/tags\":[\"old\"]}.");
      return {};
    }
    remove.emplace_back(std::move(path), values.get<std::vector<Json>>());
  }
  return remove;
}

class UpdateOperation final : public WriteOperation {
 public:
  UpdateOperation(ArgumentReader& in, const ActionContext& context)
      : WriteOperation(in, context), is_create_(context.arguments.action == Action::kCreate) {
    auto data = in.Object("data", limits::kUpdateBytes);
    if (!data && !in.refusal()) {
      in.Refuse({RefusalCode::kMissingField,
                 "`data` is required: an object with what to write; it may be {}.",
                 R"(For example {"data":{"status":"started"}}.)",
                 {{"parameter", "data"}}});
    }
    update_.data = std::move(data).value_or(Json::object());
    update_.replace = ReadReplace(in);
    update_.remove = ReadRemove(in);
  }

  [[nodiscard]] std::string Data() const override { return WrittenText().Take(); }

 private:
  [[nodiscard]] ContextWrite Write() const override {
    ContextWrite write;
    write.update = update_;
    write.expectation = is_create_ ? Expectation::kAbsent : Expectation::kAnything;
    return write;
  }

  const bool is_create_;
  Update update_;
};

}  // namespace

std::unique_ptr<Operation> MakeUpdate(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<UpdateOperation>(in, context);
}

}  // namespace contextsync
