// ResolveFields: gathers the raw text of every setting from its sources, by precedence. Knows
// nothing of what the texts mean; settings.cc validates them.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "server/config/settings.h"

namespace contextsync {

struct ResolvedFields {
  std::map<std::string, Setting, std::less<>> values;  // every field of the role, by key
  std::vector<std::string> warnings;
};

/// Errors: as LoadSettings, for files that cannot be read or understood.
Result<ResolvedFields> ResolveFields(const SettingsSources& sources, ProgramRole role);

}  // namespace contextsync
