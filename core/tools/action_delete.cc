// The action delete: a tombstone.

#include "core/tools/write_operation.h"

namespace contextsync {

namespace {

class DeleteOperation final : public WriteOperation {
 public:
  DeleteOperation(ArgumentReader& in, const ActionContext& context)
      : WriteOperation(in, context), cascade_(in.Boolean("cascade", false)) {}

  [[nodiscard]] std::string Data() const override {
    const auto& write = written();
    ObjectText text;
    text.Text("level", ToString(write.context.level)).Text("context_id", write.context.id);
    text.Number("version", write.version).Boolean("deleted", true);
    text.Number("deleted_count", write.deleted_count);
    if (write.pending) text.Boolean("pending", true);
    return text.Take();
  }

 private:
  [[nodiscard]] ContextWrite Write() const override {
    ContextWrite write;
    write.update.erase_context = true;
    write.expectation = Expectation::kPresent;
    write.cascade = cascade_;
    return write;
  }

  const bool cascade_;
};

}  // namespace

std::unique_ptr<Operation> MakeDelete(ArgumentReader& in, const ActionContext& context) {
  return std::make_unique<DeleteOperation>(in, context);
}

}  // namespace contextsync
