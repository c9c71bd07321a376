#include "core/notebook/fork.h"

#include "core/notebook/hybrid_clock.h"
#include "core/notebook/journal.h"

namespace contextsync {

Status TakeNewDevice(Changeset& changes, Random& random) {
  Meta& meta = changes.meta();
  meta.former.push_back(meta.device);
  meta.device = MintDevice(random);
  return journal::Renumber(changes, EntryNumber(1), [](JournalEntry&) {});
}

}  // namespace contextsync
