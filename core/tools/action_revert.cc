// The action revert: a new version equal to an old one.

#include <limits>

#include "core/tools/write_operation.h"

namespace contextsync {

namespace {

class RevertOperation final : public WriteOperation {
 public:
  RevertOperation(ArgumentReader& in, const ActionContext& context) : WriteOperation(in, context) {
    const auto version = in.Integer("version", 1, std::numeric_limits<std::int64_t>::max());
    if (!version && !in.refusal()) {
      in.Refuse({RefusalCode::kMissingField,
                 "`version` is required: one of the versions that history shows.",
                 R"(For example {"version":12}.)",
                 {{"parameter", "version"}}});
    }
    version_ = static_cast<std::uint64_t>(version.value_or(0));
  }

  [[nodiscard]] std::string Data() const override {
    return WrittenText().Number("reverted_to", version_).Take();
  }

 private:
  [[nodiscard]] ContextWrite Write() const override {
    ContextWrite write;
    write.revert_to = version_;
    write.source = "revert";
    return write;
  }

  std::uint64_t version_ = 0;
};

}  // namespace

std::unique_ptr<Operation> MakeRevert(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<RevertOperation>(in, context);
}

}  // namespace contextsync
