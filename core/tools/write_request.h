// What every writing call says about itself: its op_id, who writes, and how sure it wants to be.

#pragma once

#include "core/notebook/requests.h"
#include "core/tools/action_context.h"

namespace contextsync {

/// Everything but the writes. Mints an op_id when none is given.
WriteRequest ReadWriteRequest(ArgumentReader& in, const ActionContext& context);

/// `require`: whether the call fails loudly unless the hub confirmed.
bool ReadRequireCloud(ArgumentReader& in);

}  // namespace contextsync
