// `contextsync parked list|retry|export|discard`: writes the hub refused for good. They are kept
// and shown, but only a person can say what is to become of them.

#pragma once

#include <cstdint>

#include "server/config/settings.h"

namespace contextsync {

enum class ParkedAction { kList, kRetry, kExport, kDiscard };

struct ParkedOptions {
  ParkedAction action = ParkedAction::kList;
  std::uint64_t n = 0;   // all but kList
  bool is_sure = false;  // kDiscard
  bool json = false;
};

/// Returns an exit code of docs/operations.md#exit-codes.
int RunParked(const Settings& settings, const ParkedOptions& options);

}  // namespace contextsync
