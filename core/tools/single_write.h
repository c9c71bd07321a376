// SingleWrite: an operation that is one write to one context, alone or as a part of a batch.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/tools/action_context.h"
#include "core/tools/target.h"

namespace contextsync {

class SingleWrite : public Operation {
 public:
  SingleWrite(ArgumentReader& in, const ActionContext& context);

  /// The write this comes to, with everything left out filled in by `parents`.
  virtual Checked<ContextWrite> Plan(const Notebook& notebook, const ParentLookup& parents) = 0;

  /// Takes the receipt of the planned write, which has one element.
  void Accept(WriteReceipt receipt, const Notebook& notebook);

  /// Whether the hub may refuse it after it was written here.
  [[nodiscard]] virtual bool FailsOnConflict() const { return false; }

  std::optional<Refusal> Run(const Notebook& notebook) final;
  std::optional<Refusal> RunWrite(Notebook& notebook) final;
  void RefreshVersions(const Notebook& notebook) override;
  [[nodiscard]] const WriteReceipt* receipt() const final { return &receipt_; }
  [[nodiscard]] std::string op_id() const final { return request_.op_id; }
  [[nodiscard]] std::vector<ContextInfo> Shown() const final;
  SingleWrite* AsSingleWrite() final { return this; }

 protected:
  /// Called with every receipt; `repeated` when the op_id was known: the answer must be the first
  /// one again.
  virtual void OnWritten(const Notebook& notebook, bool repeated) = 0;

  /// Precondition: a receipt was accepted.
  [[nodiscard]] const ContextWritten& written() const { return receipt_.writes.back(); }
  [[nodiscard]] const std::string& agent() const { return request_.agent; }

  void ForgetReceipt() { receipt_ = {}; }

 private:
  WriteRequest request_;
  WriteReceipt receipt_;
};

/// Reads the versions of what was written again, now that the hub may have numbered it.
void RefreshVersionsOf(WriteReceipt& receipt, const Notebook& notebook);

/// The contexts of `receipt`, each once.
std::vector<ContextInfo> ShownBy(const WriteReceipt& receipt);

}  // namespace contextsync
