// PolicySource: the policy in force, read from the shared context `global/_policy`.

#pragma once

#include <memory>

#include "core/document/policy.h"
#include "core/notebook/document.h"

namespace contextsync {

/// Level global, id `_policy`.
const ContextRef& PolicyContext();

/// Thread-safety: none; belongs to the strand.
class PolicySource {
 public:
  /// The built-in rules when there is no policy, or one that an older or newer build would have
  /// refused.
  Result<const Policy*> Current(const DocumentSource& documents);

 private:
  std::shared_ptr<const View> parsed_from_;  // held, so that its address means this very view
  Policy policy_ = Policy::BuiltIn();
};

}  // namespace contextsync
