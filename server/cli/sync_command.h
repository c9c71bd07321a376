// `contextsync sync`: exchanges everything with the hub, once.

#pragma once

#include <cstdint>

#include "server/config/settings.h"

namespace contextsync {

struct SyncArguments {
  std::uint64_t timeout_seconds = 30;
  bool adopt_hub = false;  // the hub is another one than before, and meant to be
  bool json = false;
};

/// Returns an exit code of docs/operations.md#exit-codes: 1 while anything is pending or parked, 69
/// when the hub did not answer.
int RunSync(const Settings& settings, const SyncArguments& arguments);

}  // namespace contextsync
