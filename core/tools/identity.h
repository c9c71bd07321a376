// Identity: the ids that stand in for those a call leaves out (docs/tools.md#ids-left-out).

#pragma once

#include <optional>
#include <string>

#include "core/document/context_ref.h"

namespace contextsync {

struct Identity {
  std::string agent;  // default attribution; empty: the client's own name
  std::string workspace;
  std::string hub;                       // origin; empty: none
  std::optional<std::string> other_hub;  // asked for, but the notebook is open with `hub`
  std::string project = "default";       // from git
  std::string branch = "default";        // from git, where a call does not say it itself
  std::optional<std::string> task;       // from CONTEXTSYNC_TASK
};

}  // namespace contextsync
