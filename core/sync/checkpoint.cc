#include "core/sync/checkpoint.h"

#include "core/sync/tuning.h"

namespace contextsync {

void Checkpoint::OnUnsettledFrom(EntryNumber first) {
  settled_through_ = EntryNumber(first.value == 0 ? 0 : first.value - 1);
}

void Checkpoint::OnRefused(EntryNumber n) {
  refused_.insert(n);
  if (refused_.size() > sync_tuning::kRefusedKept) refused_.erase(refused_.begin());
}

void Checkpoint::OnRenumbered(EntryNumber next_n) {
  settled_through_ = EntryNumber{};
  numbered_from_ = next_n;
  refused_.clear();
}

bool Checkpoint::IsConfirmed(EntryNumber n) const {
  return IsSettled(n) && n >= numbered_from_ && !refused_.contains(n);
}

}  // namespace contextsync
