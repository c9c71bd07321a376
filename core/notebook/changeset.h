// Changeset: what a piece of work on the strand would change. Changesets stack: one per request
// over one per batch over the committed notebook, so a refused request is dropped by dropping its
// changeset.

#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/notebook/document.h"
#include "core/notebook/overlay.h"
#include "core/notebook/records.h"

namespace contextsync {

/// Thread-safety: none; belongs to the strand.
class Changeset : public DocumentSource {
 public:
  /// Over the committed notebook. Lifetime: all must outlive the changeset.
  Changeset(const TableReader& tables, const DocumentSource& documents, Meta meta)
      : tables_(tables), documents_below_(documents), meta_(std::move(meta)) {}

  Changeset(const Changeset&) = delete;
  Changeset& operator=(const Changeset&) = delete;

  static Changeset Over(const Changeset& below) {
    return Changeset(below.tables_, below, below.meta_);
  }

  [[nodiscard]] Meta& meta() { return meta_; }
  [[nodiscard]] const Meta& meta() const { return meta_; }
  [[nodiscard]] Overlay& tables() { return tables_; }
  [[nodiscard]] const Overlay& tables() const { return tables_; }

  [[nodiscard]] Result<DocumentPtr> Find(const ContextRef& ref) const override;

  /// As Find, but a copy to change: empty when never seen.
  [[nodiscard]] Result<Document> FindOrEmpty(const ContextRef& ref) const;

  /// Stores `document` and everything derived from it: the lists by age and parent, the mark for
  /// the search index, and the counts.
  Status Put(const ContextRef& ref, Document document);

  /// Takes over everything of `upper`, a changeset over this one.
  void Absorb(Changeset&& upper);

  /// Encodes the changed documents and takes all changes but the meta record. Call once, at the
  /// end.
  TableBatch TakeBatch();

  /// After TakeBatch: what the batch holds of each changed context.
  [[nodiscard]] const std::map<ContextRef, DocumentPtr>& documents() const { return documents_; }

 private:
  void UpdateIndexes(const ContextRef& ref, const DocumentHeader* before,
                     const DocumentHeader& after);

  Overlay tables_;
  const DocumentSource& documents_below_;
  Meta meta_;
  std::map<ContextRef, DocumentPtr> documents_;
};

/// Reads and decodes one record; nothing when there is none.
template <typename T>
Result<std::optional<T>> GetRecord(const TableReader& tables, TableId table, std::string_view key) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto bytes, tables.Get(table, key));
  if (!bytes) return std::optional<T>{};
  CONTEXTSYNC_ASSIGN_OR_RETURN(T record, Decode<T>(*bytes));
  return std::optional<T>(std::move(record));
}

}  // namespace contextsync
