// Parking: own writes that the hub refused for good, or that do not get through. They leave the
// journal for a table of their own and stay laid over what people see, but not in the state, so
// that hashes agree with everybody else's. A person retries, exports or discards them. Source:
// docs/sync_protocol.md#parking

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/notebook/changeset.h"
#include "core/ports/clock.h"

namespace contextsync::parking {

/// Codes of entries that were parked without a refusal of the hub.
inline constexpr std::string_view kSuspect = "suspect";     // the hub fails whenever it is sent
inline constexpr std::string_view kTooLarge = "too_large";  // the hub's side refuses its size

struct Reason {
  std::string code;
  std::string message;
  UnixMillis at = 0;
};

/// Moves `entry` out of the journal. Its context is marked for a rebuild, which takes it out of the
/// state.
Status Park(Changeset& changes, const JournalEntry& entry, Reason reason);

/// All parked entries, oldest id first.
Result<std::vector<ParkedEntry>> All(const TableReader& tables);

/// The parked entry that had number `n`, the latest one if there are several.
/// Errors: kNotFound.
Result<ParkedEntry> Find(const TableReader& tables, EntryNumber n);

/// Puts `parked`, with the other parts of its transaction, back at the end of the journal: new
/// numbers, same ids. One whose base the hub has forgotten is reissued.
Status Retry(Changeset& changes, const ParkedEntry& parked, const Clock& clock);

/// As Retry, for suspects: all, or those parked long enough ago. Returns how many entries went
/// back.
Result<std::size_t> RetrySuspects(Changeset& changes, bool all, const Clock& clock);

/// Everything known of `parked`: its entry as it would be pushed, and why it was not taken.
Result<Json> Export(const ParkedEntry& parked);

/// Forgets `parked` for good.
Status Discard(Changeset& changes, const ParkedEntry& parked);

}  // namespace contextsync::parking
