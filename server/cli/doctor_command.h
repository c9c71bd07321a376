// `contextsync doctor` and `contextsync hub doctor`.

#pragma once

#include "server/clients/client_places.h"
#include "server/config/settings.h"

namespace contextsync {

struct DoctorArguments {
  bool fix = false;
  bool recover = false;
  bool json = false;
};

/// Prints why the settings cannot be used, as the one check that was possible.
int ShowSettingsFault(const Error& error, const DoctorArguments& arguments);

// Both return an exit code of docs/operations.md#exit-codes: 1 when a check found an error.
int RunDoctor(const Settings& settings, const SetupPlaces& clients,
              const DoctorArguments& arguments);
int RunHubDoctor(const HubSettings& settings, const DoctorArguments& arguments);

}  // namespace contextsync
