#include "core/tools/object_text.h"

#include <utility>

namespace contextsync {

void ObjectText::Key(std::string_view key) {
  if (out_.size() > 1) out_ += ',';
  out_ += '"';
  out_ += key;
  out_ += "\":";
}

ObjectText& ObjectText::Text(std::string_view key, std::string_view value) {
  Key(key);
  AppendCompactString(out_, value);
  return *this;
}

ObjectText& ObjectText::Number(std::string_view key, std::uint64_t value) {
  Key(key);
  out_ += std::to_string(value);
  return *this;
}

ObjectText& ObjectText::Boolean(std::string_view key, bool value) {
  return Raw(key, value ? "true" : "false");
}

ObjectText& ObjectText::Tree(std::string_view key, const Json& value) {
  Key(key);
  AppendCompactText(out_, value);
  return *this;
}

ObjectText& ObjectText::Raw(std::string_view key, std::string_view json) {
  Key(key);
  out_ += json;
  return *this;
}

ObjectText& ObjectText::Members(std::string_view object) {
  const auto members = object.substr(1, object.size() - 2);
  if (members.empty()) return *this;
  if (out_.size() > 1) out_ += ',';
  out_ += members;
  return *this;
}

std::string ObjectText::Take() {
  out_ += '}';
  return std::move(out_);
}

}  // namespace contextsync
