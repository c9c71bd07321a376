#include "tests/unit/hub/hub_fixture.h"

#include <algorithm>

#include "core/document/join.h"
#include "core/ports/hub_wire.h"

namespace contextsync {

void TestNotebook::Seal(PushEntry& entry) {
  entry.hash = EntryHash(entry);
}

State TestNotebook::See(const ContextRef& ref) {
  State state = contexts[ref];
  for (const PushEntry& entry : pending) {
    if (entry.context == ref) Join(state, entry.delta);
  }
  return state;
}

void TestNotebook::Apply(const FeedItem& item) {
  Join(contexts[item.context], item.delta);
  std::erase_if(pending, [&](const PushEntry& entry) { return entry.id == item.id; });
  hlc = std::max(hlc, LargestStamp(item.delta).hlc);
  if (item.device == device) acked_n = std::max(acked_n, item.n);
}

}  // namespace contextsync
