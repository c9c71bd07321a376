// The doctor's look at clients: whether those that are set up start a program that is there.

#pragma once

#include "server/clients/client_places.h"
#include "server/upkeep/doctor.h"

namespace contextsync {

/// A warning at most: no notebook depends on it.
DoctorCheck CheckClients(const SetupPlaces& places);

}  // namespace contextsync
