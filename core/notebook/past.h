// Past: what a context showed at one of its versions. A checkpoint, then the changes after it in
// the order of their numbers; own changes without a number on top. Source:
// docs/storage_format.md#history

#pragma once

#include <cstdint>
#include <optional>

#include "core/notebook/history.h"

namespace contextsync {

/// Thread-safety: none; belongs to the strand, so that nothing moves from the journal to the
/// history between two reads.
/// Lifetime:      all references must outlive it.
class Past {
 public:
  Past(const TableReader& tables, const Meta& meta, const Document& document, const ContextRef& ref)
      : tables_(tables), meta_(meta), document_(document), ref_(ref) {}

  /// Nothing: not one of the context's versions, or not kept any more, or not here yet.
  [[nodiscard]] Result<std::optional<View>> At(std::uint64_t version) const;

  /// The version before `version`, 0 before the first one. Nothing: not kept any more.
  [[nodiscard]] Result<std::optional<std::uint64_t>> Before(std::uint64_t version) const;

  /// The first version still kept.
  [[nodiscard]] Result<std::uint64_t> Oldest() const;

 private:
  struct Folded {
    State state;
    std::uint64_t last = 0;  // the last version in it
  };

  [[nodiscard]] const DocumentHeader& header() const { return document_.header; }
  [[nodiscard]] bool is_local() const { return meta_.epoch.empty(); }

  [[nodiscard]] Result<std::optional<View>> AtPending(std::uint64_t version) const;
  [[nodiscard]] Result<std::optional<View>> AtLocal(std::uint64_t version) const;

  /// The numbered items up to `version`. Nothing when that is before what is kept.
  [[nodiscard]] Result<std::optional<Folded>> FoldNumbered(std::uint64_t version) const;
  const TableReader& tables_;
  const Meta& meta_;
  const Document& document_;
  const ContextRef& ref_;
};

}  // namespace contextsync
