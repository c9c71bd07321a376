// WorkspaceHash: the state of a whole workspace in one number: equal on hub and notebooks that hold
// the same. Source: docs/storage_format.md#cells

#pragma once

#include <cstdint>
#include <string>

#include "core/base/running_hash.h"
#include "core/document/context_ref.h"
#include "core/document/state.h"

namespace contextsync {

/// SHA-256 over one line [level, id, StateHash] for every context ever seen, deleted ones included.
class WorkspaceHash {
 public:
  /// Precondition: contexts come in the order of ContextRef.
  void Add(const ContextRef& ref, const State& state);
  void Add(const ContextRef& ref, const std::string& state_hash);

  [[nodiscard]] std::uint64_t contexts() const { return contexts_; }

  /// 64 hex digits. Nothing may be called afterwards.
  std::string Finish() { return hash_.Finish(); }

 private:
  RunningHash hash_;
  std::uint64_t contexts_ = 0;
};

}  // namespace contextsync
