#include "core/ports/record_purging.h"

#include <utility>

#include "core/document/pointer.h"

namespace contextsync {

namespace {

/// An atom is one entry's; a list or an object has the work of many in it.
bool IsCovered(const ConflictSide& side, const Purge& purge) {
  const bool is_composite = side.value->starts_with('[') || side.value->starts_with('{');
  return is_composite || purge.IsWhole() || purge.Covers(side.stamp);
}

bool PurgeSide(ConflictSide& side, const std::string& path, const Purge& purge) {
  if (!side.value || path == "@parent" || !IsCovered(side, purge)) return false;
  std::optional<std::string> left = WithoutPurged(*side.value, path, purge.path);
  if (left == side.value) return false;
  side.value = std::move(left);
  return true;
}

bool PurgeLeftOut(ConflictRecord& record, const Purge& purge) {
  Delta left = record.left_out.delta();
  const bool is_changed = ApplyPurgeToOlder(left, purge);
  if (is_changed) record.left_out = LeftOut(std::move(left));
  return is_changed;
}

}  // namespace

bool PurgeRecord(ConflictRecord& record, const Purge& purge) {
  const bool current = PurgeSide(record.current, record.path, purge);
  const bool incoming = PurgeSide(record.incoming, record.path, purge);
  const bool left_out = PurgeLeftOut(record, purge);
  return current || incoming || left_out;
}

void PurgeRecords(std::vector<ConflictRecord>& records, const std::vector<Purge>& purges) {
  for (ConflictRecord& record : records) {
    for (const Purge& purge : purges)
      PurgeRecord(record, purge.OfNamed());
  }
}

}  // namespace contextsync
