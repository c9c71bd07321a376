#include "tests/unit/hub/hub_fixture.h"

#include <algorithm>

#include "core/document/join.h"
#include "core/ports/hub_wire.h"

namespace contextsync {

void TestNotebook::Seal(PushEntry& entry) {
  entry.hash = EntryHash(entry);
}

void TestNotebook::Rebuild() {
  std::erase_if(pending, [&](const PushEntry& entry) {
    return std::find(trimmed_.begin(), trimmed_.end(), entry.id) != trimmed_.end();
  });
  trimmed_.clear();
}

void TestNotebook::Fork(std::uint64_t id) {
  former.push_back(device);
  device = DeviceId(id);
  acked_n = {};
  next_n = EntryNumber(1);
  for (PushEntry& entry : pending) {
    entry.n = next_n;
    next_n = next_n.Next();
  }
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
  ApplyDrops(contexts[item.context], item.drops);
  const auto is_trimmed = [&](const PushEntry& entry) {
    return entry.id == item.id && entry.hash != item.hash;
  };
  if (std::any_of(pending.begin(), pending.end(), is_trimmed)) trimmed_.push_back(item.id);
  const bool stays = !rebuilds_at_once && !trimmed_.empty() && trimmed_.back() == item.id;
  if (!stays) std::erase_if(pending, [&](const PushEntry& entry) { return entry.id == item.id; });
  hlc = std::max(hlc, LargestStamp(item.delta).hlc);
  if (item.device == device) acked_n = std::max(acked_n, item.n);
}

}  // namespace contextsync
