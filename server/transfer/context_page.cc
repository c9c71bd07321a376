#include "server/transfer/context_page.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <nlohmann/json.hpp>

#include "core/base/hash.h"

namespace contextsync {

namespace {

constexpr std::size_t kMostPlainBytes = 100;  // a name has room for 255
constexpr std::size_t kHashDigits = 16;
constexpr int kIndent = 2;

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/// Names that are devices on Windows, whatever follows their first point.
bool IsDevice(std::string_view id) {
  constexpr std::array<std::string_view, 4> kDevices = {"con", "prn", "aux", "nul"};
  const std::string_view stem = id.substr(0, id.find('.'));
  const bool is_numbered = stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt"));
  return is_numbered || std::find(kDevices.begin(), kDevices.end(), stem) != kDevices.end();
}

std::string MemberText(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Keys and ids may hold line ends, headings may not.
std::string OnOneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

/// A block of code; its fence is longer than any inside.
std::string Fenced(const std::string& text, const std::string& language) {
  std::string fence = "```";
  while (text.find(fence) != std::string::npos)
    fence += '`';
  return fence + language + "\n" + text + "\n" + fence + "\n";
}

/// True when a line would read as a heading, or as the fence of a block.
bool LooksLikeStructure(std::string_view text) {
  while (true) {
    if (text.starts_with('#') || text.starts_with("```") || text.starts_with("~~~")) return true;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
  }
}

std::string TextValue(const std::string& text) {
  return LooksLikeStructure(text) ? Fenced(text, "") : text + "\n";
}

/// One item of a list: the lines below the first are indented so that they belong to it.
std::string Bullet(const std::string& text) {
  std::string bullet = "- ";
  for (const char c : text) {
    bullet += c;
    if (c == '\n') bullet += "  ";
  }
  return bullet + "\n";
}

std::string Item(const Json& item) {
  if (item.is_string()) return Bullet(item.get<std::string>());
  const std::string content = item.is_object() ? MemberText(item, "content") : "";
  if (content.empty()) return Bullet("`" + CompactText(item) + "`");
  Json rest = item;  // an insight: who found it, when, how important it is
  rest.erase("content");
  return Bullet(content + "\n`" + CompactText(rest) + "`");
}

std::string Value(const Json& value) {
  if (value.is_string()) return TextValue(value.get<std::string>());
  if (value.is_object())
    return Fenced(value.dump(kIndent, ' ', false, Json::error_handler_t::replace), "json");
  if (!value.is_array()) return CompactText(value) + "\n";
  std::string text;
  for (const Json& item : value)
    text += Item(item);
  return text.empty() ? "(empty)\n" : text;
}

std::string Heading(const Json& context) {
  std::string text = "# " + MemberText(context, "level") + " " +
                     OnOneLine(MemberText(context, "context_id")) + "\n\n";
  const auto parent = context.find("parent");
  if (parent != context.end() && parent->is_object()) {
    text += "In " + MemberText(*parent, "level") + " " +
            OnOneLine(MemberText(*parent, "context_id")) + ". ";
  }
  return text + "Changed " + MemberText(context, "updated_at") + " by " +
         OnOneLine(MemberText(context, "updated_by")) + ".\n";
}

}  // namespace

std::string MarkdownPage(const Json& context) {
  std::string text = Heading(context);
  const auto data = context.find("data");
  if (data == context.end() || !data->is_object()) return text;
  for (const auto& [key, value] : data->items())
    text += "\n## " + OnOneLine(key) + "\n\n" + Value(value);
  return text;
}

std::string PageName(std::string_view id) {
  std::string name(id.substr(0, kMostPlainBytes));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !IsPlain(c); }, '_');
  if (!name.empty() && (name[0] == '.' || name[0] == '-')) name[0] = '_';
  const bool is_itself = name == id && !IsDevice(name);
  // No plain name holds a ~, so that none is that of another id.
  return is_itself ? name + ".md" : name + "~" + Sha256Hex(id).substr(0, kHashDigits) + ".md";
}

}  // namespace contextsync
