// DocumentCache: the recently used contexts, decoded. Holds committed documents only.

#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <utility>

#include "core/base/mutex.h"
#include "core/notebook/document.h"

namespace contextsync {

/// Thread-safety: any thread. The lock is never held while the store is read.
class DocumentCache : public DocumentSource {
 public:
  /// Drops the least recently used documents above `capacity_bytes` of encoded cells.
  DocumentCache(const TableReader& store, std::size_t capacity_bytes)
      : store_(store), capacity_bytes_(capacity_bytes) {}

  [[nodiscard]] Result<DocumentPtr> Find(const ContextRef& ref) const override;

  /// Committed documents replace what was cached.
  void Publish(const std::map<ContextRef, DocumentPtr>& documents);

  /// Another generation is in force; everything is read again.
  void Switch(keys::Generation generation);

 private:
  struct Slot {
    ContextRef ref;
    DocumentPtr document;
  };
  using Order = std::list<Slot>;  // most recently used first

  void Insert(const ContextRef& ref, DocumentPtr document) const REQUIRES(mu_);
  void Erase(const ContextRef& ref) const REQUIRES(mu_);

  // Constant after construction.
  const TableReader& store_;
  const std::size_t capacity_bytes_;

  // Guarded by mu_.
  mutable Mutex mu_;
  keys::Generation generation_ GUARDED_BY(mu_) = 0;
  std::uint64_t publications_ GUARDED_BY(mu_) = 0;
  mutable Order order_ GUARDED_BY(mu_);
  mutable std::map<ContextRef, Order::iterator> slots_ GUARDED_BY(mu_);
  mutable std::size_t bytes_ GUARDED_BY(mu_) = 0;
};

}  // namespace contextsync
