// `contextsync verify` and `contextsync hub verify`: is it whole, and which state does it hold?

#pragma once

#include "server/config/settings.h"

namespace contextsync {

// Both return an exit code of docs/operations.md#exit-codes.
int RunVerify(const Settings& settings, bool json);
int RunHubVerify(const HubSettings& settings, bool json);

}  // namespace contextsync
