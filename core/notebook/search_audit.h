// SearchAudit: reads the search index and says where it does not say what the contexts say. Source:
// docs/operations.md#verify

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/notebook/document.h"
#include "core/notebook/records.h"

namespace contextsync {

/// Thread-safety: none.
/// Lifetime:      the tables must outlive it.
class SearchAudit {
 public:
  SearchAudit(const TableReader& tables, keys::Generation generation)
      : tables_(tables), generation_(generation) {}

  /// Compares what the index holds of a context, unless that context still waits to be taken in.
  /// Call once for each context there is.
  Status Examine(const ContextRef& ref, const Document& document);

  /// After all contexts: compares the rows of the index with each other.
  /// Errors: of the store, and kCorruption for a row nobody can read.
  Status Finish();

  /// In words, few of them.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  Status ReadEntries();
  Status ReadWords();
  Status ReadFacts();
  Status ReadNumbers();
  Status CompareTotals();

  const TableReader& tables_;
  const keys::Generation generation_;
  std::vector<std::string> problems_;
  std::uint64_t examined_ = 0;  // contexts whose entry was there, or whose mark was
  std::uint64_t entries_ = 0;
  std::uint64_t words_ = 0;
  // Sums of hashes: equal when the same rows were met in whatever order.
  std::uint64_t postings_sum_ = 0;
  std::uint64_t facts_sum_ = 0;
  std::uint64_t numbers_sum_ = 0;
};

}  // namespace contextsync
