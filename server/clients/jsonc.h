// Jsonc: JSON as people keep it in settings files, with comments and trailing commas, read into a
// tree of places so that a change touches only the bytes it is about.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"

namespace contextsync {

enum class JsoncKind { kObject, kArray, kScalar };

/// A value and where it stands. Members and elements alike are `items`; a member has a key.
struct JsoncNode {
  JsoncKind kind = JsoncKind::kScalar;
  std::size_t begin = 0;  // of the value, in bytes
  std::size_t end = 0;
  std::string key;            // of a member, without quotes and escapes
  std::size_t key_begin = 0;  // of a member; else `begin`
  std::size_t comma = 0;      // just behind the comma that follows; 0: none does
  std::vector<JsoncNode> items;

  /// Nothing when there is none of this name, or more than one.
  [[nodiscard]] const JsoncNode* Find(std::string_view name) const;
  [[nodiscard]] std::size_t Count(std::string_view name) const;
};

/// The one value of `text`, with a byte order mark or without.
///
/// Errors: kInvalidArgument with the line and what is wrong there.
Result<JsoncNode> ParseJsonc(std::string_view text);

/// The value of a node as a tree, without comments. Precondition: the node comes from parsing
/// `text`.
nlohmann::ordered_json ValueOf(const JsoncNode& node, std::string_view text);

}  // namespace contextsync
