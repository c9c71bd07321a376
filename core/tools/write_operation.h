// WriteOperation: what the actions that write to the context they name share: the target, what
// they expect of it, and a write that is taken back.

#pragma once

#include <optional>
#include <string>

#include "core/tools/single_write.h"

namespace contextsync {

class WriteOperation : public SingleWrite {
 public:
  WriteOperation(ArgumentReader& in, const ActionContext& context);

  Checked<ContextWrite> Plan(const Notebook& notebook, const ParentLookup& parents) final;
  std::optional<Refusal> Withdraw(Notebook& notebook) final;
  [[nodiscard]] bool FailsOnConflict() const final {
    return fails_on_conflict || expected_version.has_value();
  }

 protected:
  /// Called when what is stored is not what was sent, or was sent before: the answer must tell what
  /// is stored.
  virtual void OnRepeated(const Notebook& notebook) { static_cast<void>(notebook); }

  /// The write itself, `context` and `parents` not yet filled in.
  virtual ContextWrite Write() const = 0;

  [[nodiscard]] const Target& target() const { return target_; }
  /// The context the call names, once it is planned.
  [[nodiscard]] const ContextRef& named() const { return named_; }

  /// level, context_id, version, created, changed, parents_created, pending.
  [[nodiscard]] ObjectText WrittenText() const;

  std::optional<Strategy> on_conflict;
  std::optional<std::uint64_t> expected_version;
  bool fails_on_conflict = false;

 private:
  void OnWritten(const Notebook& notebook, bool repeated) final {
    if (repeated || !written().redacted.empty()) OnRepeated(notebook);
  }

  const Identity identity_;
  Target target_;
  ContextRef named_;
};

}  // namespace contextsync
