// `contextsync hub`: serves until it is told to stop.

#pragma once

#include "server/config/settings.h"

namespace contextsync {

/// The first line on stdout is {"listening":"http://127.0.0.1:8787"}, written when the hub serves.
int RunHub(const HubSettings& settings);

}  // namespace contextsync
