// SnapshotKey: where the next page of a snapshot begins, as the opaque text a notebook repeats.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/ids.h"
#include "core/document/context_ref.h"

namespace contextsync {

struct SnapshotKey {
  HubSequence start;  // the head at the first page
  ContextRef last;    // the last context sent

  friend bool operator==(const SnapshotKey&, const SnapshotKey&) = default;
};

/// "<start, 16 hex>.<level>.<id in hex>"
std::string EncodeSnapshotKey(const SnapshotKey& key);

/// Nothing for any other text.
std::optional<SnapshotKey> DecodeSnapshotKey(std::string_view text);

}  // namespace contextsync
