#include "core/notebook/document_cache.h"

#include <iterator>

namespace contextsync {

namespace {

// Cells, view and tree together take a few times their encoded size; the constant covers an empty
// document.
std::size_t CostOf(const DocumentPtr& document) {
  constexpr std::size_t kPerDocument = 512;
  constexpr std::size_t kDecodedFactor = 4;
  return kPerDocument + kDecodedFactor * document->header.cell_bytes;
}

}  // namespace

Result<DocumentPtr> DocumentCache::Find(const ContextRef& ref) const {
  keys::Generation generation = 0;
  std::uint64_t publications = 0;
  {
    MutexLock lock(mu_);
    if (const auto found = slots_.find(ref); found != slots_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return found->second->document;
    }
    generation = generation_;
    publications = publications_;
  }
  CONTEXTSYNC_ASSIGN_OR_RETURN(DocumentPtr document, LoadDocument(store_, generation, ref));
  MutexLock lock(mu_);
  // A commit meanwhile may have replaced what was read: then it is right for this reader, but not
  // for the next.
  if (document != nullptr && publications == publications_ && !slots_.contains(ref))
    Insert(ref, document);
  return document;
}

void DocumentCache::Publish(const std::map<ContextRef, DocumentPtr>& documents) {
  MutexLock lock(mu_);
  ++publications_;
  for (const auto& [ref, document] : documents) {
    Erase(ref);
    Insert(ref, document);
  }
}

void DocumentCache::Switch(keys::Generation generation) {
  MutexLock lock(mu_);
  ++publications_;
  generation_ = generation;
  order_.clear();
  slots_.clear();
  bytes_ = 0;
}

void DocumentCache::Insert(const ContextRef& ref, DocumentPtr document) const {
  bytes_ += CostOf(document);
  order_.push_front({ref, std::move(document)});
  slots_[ref] = order_.begin();
  // The newest stays even when it alone is above the capacity.
  while (bytes_ > capacity_bytes_ && order_.size() > 1) {
    const ContextRef oldest = order_.back().ref;
    Erase(oldest);
  }
}

void DocumentCache::Erase(const ContextRef& ref) const {
  const auto found = slots_.find(ref);
  if (found == slots_.end()) return;
  bytes_ -= CostOf(found->second->document);
  order_.erase(found->second);
  slots_.erase(found);
}

}  // namespace contextsync
