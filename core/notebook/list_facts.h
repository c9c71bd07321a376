// ListFacts: what a list can be narrowed by without reading a context, kept beside its place in the
// list. Source: docs/storage_format.md#notebook-tables

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/bytes.h"
#include "core/notebook/records.h"

namespace contextsync {

/// Lifetime: of what DecodeListFacts returns, that of the bytes.
struct ListFacts {
  std::string_view updated_by;
  std::string_view parent_id;  // empty: none
};

inline std::string EncodeListFacts(const DocumentHeader& header) {
  ByteWriter bytes;
  bytes.Text(header.updated_by);
  bytes.Text(header.parent ? std::string_view(header.parent->id) : std::string_view());
  return std::move(bytes).Take();
}

/// Nothing for a row of an earlier build, or one that cannot be read: the context itself is asked.
inline std::optional<ListFacts> DecodeListFacts(std::string_view bytes) {
  ByteReader reader(bytes);
  ListFacts facts;
  facts.updated_by = reader.Text();
  facts.parent_id = reader.Text();
  if (!reader.ok() || !reader.AtEnd()) return std::nullopt;
  return facts;
}

}  // namespace contextsync
