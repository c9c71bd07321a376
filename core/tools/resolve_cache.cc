#include "core/tools/resolve_cache.h"

#include <algorithm>

#include "core/document/inheritance.h"

namespace contextsync {

namespace {

// A tree of small values takes about this many times the bytes of its text.
constexpr std::size_t kBytesPerTextByte = 5;

std::size_t CostOf(const ResolvedData& resolved) {
  constexpr std::size_t kSlotBytes = 512;
  return kSlotBytes + resolved.text.size() * kBytesPerTextByte;
}

bool IsSameObject(const std::weak_ptr<const Json>& known, const std::shared_ptr<const Json>& now) {
  return !known.owner_before(now) && !now.owner_before(known);
}

std::shared_ptr<const ResolvedData> Merge(const ResolveCache::Levels& levels) {
  DataChain chain;
  for (const auto& level : levels)
    chain.push_back(level.get());
  auto resolved = std::make_shared<ResolvedData>();
  resolved->data = Inherit(chain);
  resolved->text = CompactText(resolved->data);
  return resolved;
}

}  // namespace

std::shared_ptr<const ResolvedData> ResolveCache::Get(const ContextRef& context,
                                                      const Levels& levels) {
  if (auto found = Find(context, levels)) return found;
  auto resolved = Merge(levels);
  Insert({context, {levels.begin(), levels.end()}, resolved});
  return resolved;
}

std::size_t ResolveCache::hits() const {
  const MutexLock lock(mu_);
  return hits_;
}

std::shared_ptr<const ResolvedData> ResolveCache::Find(const ContextRef& context,
                                                       const Levels& levels) {
  const MutexLock lock(mu_);
  const auto found = slots_.find(context);
  if (found == slots_.end()) return nullptr;
  const Slot& slot = *found->second;
  if (!std::equal(slot.levels.begin(), slot.levels.end(), levels.begin(), levels.end(),
                  IsSameObject))
    return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  ++hits_;
  return slot.resolved;
}

void ResolveCache::Insert(Slot slot) {
  const auto cost = CostOf(*slot.resolved);
  if (cost > capacity_bytes_) return;
  const MutexLock lock(mu_);
  if (const auto old = slots_.find(slot.context); old != slots_.end()) Erase(old->second);
  while (bytes_ + cost > capacity_bytes_)
    Erase(std::prev(order_.end()));
  bytes_ += cost;
  order_.push_front(std::move(slot));
  slots_[order_.front().context] = order_.begin();
}

void ResolveCache::Erase(Order::iterator slot) {
  bytes_ -= CostOf(*slot->resolved);
  slots_.erase(slot->context);
  order_.erase(slot);
}

}  // namespace contextsync
