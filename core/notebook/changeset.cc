#include "core/notebook/changeset.h"

#include <utility>

#include "core/document/codec.h"
#include "core/notebook/list_facts.h"
#include "core/notebook/search_index.h"
#include "core/notebook/tables.h"

namespace contextsync {

Result<DocumentPtr> Changeset::Find(const ContextRef& ref) const {
  if (const auto found = documents_.find(ref); found != documents_.end()) return found->second;
  return documents_below_.Find(ref);
}

Result<Document> Changeset::FindOrEmpty(const ContextRef& ref) const {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const DocumentPtr found, Find(ref));
  return found == nullptr ? EmptyDocument() : *found;
}

Status Changeset::Put(const ContextRef& ref, Document document) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const DocumentPtr before, Find(ref));
  UpdateIndexes(ref, before == nullptr ? nullptr : &before->header, document.header);
  documents_[ref] = std::make_shared<const Document>(std::move(document));
  return {};
}

void Changeset::UpdateIndexes(const ContextRef& ref, const DocumentHeader* before,
                              const DocumentHeader& after) {
  const auto generation = meta_.generation;
  MarkForIndex(tables_, generation, ref);
  if (before != nullptr && before->is_shown) {
    --meta_.contexts;
    tables_.Delete(tables::kUpdated,
                   keys::Updated(generation, ref.level, before->updated_at, ref.id));
    if (before->parent)
      tables_.Delete(tables::kChildren, keys::Child(generation, *before->parent, ref));
  }
  if (after.is_shown) {
    ++meta_.contexts;
    tables_.Put(tables::kUpdated, keys::Updated(generation, ref.level, after.updated_at, ref.id),
                EncodeListFacts(after));
    if (after.parent)
      tables_.Put(tables::kChildren, keys::Child(generation, *after.parent, ref), {});
  }
}

void Changeset::Absorb(Changeset&& upper) {
  tables_.Absorb(std::move(upper.tables_));
  meta_ = std::move(upper.meta_);
  for (auto& [ref, document] : upper.documents_)
    documents_[ref] = std::move(document);
}

TableBatch Changeset::TakeBatch() {
  for (auto& [ref, document] : documents_) {
    if (!document->is_stored) {
      std::string cells = EncodeState(*document->state);
      auto stored = std::make_shared<Document>(*document);
      meta_.bytes += cells.size() - stored->header.cell_bytes;
      stored->header.cell_bytes = cells.size();
      stored->is_stored = true;
      tables_.Put(tables::kDocuments, keys::Cells(meta_.generation, ref), std::move(cells));
      document = std::move(stored);
    }
    tables_.Put(tables::kDocuments, keys::Header(meta_.generation, ref), Encode(document->header));
  }
  return tables_.TakeBatch();
}

}  // namespace contextsync
