// `contextsync config show`.

#pragma once

#include "server/config/settings.h"

namespace contextsync {

int ShowConfig(const SettingsSources& sources, bool with_origin, bool json);

}  // namespace contextsync
