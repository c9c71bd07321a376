// Fork: two notebooks with one device id, by a copied or lost directory. The cure needs no surgery:
// a new id, new numbers; entry ids and stamps stay. Source: docs/sync_protocol.md#forks

#pragma once

#include "core/notebook/changeset.h"
#include "core/ports/clock.h"

namespace contextsync {

/// Mints a device id, keeps the old one as former, renumbers what is pending from 1. The hub
/// recognises by their ids the entries it took already.
Status TakeNewDevice(Changeset& changes, Random& random);

}  // namespace contextsync
