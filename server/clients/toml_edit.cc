#include "server/clients/toml_edit.h"

#include <algorithm>
#include <cstddef>

// As in server/config/toml_file.cc: a fault of the file is told, not asserted.
#define TOML_ASSERT(condition) static_assert(true)
#include <toml++/toml.h>

namespace contextsync {

namespace {

/// A statement of the file: a header, or a key with its value, over one line or several.
struct Statement {
  std::size_t begin = 0;
  std::size_t end = 0;  // behind its line break
};

/// Cuts a TOML text into statements; blank lines and comments are statements of their own. Relies
/// on the text having been parsed.
class StatementReader {
 public:
  explicit StatementReader(std::string_view text) : text_(text) {}

  std::vector<Statement> Read() {
    std::vector<Statement> all;
    while (at_ < text_.size()) {
      const std::size_t begin = at_;
      SkipStatement();
      all.push_back({begin, at_});
    }
    return all;
  }

 private:
  void SkipStatement() {
    int open = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n' && open <= 0) {
        ++at_;
        return;
      }
      if (c == '"' || c == '\'') {
        SkipString(c);
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        open += c == '[' || c == '{' ? 1 : 0;
        open -= c == ']' || c == '}' ? 1 : 0;
        ++at_;
      }
    }
  }

  void SkipString(char quote) {
    const std::string three(3, quote);
    const bool is_long = text_.substr(at_).starts_with(three);
    const std::string_view close = is_long ? std::string_view(three) : std::string_view(&quote, 1);
    at_ += close.size();
    while (at_ < text_.size() && !text_.substr(at_).starts_with(close))
      at_ += quote == '"' && text_[at_] == '\\' ? 2U : 1U;
    at_ = std::min(at_ + close.size(), text_.size());
    // Up to two quotes may stand right before the closing three.
    while (is_long && at_ < text_.size() && text_[at_] == quote)
      ++at_;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

std::string_view TextOf(const std::string& text, const Statement& statement) {
  return std::string_view(text).substr(statement.begin, statement.end - statement.begin);
}

/// The name in a header line, without blanks and quotes; empty for any other statement.
std::string HeaderName(std::string_view statement) {
  const std::size_t begin = statement.find_first_not_of(" \t");
  if (begin == std::string_view::npos || statement[begin] != '[') return {};
  std::string name;
  for (const char c : statement.substr(begin + 1)) {
    if (c == ']') break;
    if (std::string_view(" \t\"'").find(c) == std::string_view::npos) name += c;
  }
  return name;
}

bool IsWithin(std::string_view name, std::string_view table) {
  return name.starts_with(table) &&
         (name.size() == table.size() || name.substr(table.size()).starts_with('.'));
}

bool IsBlank(std::string_view statement) {
  const std::size_t begin = statement.find_first_not_of(" \t\r\n");
  return begin == std::string_view::npos || statement[begin] == '#';
}

std::string KeyOf(std::string_view statement) {
  std::string key(statement.substr(0, std::min(statement.find('='), statement.size())));
  std::erase_if(key, [](char c) { return c == ' ' || c == '\t' || c == '"' || c == '\''; });
  return key;
}

Result<toml::table> ParseToml(const std::string& text) {
  toml::parse_result parsed = toml::parse(text);
  if (parsed) return std::move(parsed).table();
  return Error(ErrorCode::kInvalidArgument, "line " +
                                                std::to_string(parsed.error().source().begin.line) +
                                                ": " + std::string(parsed.error().description()));
}

bool HasTable(const toml::table& root, const std::string& table) {
  return static_cast<bool>(root.at_path(table));
}

bool IsSameValue(const toml::table& root, const std::string& key, const std::string& wanted) {
  const auto found = root.at_path(key);
  const toml::parse_result parsed = toml::parse("value = " + wanted);
  if (!found || !parsed) return false;
  toml::table left;
  left.insert("value", *found.node());
  return left == parsed.table();
}

Error WrittenByHand(const std::string& table) {
  return {ErrorCode::kInvalidArgument,
          "[" + table + "] is written in a form that is not changed by a program"};
}

/// The rest of the file must mean what it meant.
Status CheckForeignEntries(const std::string& before, const std::string& after,
                           const std::string& table) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(toml::table old_root, ParseToml(before));
  CONTEXTSYNC_ASSIGN_OR_RETURN(toml::table new_root, ParseToml(after));
  const std::size_t dot = table.rfind('.');
  for (toml::table* root : {&old_root, &new_root}) {
    toml::table* const parent = root->at_path(table.substr(0, dot)).as_table();
    if (parent == nullptr) continue;
    parent->erase(table.substr(dot + 1));
    if (parent->empty()) root->erase(table.substr(0, dot));
  }
  return old_root == new_root ? Status() : Status(WrittenByHand(table));
}

std::string NewlineOf(const std::string& text) {
  return text.find("\r\n") == std::string::npos ? "\n" : "\r\n";
}

std::string AppendTable(std::string text, const TomlEntry& entry) {
  const std::string newline = NewlineOf(text);
  if (!text.empty() && text.back() != '\n') text += newline;
  if (!text.empty()) text += newline;
  text += "[" + entry.table + "]" + newline;
  for (const auto& [key, value] : entry.lines)
    text.append(key).append(" = ").append(value).append(newline);
  return text;
}

/// The statements of the table itself, its header first; empty when it has none.
std::vector<Statement> StatementsOf(const std::string& text, const std::string& table) {
  std::vector<Statement> own;
  bool is_inside = false;
  for (const Statement& statement : StatementReader(text).Read()) {
    const std::string header = HeaderName(TextOf(text, statement));
    if (!header.empty()) is_inside = header == table;
    if (is_inside) own.push_back(statement);
  }
  return own;
}

/// Replaces the line of `key`, or adds one behind the header.
Result<std::string> SetLine(std::string text, const std::string& table, const std::string& key,
                            const std::string& value) {
  const auto own = StatementsOf(text, table);
  if (own.empty()) return WrittenByHand(table);
  const std::string line = key + " = " + value + NewlineOf(text);
  for (const Statement& statement : own) {
    if (IsBlank(TextOf(text, statement)) || KeyOf(TextOf(text, statement)) != key) continue;
    text.replace(statement.begin, statement.end - statement.begin, line);
    return text;
  }
  if (text[own.front().end - 1] != '\n') text += NewlineOf(text);
  text.insert(StatementsOf(text, table).front().end, line);
  return text;
}

}  // namespace

Result<std::string> PutTomlEntry(const std::string& text, const TomlEntry& entry) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const toml::table root, ParseToml(text));
  if (!HasTable(root, entry.table)) {
    std::string added = AppendTable(text, entry);
    CONTEXTSYNC_RETURN_IF_ERROR(CheckForeignEntries(text, added, entry.table));
    return added;
  }
  std::string changed = text;
  for (const auto& [key, value] : entry.lines) {
    const bool is_kept = std::find(entry.kept.begin(), entry.kept.end(), key) != entry.kept.end();
    if (is_kept || IsSameValue(root, entry.table + "." + key, value)) continue;
    CONTEXTSYNC_ASSIGN_OR_RETURN(changed, SetLine(std::move(changed), entry.table, key, value));
  }
  CONTEXTSYNC_RETURN_IF_ERROR(CheckForeignEntries(text, changed, entry.table));
  return changed;
}

Result<std::optional<std::string>> TomlTextAt(const std::string& text, const std::string& table,
                                              const std::string& key) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const toml::table root, ParseToml(text));
  if (!HasTable(root, table)) return std::optional<std::string>();
  return std::optional(root.at_path(table + "." + key).value_or(std::string()));
}

Result<std::string> TakeTomlEntry(const std::string& text, const std::string& table) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const toml::table root, ParseToml(text));
  if (!HasTable(root, table)) return text;
  std::string rest;
  std::size_t trailing_blank = 0;  // of our table: belongs to what follows
  bool is_inside = false;
  for (const Statement& statement : StatementReader(text).Read()) {
    const std::string_view own = TextOf(text, statement);
    const std::string header = HeaderName(own);
    const bool was_inside = is_inside;
    if (!header.empty()) is_inside = IsWithin(header, table);
    if (was_inside && !is_inside)
      rest += text.substr(statement.begin - trailing_blank, trailing_blank);
    trailing_blank = is_inside && IsBlank(own) ? trailing_blank + own.size() : 0;
    if (!is_inside) rest += own;
  }
  CONTEXTSYNC_RETURN_IF_ERROR(CheckForeignEntries(text, rest, table));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const toml::table left, ParseToml(rest));
  if (HasTable(left, table)) return WrittenByHand(table);
  return rest;
}

}  // namespace contextsync
