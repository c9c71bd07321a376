#include "server/mcp/oversized_line.h"

#include <algorithm>

#include "server/mcp/tuning.h"

namespace contextsync::mcp {
namespace {

constexpr std::size_t kHeadBytes = 64;  // enough to see what kind of text it is
constexpr std::string_view kIdKey = "id";

void SkipBlank(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r"), text.size()));
}

}  // namespace

void OversizedLine::Take(std::string_view bytes) {
  head_.append(bytes.substr(0, kHeadBytes - head_.size()));
  for (const char byte : bytes)
    TakeByte(byte);
}

void OversizedLine::TakeByte(char byte) {
  if (is_in_id_ && !is_in_string_ && depth_ == 1 && (byte == ',' || byte == '}')) is_in_id_ = false;
  if (is_in_id_ && id_text_.size() <= kRequestIdBytes) id_text_ += byte;
  if (is_in_string_) return TakeInString(byte);
  switch (byte) {
    case '"':
      is_in_string_ = true;
      last_string_.clear();
      return;
    case ':':
      if (depth_ == 1 && last_string_ == kIdKey) is_in_id_ = ++id_count_ == 1;
      return;
    case '{':
    case '[':
      ++depth_;
      return;
    case '}':
    case ']':
      if (depth_ > 0) --depth_;
      return;
    default:
      return;
  }
}

void OversizedLine::TakeInString(char byte) {
  const bool ends = byte == '"' && !is_escaped_;
  is_escaped_ = byte == '\\' && !is_escaped_;
  if (ends) {
    is_in_string_ = false;
  } else if (last_string_.size() <= kIdKey.size()) {
    last_string_ += byte;
  }
}

bool OversizedLine::could_be_message() const {
  std::string_view head = head_;
  SkipBlank(head);
  if (head.starts_with('[')) {
    head.remove_prefix(1);
    SkipBlank(head);
  }
  return head.starts_with('{');
}

std::string_view OversizedLine::id_text() const {
  const bool is_usable = id_count_ == 1 && id_text_.size() <= kRequestIdBytes;
  return is_usable ? std::string_view(id_text_) : std::string_view();
}

}  // namespace contextsync::mcp
