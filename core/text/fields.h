// Fields: the texts of a context that are searched: its id, every key, every text value.

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/document/json.h"

namespace contextsync {

/// Where a field stands, spelled only when somebody asks.
class FieldPlace {
 public:
  /// "@id" for the context's id, else a JSON Pointer into its data: of the value, or of the member
  /// whose key it is.
  [[nodiscard]] std::string Text() const;

 private:
  friend class FieldWalk;
  std::vector<std::variant<const std::string*, std::size_t>> steps_;
  bool is_id_ = false;
};

using FieldVisitor = std::function<void(std::string_view text, const FieldPlace& place)>;

/// Visits the id, then the data in the order of its keys, each key before its value.
void VisitFields(std::string_view id, const Json& data, const FieldVisitor& visit);

}  // namespace contextsync
