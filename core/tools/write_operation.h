// WriteOperation: what all writing actions share: the request, its receipt, and versions that
// become final.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/tools/action_context.h"
#include "core/tools/target.h"

namespace contextsync {

class WriteOperation : public Operation {
 public:
  WriteOperation(ArgumentReader& in, const ActionContext& context);

  std::optional<Refusal> Run(const Notebook& notebook) final;
  std::optional<Refusal> RunWrite(Notebook& notebook) final;
  std::optional<Refusal> Withdraw(Notebook& notebook) final;
  void RefreshVersions(const Notebook& notebook) final;
  [[nodiscard]] const WriteReceipt* receipt() const final { return &receipt_; }
  [[nodiscard]] std::string op_id() const final { return request_.op_id; }
  [[nodiscard]] std::vector<ContextInfo> Shown() const final;

 protected:
  /// Called when the op_id was known: the answer must be the first one again.
  virtual void OnRepeated(const Notebook& notebook) { static_cast<void>(notebook); }

  /// The write itself, `context` and `parents` not yet filled in.
  virtual ContextWrite Write() const = 0;

  [[nodiscard]] const ContextWritten& written() const { return receipt_.writes.back(); }
  [[nodiscard]] const Target& target() const { return target_; }
  /// The context the call names, once it ran.
  [[nodiscard]] const ContextRef& named() const { return named_; }
  [[nodiscard]] const std::string& agent() const { return request_.agent; }

  /// level, context_id, version, created, changed, parents_created, pending.
  [[nodiscard]] ObjectText WrittenText() const;

  std::optional<Strategy> on_conflict;
  std::optional<std::uint64_t> expected_version;
  bool fails_on_conflict = false;

 private:
  const Identity& identity_;
  Target target_;
  ContextRef named_;
  WriteRequest request_;
  WriteReceipt receipt_;
};

}  // namespace contextsync
