// Fingerprint: everything a notebook holds, in one number.

#pragma once

#include "core/notebook/overlay.h"
#include "core/notebook/records.h"
#include "core/notebook/requests.h"

namespace contextsync {

Result<NotebookFingerprint> ReadFingerprint(const TableReader& tables, const Meta& meta);

}  // namespace contextsync
