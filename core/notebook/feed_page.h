// Taking in a page of the feed: items, cursor, check and acknowledgements in one batch.
// Source: docs/sync_protocol.md#changes

#pragma once

#include "core/notebook/changeset.h"

namespace contextsync {

/// See Notebook::ApplyPage. When the effects tell of a hole or a fork, the changeset is unchanged.
///
/// Errors: kUnavailable for a kind of item this build does not know: stop there, do not skip.
Result<PageEffects> ApplyPage(Changeset& changes, const ChangesPage& page);

}  // namespace contextsync
