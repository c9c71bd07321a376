// OversizedLine: what is remembered of a line too long to keep, so that its sender can be told: how
// it began, and the id of the request it would have been.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace contextsync::mcp {

/// Memory: bounded, however long the line.
class OversizedLine {
 public:
  /// The next bytes of the line.
  void Take(std::string_view bytes);

  /// False when the line does not even begin like a message or a batch of them.
  [[nodiscard]] bool could_be_message() const;

  /// The text of the outermost object's member "id"; empty when there is none, or more than one.
  /// The line was scanned, not parsed: of a line that is no JSON this may be anything.
  [[nodiscard]] std::string_view id_text() const;

 private:
  void TakeByte(char byte);
  void TakeInString(char byte);

  std::string head_;
  std::string last_string_;  // its beginning; a key once a colon follows
  std::string id_text_;
  std::size_t depth_ = 0;
  std::size_t id_count_ = 0;
  bool is_in_string_ = false;
  bool is_escaped_ = false;
  bool is_in_id_ = false;
};

}  // namespace contextsync::mcp
