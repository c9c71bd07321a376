// Doctor: looks at everything a notebook needs, and says what is wrong and what helps. Source:
// docs/operations.md#doctor

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"

namespace contextsync {

enum class CheckState { kOk, kWarn, kError };

/// "ok", "warn", "error".
std::string_view ToString(CheckState state);

struct DoctorCheck {
  std::string name;
  CheckState state = CheckState::kOk;
  std::string message;
  std::string remedy;  // what helps; empty when all is well
};

struct DoctorOptions {
  std::filesystem::path data_dir;
  std::vector<std::string> warnings;  // about the settings
  bool fix = false;  // withdraw the rights of others, remove what interrupted commands left,
                     // make a search index anew that does not fit
};

/// Which hub a notebook is told to synchronise with.
struct DoctorHub {
  std::string url;  // empty: none
  std::string token;
};

/// Settings, directory, disk, notebook, versions, hub and clock, in this order. Changes nothing but
/// what `fix` allows.
std::vector<DoctorCheck> ExamineNotebook(const DoctorOptions& options, const WorkspaceId& workspace,
                                         const DoctorHub& hub);

/// Settings, directory, disk and store of a hub.
std::vector<DoctorCheck> ExamineHub(const DoctorOptions& options);

/// No check is an error; warnings do not count.
bool IsHealthy(const std::vector<DoctorCheck>& checks);

}  // namespace contextsync
