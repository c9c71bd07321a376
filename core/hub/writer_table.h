// The writer table of a context: for each component of its state, the entry that last raised it.
// With it the hub tells what a writer cannot have seen without any version vector. Source:
// docs/sync_protocol.md#conflicts

#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/hub/hub_store.h"

namespace contextsync {

/// Whose a component of an entry is: the notebook's that pushed it, or (repair) that of the
/// component's own stamp.
enum class Ownership { kByEntry, kByStamp };

/// Notes that `raised`, as JoinAndTrim returned it, was raised by the entry `writer`.
void RaiseWriters(WriterTable& writers, const Delta& raised, Writer writer, Ownership ownership);

/// The writers at `path`, or nullptr.
const CellWriters* FindWriters(const WriterTable& writers, std::string_view path);

/// A table of devices, then per path in order: path, head, clr, elements by key with last and rm. A
/// writer is the varint sequence (0: none, nothing follows) and the varint place of its device in
/// the table.
std::string EncodeWriters(const WriterTable& writers);

/// Errors: kCorruption for anything EncodeWriters does not write.
Result<WriterTable> DecodeWriters(std::string_view bytes);

}  // namespace contextsync
