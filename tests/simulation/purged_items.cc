#include "tests/simulation/purged_items.h"

namespace contextsync::simulation {

PurgedItems::PurgedItems(const SimHub& hub, const ContextRef& ref, HubSequence last) {
  for (const LoggedItem& logged : hub.log()) {
    const FeedItem& item = logged.stored.item;
    if (item.seq > last) break;
    if (item.context == ref && item.kind == kPurging) Add(item.purge);
  }
}

void PurgedItems::Add(const Purge& purge) {
  Order order{"d" + purge.path, purge.before, {}};
  for (const WriteId& write : purge.writes)
    order.writes.emplace(write.hlc, write.device);
  purges_.push_back(std::move(order));
}

bool PurgedItems::IsGone(const std::string& path, const Stamp& stamp, HubSequence seq) const {
  for (const Order& order : purges_) {
    const bool is_within = path == order.path || path.rfind(order.path + "/", 0) == 0;
    if (!is_within) continue;
    if (seq < order.before) return true;
    if (order.writes.contains({stamp.hlc, stamp.device})) return true;
  }
  return false;
}

Delta PurgedItems::Left(const FeedItem& item) const {
  return Left(item.delta, item.seq);
}

Delta PurgedItems::Left(Delta delta, HubSequence seq) const {
  if (!HasPurges()) return delta;
  for (auto& [path, cell] : delta.cells) {
    // The keys of objects stay, for they are places.
    if (cell.head && cell.head->kind == CellKind::kAtom && IsGone(path, cell.head->stamp, seq)) {
      cell.head->kind = CellKind::kDel;
      cell.head->bytes.clear();
    }
    std::map<std::string, Element> left;
    for (auto [key, element] : cell.elems) {
      for (Stamp* const stamp : {&element.first, &element.last, &element.rm})
        if (!stamp->IsNever() && IsGone(path, *stamp, seq)) *stamp = Stamp{};
      const bool is_added = !element.first.IsNever() || !element.last.IsNever();
      if (element.last.IsNever()) element.last = element.first;
      if (!is_added) element.bytes.clear();
      if (is_added || !element.rm.IsNever()) left.emplace(key, std::move(element));
    }
    cell.elems = {left.begin(), left.end()};
  }
  return delta;
}

}  // namespace contextsync::simulation
