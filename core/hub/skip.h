// Skip: a notebook gives the number of an entry up, because the entry does not get through.
// Source: docs/sync_protocol.md#parking

#pragma once

#include "core/hub/hub_stage.h"

namespace contextsync {

/// Uses up the number of `entry` without an item, so that the entry it stood for can no longer come
/// in late. The answer is marked, so that a replay of it is never taken for the entry's own.
/// Precondition: nothing under the entry's id was numbered; that answers `duplicate`.
PushResult SkipEntry(const HubStage& stage, const PushEntry& entry);

}  // namespace contextsync
