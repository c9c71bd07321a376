// JsoncEdit: changes of one place in a settings file; every other byte, comments included, stays.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "server/clients/jsonc.h"

namespace contextsync {

/// A settings file being edited. An empty text counts as `{}`.
class JsoncEdit {
 public:
  using Path = std::vector<std::string>;

  /// Errors: kInvalidArgument when the text is no JSON object.
  static Result<JsoncEdit> Open(std::string text);

  [[nodiscard]] const std::string& text() const { return text_; }

  /// The value at `path`; nothing there: null.
  [[nodiscard]] nlohmann::ordered_json Get(const Path& path) const;

  /// Puts `value` at `path`, making the objects on the way. A value that is equal stays as it is
  /// written.
  ///
  /// Errors: kInvalidArgument when something on the way is no object, or a key stands there twice.
  Status Set(const Path& path, const nlohmann::ordered_json& value);

  /// Adds `value` at the end of the array at `path`, which is made when missing.
  ///
  /// Errors: as Set, and when what is there is no array.
  Status Append(const Path& path, const nlohmann::ordered_json& value);

  /// Replaces element `index` of the array at `path`. Precondition: it is there.
  void Replace(const Path& path, std::size_t index, const nlohmann::ordered_json& value);

  /// Removes the member at `path`, if it is there.
  void Remove(const Path& path);

  /// Removes element `index` of the array at `path`. Precondition: it is there.
  void RemoveElement(const Path& path, std::size_t index);

 private:
  JsoncEdit(std::string text, JsoncNode root);

  [[nodiscard]] const JsoncNode* Find(const Path& path) const;
  void Reparse();
  void Splice(std::size_t begin, std::size_t end, std::string_view with);
  void Insert(const JsoncNode& into, std::size_t depth, const std::string& item);
  void RemoveItem(const JsoncNode& from, std::size_t index);
  [[nodiscard]] std::string Pretty(const nlohmann::ordered_json& value, std::size_t depth) const;
  [[nodiscard]] std::string Indent(std::size_t depth) const;

  std::string text_;
  std::string unit_;     // of indentation
  std::string newline_;  // of this file
  JsoncNode root_;
};

}  // namespace contextsync
