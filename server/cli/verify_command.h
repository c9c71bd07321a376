// `contextsync verify`: is the notebook whole, and which state does it hold?

#pragma once

#include "server/config/settings.h"

namespace contextsync {

int RunVerify(const Settings& settings, bool json);

}  // namespace contextsync
