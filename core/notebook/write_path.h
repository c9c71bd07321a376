// WritePath: one write request on the strand: looked up by its op_id, checked, compiled,
// journalled, given a receipt. Source: docs/sync_protocol.md#local-write-path

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/notebook/changeset.h"
#include "core/notebook/policy_source.h"
#include "core/notebook/refusal.h"
#include "core/notebook/secret_screen.h"
#include "core/ports/clock.h"

namespace contextsync {

struct WriteServices {
  Clock& clock;
  Random& random;
  PolicySource& policy;
  bool has_hub = false;
};

/// Lifetime: all references must outlive it. Run once. After a refusal the changeset must be
/// dropped.
class WritePath {
 public:
  WritePath(Changeset& changes, const WriteRequest& request, const SecretScreen& secrets,
            const WriteServices& services);

  Checked<WriteReceipt> Run();

 private:
  /// An entry that still lacks its number and its hash, which depends on how many there are.
  struct Staged {
    JournalEntry entry;
    Delta delta;
  };
  using Refused = std::optional<Refusal>;

  Refused Replay();
  Refused ApplyAll();
  Refused ApplyScreened(std::size_t index);
  Refused Apply(const ContextWrite& write);
  Refused Check(const ContextWrite& write, const Document& before) const;
  Refused CheckVersion(const ContextWrite& write, const Document& before) const;
  Refused Resolve(const ContextWrite& write);
  Refused WriteChosen(const ContextWrite& write, const ConflictRecord& record,
                      ContextWritten& written);
  Refused CloseHere(const ContextWrite& write, ConflictRecord record);
  Refused Delete(const ContextWrite& write);
  Refused DeleteDescendants(const ContextWrite& write, ContextWritten& written);
  Refused CreateParents(const ContextWrite& write, ContextWritten& written);

  // ── write_staging.cc ──

  Refused CompileOne(const ContextWrite& write, ContextWritten& written);
  Refused Stage(const ContextWrite& write, const Document& before, Compiled compiled);
  void AppendStaged(Changeset& seen) const;
  Refused JournalAll();
  Refused FoldOldest();
  [[nodiscard]] Result<std::optional<EntryId>> LeastPending(const ContextRef& ref) const;

  Changeset& changes_;
  const WriteRequest& request_;
  const SecretScreen& secrets_;
  const WriteServices& services_;
  UnixMillis now_ = 0;
  WriteReceipt receipt_;
  std::vector<Staged> staged_;
};

}  // namespace contextsync
