// SecretScreen: what a write request holds of secrets, looked for before the request takes its turn
// on the strand, and what the policy makes of it there. Source: docs/tools.md#secrets

#pragma once

#include <optional>
#include <vector>

#include "core/document/policy.h"
#include "core/notebook/refusal.h"
#include "core/notebook/requests.h"
#include "core/secrets/secret_scan.h"

namespace contextsync {

class SecretScreen {
 public:
  explicit SecretScreen(const WriteRequest& request);

  /// True for nearly all writes: then there is nothing to decide.
  [[nodiscard]] bool IsClean(std::size_t index) const { return parts_[index].IsClean(); }

  /// `write`, the request's `index`th, as the policy lets it pass; refused with SECRET_BLOCKED when
  /// it does not. What was found is noted in `written`. `below` is where in the context the write's
  /// value will stand: empty but for a value chosen for a conflict.
  std::optional<Refusal> Pass(std::size_t index, const Policy& policy, const std::string& below,
                              ContextWrite& write, ContextWritten& written) const;

  /// Moves the keys that no longer hold what was `asked` from the stored ones to the ignored.
  static void TellRedacted(const Json& asked, const Json& kept, ContextWritten& written);

 private:
  struct Part {
    std::vector<LocatedSecret> in_value;  // of update.data, or of the value chosen
    std::vector<SecretFinding> in_reason;
    std::vector<SecretFinding> in_names;  // ids cannot be written otherwise: never redacted

    [[nodiscard]] bool IsClean() const {
      return in_value.empty() && in_reason.empty() && in_names.empty();
    }
  };

  static Part Scan(const ContextWrite& write);

  std::vector<Part> parts_;
};

}  // namespace contextsync
