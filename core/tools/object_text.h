// ObjectText: the text of one JSON object, written member by member in the order given. Answers are
// built with it rather than as a tree: building and walking one costs more than everything else a
// read does.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/document/json.h"

namespace contextsync {

/// Keys are literals of this program and are not escaped.
class ObjectText {
 public:
  ObjectText& Text(std::string_view key, std::string_view value);
  ObjectText& Number(std::string_view key, std::uint64_t value);
  ObjectText& Boolean(std::string_view key, bool value);
  ObjectText& Tree(std::string_view key, const Json& value);

  /// `json` is the compact text of a value.
  ObjectText& Raw(std::string_view key, std::string_view json);

  /// The members of another object, whose compact text `object` is.
  ObjectText& Members(std::string_view object);

  /// Closes the object; nothing may follow.
  [[nodiscard]] std::string Take();

 private:
  void Key(std::string_view key);

  std::string out_ = "{";
};

}  // namespace contextsync
