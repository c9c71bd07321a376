// ResolveCache: the merged data of the chains that were asked for last. Data in a notebook is
// immutable and shared, so a chain is known by the very objects it was merged from: another write,
// ours or the hub's, is another object.

#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/limits.h"
#include "core/base/mutex.h"
#include "core/document/context_ref.h"
#include "core/document/json.h"

namespace contextsync {

/// Data of several levels laid over each other, and its compact text.
struct ResolvedData {
  Json data;
  std::string text;
};

/// Thread-safety: any thread. The lock is never held while a chain is merged.
class ResolveCache {
 public:
  using Levels = std::vector<std::shared_ptr<const Json>>;  // farthest first

  static constexpr std::size_t kCapacityBytes = 16 * limits::kMiB;

  /// Drops the least recently used above `capacity_bytes` of text and trees.
  explicit ResolveCache(std::size_t capacity_bytes = kCapacityBytes)
      : capacity_bytes_(capacity_bytes) {}

  /// What `context` shows over `levels`, which are not empty.
  std::shared_ptr<const ResolvedData> Get(const ContextRef& context, const Levels& levels);

  [[nodiscard]] std::size_t hits() const;

 private:
  struct Slot {
    ContextRef context;
    std::vector<std::weak_ptr<const Json>> levels;  // knows them without keeping them
    std::shared_ptr<const ResolvedData> resolved;
  };
  using Order = std::list<Slot>;  // most recently used first

  std::shared_ptr<const ResolvedData> Find(const ContextRef& context, const Levels& levels);
  void Insert(Slot slot);
  void Erase(Order::iterator slot) REQUIRES(mu_);

  const std::size_t capacity_bytes_;

  mutable Mutex mu_;
  Order order_ GUARDED_BY(mu_);
  std::map<ContextRef, Order::iterator> slots_ GUARDED_BY(mu_);
  std::size_t bytes_ GUARDED_BY(mu_) = 0;
  std::size_t hits_ GUARDED_BY(mu_) = 0;
};

}  // namespace contextsync
