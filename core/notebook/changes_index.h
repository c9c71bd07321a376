// The changes index: what `changes`, `watch` and notices read. Two streams: items of other devices
// by sequence, and the changes made on this notebook by a counter of their own, because those are
// told to other sessions at once and must not be told again when the hub numbers them. Source:
// docs/storage_format.md#notebook-tables

#pragma once

#include "core/notebook/changeset.h"

namespace contextsync::changes_index {

// How much of each stream is kept. A session that was away for longer reads its contexts again.
inline constexpr std::uint64_t kKept = 10'000;

/// An item of another device.
Status AddFeed(Changeset& changes, HubSequence seq, const ChangeRecord& record);

/// A change made here, under the number it returns.
Result<std::uint64_t> AddLocal(Changeset& changes, const ChangeRecord& record);

/// A change made here was taken back: whoever was not told of it will not be.
void RemoveLocal(Changeset& changes, std::uint64_t local);

/// The hub has numbered a change made here.
Status NumberLocal(Changeset& changes, std::uint64_t local, HubSequence seq, HubSequence rev);

/// Everything of the feed up to `seq` was taken in without being told apart: who asks since then
/// starts anew.
Status ForgetFeed(Changeset& changes, HubSequence seq);

Result<ChangesAnswer> Read(const TableReader& tables, const Meta& meta, const ChangesQuery& query);

/// The top-level keys a delta touches, at most 64.
std::vector<std::string> KeysOf(const Delta& delta);

}  // namespace contextsync::changes_index
