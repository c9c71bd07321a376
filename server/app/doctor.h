// Doctor: looks at everything a notebook needs, and says what is wrong and what helps. Source:
// docs/operations.md#doctor

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config/settings.h"

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

/// Settings, directory, disk, notebook, clock and hub, in this order. Changes nothing, unless
/// `fix`: then it withdraws the rights of others and removes what interrupted commands left.
std::vector<DoctorCheck> ExamineNotebook(const Settings& settings, bool fix);

/// Directory, disk and store of a hub.
std::vector<DoctorCheck> ExamineHub(const HubSettings& settings, bool fix);

/// No check is an error; warnings do not count.
bool IsHealthy(const std::vector<DoctorCheck>& checks);

}  // namespace contextsync
