// `contextsync healthcheck`: whether the process of this container or service does its work.
// Source: docs/command_line.md#healthcheck

#pragma once

#include <string>

#include "server/config/settings.h"

namespace contextsync {

struct HealthArguments {
  std::string what;  // "hub" or "notebook"; empty: the hub where there is one
  bool json = false;
};

/// Returns 0 when it is well, else 1.
int RunHealthcheck(const SettingsSources& sources, const HealthArguments& arguments);

}  // namespace contextsync
