#include "server/clients/jsonc_edit.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/check.h"

namespace contextsync {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::string_view kBlank = " \t\r\n";

/// What the first member of the file is indented by; two spaces when that cannot be seen.
std::string UnitOf(const std::string& text, const JsoncNode& root) {
  if (root.items.empty()) return "  ";
  const std::size_t key = root.items.front().key_begin;
  const std::size_t line = text.rfind('\n', key);
  if (line == std::string::npos || line < root.begin) return "  ";
  const std::string found = text.substr(line + 1, key - line - 1);
  const bool is_plain = found.find_first_not_of(" \t") == std::string::npos;
  return is_plain && !found.empty() ? found : "  ";
}

std::string Quoted(const std::string& key) {
  return OrderedJson(key).dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

Error NotAnObject(const std::string& key) {
  return {ErrorCode::kInvalidArgument, "`" + key + "` is no object there"};
}

/// Behind a comment that goes on after `at` on its line; `at` when there is none.
std::size_t BehindLineComment(const std::string& text, std::size_t at) {
  const std::size_t next = text.find_first_not_of(" \t", at);
  if (next == std::string::npos || text.compare(next, 2, "//") != 0) return at;
  std::size_t end = std::min(text.find('\n', next), text.size());
  if (end > next && text[end - 1] == '\r') --end;
  return end;
}

/// Where what goes with an item begins: behind what stands before it, unless the line break between
/// them ends a comment that what follows on the item's line would fall into.
std::size_t BeginOfRemoval(const std::string& text, std::size_t key_begin, std::size_t end) {
  const std::size_t before = text.find_last_not_of(kBlank, key_begin - 1) + 1;
  const std::size_t next = std::min(text.find_first_not_of(" \t", end), text.size());
  const bool ends_line = next == text.size() || text[next] == '\n' || text[next] == '\r';
  const bool has_break = text.find('\n', before) < key_begin;
  return has_break && !ends_line ? key_begin : before;
}

}  // namespace

Result<JsoncEdit> JsoncEdit::Open(std::string text) {
  if (text.find_first_not_of(kBlank) == std::string::npos) text = "{}\n";
  CONTEXTSYNC_ASSIGN_OR_RETURN(JsoncNode root, ParseJsonc(text));
  if (root.kind != JsoncKind::kObject)
    return Error(ErrorCode::kInvalidArgument, "it is no JSON object");
  return JsoncEdit(std::move(text), std::move(root));
}

JsoncEdit::JsoncEdit(std::string text, JsoncNode root)
    : text_(std::move(text)), root_(std::move(root)) {
  unit_ = UnitOf(text_, root_);
  newline_ = text_.find("\r\n") == std::string::npos ? "\n" : "\r\n";
}

const JsoncNode* JsoncEdit::Find(const Path& path) const {
  const JsoncNode* at = &root_;
  for (const std::string& key : path) {
    at = at->Find(key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

OrderedJson JsoncEdit::Get(const Path& path) const {
  const JsoncNode* const found = Find(path);
  return found == nullptr ? OrderedJson() : ValueOf(*found, text_);
}

Status JsoncEdit::Set(const Path& path, const OrderedJson& value) {
  const JsoncNode* at = &root_;
  std::size_t depth = 0;
  for (; depth < path.size(); ++depth) {
    if (at->kind != JsoncKind::kObject) return NotAnObject(path[depth - 1]);
    const std::size_t count = at->Count(path[depth]);
    if (count > 1)
      return Error(ErrorCode::kInvalidArgument, "`" + path[depth] + "` stands there twice");
    if (count == 0) break;
    at = at->Find(path[depth]);
  }
  if (depth == path.size()) {
    // Compared without regard to the order of keys.
    const bool is_same = nlohmann::json(ValueOf(*at, text_)) == nlohmann::json(value);
    if (!is_same) Splice(at->begin, at->end, Pretty(value, depth));
    return {};
  }
  OrderedJson missing = value;
  for (std::size_t i = path.size() - 1; i > depth; --i)
    missing = OrderedJson::object({{path[i], std::move(missing)}});
  Insert(*at, depth + 1, Quoted(path[depth]) + ": " + Pretty(missing, depth + 1));
  return {};
}

Status JsoncEdit::Append(const Path& path, const OrderedJson& value) {
  const JsoncNode* const found = Find(path);
  if (found == nullptr) return Set(path, OrderedJson::array({value}));
  if (found->kind != JsoncKind::kArray)
    return Error(ErrorCode::kInvalidArgument, "`" + path.back() + "` is no list there");
  Insert(*found, path.size() + 1, Pretty(value, path.size() + 1));
  return {};
}

void JsoncEdit::Replace(const Path& path, std::size_t index, const OrderedJson& value) {
  const JsoncNode& element = Find(path)->items.at(index);
  Splice(element.begin, element.end, Pretty(value, path.size() + 1));
}

void JsoncEdit::Remove(const Path& path) {
  if (Find(path) == nullptr) return;
  const JsoncNode* const parent = Find(Path(path.begin(), path.end() - 1));
  for (std::size_t i = 0; i < parent->items.size(); ++i) {
    if (parent->items[i].key == path.back()) return RemoveItem(*parent, i);
  }
}

void JsoncEdit::RemoveElement(const Path& path, std::size_t index) {
  RemoveItem(*Find(path), index);
}

void JsoncEdit::Splice(std::size_t begin, std::size_t end, std::string_view with) {
  text_.replace(begin, end - begin, with);
  Reparse();
}

void JsoncEdit::Reparse() {
  auto parsed = ParseJsonc(text_);
  CONTEXTSYNC_CHECK(parsed.ok());  // an edit keeps the text readable
  root_ = std::move(parsed).value();
}

/// After the last item and a comment on its line, which is about that item.
void JsoncEdit::Insert(const JsoncNode& into, std::size_t depth, const std::string& item) {
  const std::string line = newline_ + Indent(depth) + item;
  if (into.items.empty()) {
    const bool is_tight = text_.find_first_not_of(kBlank, into.begin + 1) + 1 == into.end;
    const std::size_t end = is_tight ? into.end - 1 : into.begin + 1;
    return Splice(into.begin + 1, end, is_tight ? line + newline_ + Indent(depth - 1) : line);
  }
  const JsoncNode& last = into.items.back();
  const bool has_comma = last.comma != 0;
  const std::size_t value_end = last.end;
  const std::size_t at = BehindLineComment(text_, has_comma ? last.comma : value_end);
  text_.insert(at, has_comma ? line + "," : line);
  if (!has_comma) text_.insert(value_end, ",");
  Reparse();
}

void JsoncEdit::RemoveItem(const JsoncNode& from, std::size_t index) {
  const JsoncNode item = from.items[index];
  const std::size_t end = item.comma != 0 ? item.comma : item.end;
  const std::size_t before = BeginOfRemoval(text_, item.key_begin, end);
  // The comma that only stood there because something followed.
  const bool is_last = item.comma == 0 && index > 0;
  const std::size_t comma = is_last ? from.items[index - 1].comma - 1 : 0;
  if (from.items.size() == 1 && text_.find_first_not_of(kBlank, end) + 1 == from.end) {
    return Splice(before, from.end - 1, "");
  }
  text_.erase(before, end - before);
  if (is_last) text_.erase(comma, 1);
  Reparse();
}

std::string JsoncEdit::Pretty(const OrderedJson& value, std::size_t depth) const {
  std::string pretty = value.dump(1, '\t', false, OrderedJson::error_handler_t::replace);
  std::string result;
  for (std::size_t i = 0; i < pretty.size(); ++i) {
    if (pretty[i] != '\n') {
      result += pretty[i];
      continue;
    }
    result += newline_ + Indent(depth);
    for (; i + 1 < pretty.size() && pretty[i + 1] == '\t'; ++i)
      result += unit_;
  }
  return result;
}

std::string JsoncEdit::Indent(std::size_t depth) const {
  std::string indent;
  for (std::size_t i = 0; i < depth; ++i)
    indent += unit_;
  return indent;
}

}  // namespace contextsync
