// Purge: taking a value that should never have been stored out of everything that holds it. What
// was written is named by who wrote it when, never by its bytes, so a purge itself tells nothing.
// Source: docs/sync_protocol.md#purge

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/document/drop.h"
#include "core/document/state.h"

namespace contextsync {

/// One entry, as its stamps name it.
struct WriteId {
  Hlc hlc;
  DeviceId device;

  friend auto operator<=>(const WriteId&, const WriteId&) = default;
};

/// "What these entries wrote at and below this path is not to be kept anywhere."
struct Purge {
  std::string path;               // JSON Pointer into the data
  HubSequence before;             // versions below this lose all there is, whoever wrote it; or 0
  std::vector<HubSequence> seqs;  // items that wrote there, for people; may be empty
  std::vector<WriteId> writes;    // ascending

  [[nodiscard]] bool Covers(const Stamp& stamp) const;

  /// It names all that was written there until then, and not some of it.
  [[nodiscard]] bool IsWhole() const { return before.value != 0; }

  /// The same for what has no number, or comes later: only what is named goes.
  [[nodiscard]] Purge OfNamed() const { return {path, {}, seqs, writes}; }

  friend bool operator==(const Purge&, const Purge&) = default;
};

/// Takes out what `purge` names: atoms are deleted at their own stamps, so that nothing older shows
/// again, and elements go with their keys. Idempotent. True: something was taken out.
bool ApplyPurge(State& state, const Purge& purge);
bool ApplyPurges(State& state, const std::vector<Purge>& purges);

/// Gives the elements that a purge naming only some of their writes changed what `feed`, the same
/// writes joined without the purged ones, holds of them: of several additions an element keeps the
/// first and the last alone. `before`: the state before `purge` was applied to it.
void RestoreOtherWrites(State& state, const State& before, const State& feed, const Purge& purge);

/// As ApplyPurge, whoever wrote it.
bool EraseValues(State& state, std::string_view pointer);

/// As ApplyPurge where all of `state` is older than `purge`: a whole one takes out what it cannot
/// name as well, since the feed had left it.
bool ApplyPurgeToOlder(State& state, const Purge& purge);

/// As above for collected components, whose keys may hold values.
bool ApplyPurge(std::vector<Drop>& drops, const Purge& purge);

/// Who wrote the values, or removed the elements, at and below `pointer`. Ascending.
std::vector<WriteId> WritesAt(const State& state, std::string_view pointer);
std::vector<WriteId> WritesAt(const std::vector<Drop>& drops, std::string_view pointer);

/// `bytes`, a JSON value that stood at `at`, without what stood at or below `purged`. Nothing: all
/// of it goes. Unrelated places leave it as it is.
std::optional<std::string> WithoutPurged(std::string_view bytes, std::string_view at,
                                         std::string_view purged);

/// Adds `more`, each write once.
void AddWrites(std::vector<WriteId>& writes, const std::vector<WriteId>& more);

/// What of `writes` is not in `known`. Both ascending.
std::vector<WriteId> WritesBeyond(const std::vector<WriteId>& writes,
                                  const std::vector<WriteId>& known);

/// Adds `purge` to those kept, one per path: for what is joined later.
void KeepPurge(std::vector<Purge>& kept, const Purge& purge);

/// The kept writes at exactly `path`.
const std::vector<WriteId>& KeptWrites(const std::vector<Purge>& kept, std::string_view path);

/// Whether `purge` asks for more than those kept.
bool IsNews(const std::vector<Purge>& kept, const Purge& purge);

/// The stored form of kept purges.
std::string EncodePurges(const std::vector<Purge>& purges);

/// Errors: kCorruption for anything EncodePurges does not write.
Result<std::vector<Purge>> DecodePurges(std::string_view bytes);

}  // namespace contextsync
