// FindClashes: where an entry contradicts what its writer cannot have seen. Exact concurrency
// detection without version vectors, because all writes meet at one hub. Source:
// docs/sync_protocol.md#conflicts

#pragma once

#include <string>
#include <vector>

#include "core/hub/writer_table.h"

namespace contextsync {

/// An entry that is about to be numbered.
struct IncomingWrite {
  const Delta& delta;
  DeviceId device;
  HubSequence base;  // what its writer had seen of the context
  Ownership ownership = Ownership::kByEntry;
};

/// A path at which the entry and an unseen write want different things.
struct Clash {
  std::string path;  // of a cell: "d", "d/…" or "m/parent"
  ConflictKind kind = ConflictKind::kScalar;
  Stamp ours;           // largest stamp of the entry's cell there
  Stamp theirs;         // the unseen component it clashes with (the largest of several) …
  Writer their_writer;  // … and who raised that
};

/// Outermost first; nothing below a clash is looked at. `before` is the context without the entry,
/// `after` its state with it.
std::vector<Clash> FindClashes(const IncomingWrite& write, const HubContext& before,
                               const State& after);

/// Canonical bytes of what `state` shows at a cell's path ("m/parent" too); nothing when it shows
/// nothing.
std::optional<std::string> ShownBytes(const State& state, std::string_view path);

/// The largest stamp of a cell.
Stamp LargestStamp(const Cell& cell);

}  // namespace contextsync
