#include "server/clients/jsonc.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace contextsync {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t kDeepest = 100;  // settings of people; reading them recurses
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Reads a text from its front. After the first fault it reads nothing more.
class JsoncReader {
 public:
  explicit JsoncReader(std::string_view text) : text_(text) {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  Result<JsoncNode> Read() {
    JsoncNode root = ReadValue(0);
    SkipSpace();
    if (fault_.empty() && at_ < text_.size()) Fail("something follows the value");
    if (fault_.empty()) return root;
    const auto line = std::count(text_.begin(), text_.begin() + Offset(fault_at_), '\n') + 1;
    return Error(ErrorCode::kInvalidArgument, "line " + std::to_string(line) + ": " + fault_);
  }

 private:
  using Distance = std::string_view::difference_type;
  static Distance Offset(std::size_t at) { return static_cast<Distance>(at); }

  void Fail(std::string_view why) {
    if (!fault_.empty()) return;
    fault_ = why;
    fault_at_ = std::min(at_, text_.size());
  }

  [[nodiscard]] char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool Take(char wanted) {
    SkipSpace();
    if (!fault_.empty() || at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  void SkipSpace() {
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (std::string_view(" \t\r\n").find(rest.front()) != std::string_view::npos) {
        ++at_;
      } else if (rest.starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (rest.starts_with("/*")) {
        SkipBlockComment();
      } else {
        return;
      }
    }
  }

  void SkipBlockComment() {
    const std::size_t end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) {
      Fail("a comment does not end");
      at_ = text_.size();
    } else {
      at_ = end + 2;
    }
  }

  JsoncNode ReadValue(std::size_t depth) {
    SkipSpace();
    JsoncNode node;
    node.begin = node.key_begin = at_;
    if (depth > kDeepest) {
      Fail("nested too deeply");
    } else if (Take('{')) {
      node.kind = JsoncKind::kObject;
      ReadItems(node, '}', depth);
    } else if (Take('[')) {
      node.kind = JsoncKind::kArray;
      ReadItems(node, ']', depth);
    } else {
      ReadScalar();
    }
    node.end = at_;
    return node;
  }

  void ReadItems(JsoncNode& node, char close, std::size_t depth) {
    while (fault_.empty() && !Take(close)) {
      if (!node.items.empty() && node.items.back().comma == 0) return Fail("a comma is missing");
      JsoncNode item =
          node.kind == JsoncKind::kObject ? ReadMember(depth + 1) : ReadValue(depth + 1);
      if (Take(',')) item.comma = at_;
      node.items.push_back(std::move(item));
    }
  }

  JsoncNode ReadMember(std::size_t depth) {
    SkipSpace();
    const std::size_t key_begin = at_;
    if (Peek() != '"')
      Fail(at_ < text_.size() ? "a key in quotes is missing" : "it ends too early");
    ReadScalar();
    std::string key = fault_.empty() ? TextAt(key_begin, at_) : std::string();
    if (fault_.empty() && !Take(':')) Fail("a colon is missing");
    JsoncNode value = ReadValue(depth);
    value.key = std::move(key);
    value.key_begin = key_begin;
    return value;
  }

  [[nodiscard]] std::string TextAt(std::size_t begin, std::size_t end) const {
    const auto value = OrderedJson::parse(text_.substr(begin, end - begin), nullptr, false);
    return value.is_string() ? value.get<std::string>() : std::string();
  }

  /// A string, number or word.
  void ReadScalar() {
    const std::size_t begin = at_;
    if (Peek() == '"') {
      at_ = EndOfString(at_ + 1);
    } else {
      at_ = std::min(text_.find_first_of(" \t\r\n,:[]{}\"/", at_), text_.size());
    }
    if (!fault_.empty()) return;
    const std::string_view found = text_.substr(begin, at_ - begin);
    const bool is_good = !found.empty() && OrderedJson::accept(found);
    if (!is_good) Fail(begin < text_.size() ? "this is no value" : "it ends too early");
  }

  [[nodiscard]] std::size_t EndOfString(std::size_t at) const {
    while (at < text_.size() && text_[at] != '"' && text_[at] != '\n')
      at += text_[at] == '\\' ? 2U : 1U;
    return std::min(at + 1, text_.size());
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::string fault_;
  std::size_t fault_at_ = 0;
};

}  // namespace

const JsoncNode* JsoncNode::Find(std::string_view name) const {
  if (Count(name) != 1) return nullptr;
  return &*std::find_if(items.begin(), items.end(),
                        [name](const JsoncNode& item) { return item.key == name; });
}

std::size_t JsoncNode::Count(std::string_view name) const {
  if (kind != JsoncKind::kObject) return 0;
  return static_cast<std::size_t>(std::count_if(
      items.begin(), items.end(), [name](const JsoncNode& item) { return item.key == name; }));
}

Result<JsoncNode> ParseJsonc(std::string_view text) {
  return JsoncReader(text).Read();
}

OrderedJson ValueOf(const JsoncNode& node, std::string_view text) {
  if (node.kind == JsoncKind::kScalar)
    return OrderedJson::parse(text.substr(node.begin, node.end - node.begin), nullptr, false);
  OrderedJson value =
      node.kind == JsoncKind::kObject ? OrderedJson::object() : OrderedJson::array();
  for (const JsoncNode& item : node.items) {
    if (node.kind == JsoncKind::kObject) {
      value[item.key] = ValueOf(item, text);
    } else {
      value.push_back(ValueOf(item, text));
    }
  }
  return value;
}

}  // namespace contextsync
