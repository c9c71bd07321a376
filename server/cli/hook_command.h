// `contextsync hook CLIENT`: what a client starts at the events of a conversation.
// Source: docs/hooks.md

#pragma once

#include <string>

#include "server/config/settings.h"

namespace contextsync {

/// Reads one event on stdin and records it. Returns 0 whatever happens, within 200 ms: a client may
/// take anything else as a veto.
int RunHook(const std::string& client, const SettingsSources& sources);

}  // namespace contextsync
