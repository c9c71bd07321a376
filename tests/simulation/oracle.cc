#include "tests/simulation/oracle.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <utility>

namespace contextsync::simulation {

namespace {

constexpr int kDeleted = 0;
constexpr int kObject = 1;
constexpr int kListKind = 2;

/// Nothing for the root of a tree.
std::optional<std::string> Above(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return std::nullopt;
  return path.substr(0, slash);
}

std::string LastKey(const std::string& path) {
  const std::string escaped = path.substr(path.rfind('/') + 1);
  std::string key;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '~') {
      key += escaped[i];
    } else {
      key += escaped[++i] == '1' ? '/' : '~';
    }
  }
  return key;
}

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    static constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
    static constexpr std::string_view kLetters = "\"\\bfnrt";
    if (const std::size_t at = kNamed.find(c); at != std::string_view::npos) {
      out += '\\';
      out += kLetters[at];
    } else if (byte < 0x20) {
      std::array<char, 8> escape{};
      static_cast<void>(std::snprintf(escape.data(), escape.size(), "\\u%04x", byte));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

void Oracle::Take(const Delta& delta) {
  for (const auto& [path, cell] : delta.cells) {
    PathFacts& facts = paths_[path];
    if (cell.head) {
      HeadFact head(cell.head->stamp, static_cast<int>(cell.head->kind), cell.head->bytes);
      if (!facts.head || *facts.head < head) facts.head = std::move(head);
    }
    if (facts.cleared < cell.clr) facts.cleared = cell.clr;
    for (const auto& [key, element] : cell.elems) {
      ElementFacts& known = facts.elements[key];
      const bool is_added = !element.first.IsNever();
      if (is_added && (!known.first || element.first < *known.first)) known.first = element.first;
      if (known.last < element.last) known.last = element.last;
      if (known.removed < element.rm) known.removed = element.rm;
      if (known.bytes < element.bytes) known.bytes = element.bytes;
    }
  }
}

void Oracle::DropElement(PathFacts& facts, const contextsync::Drop& drop) {
  const auto found = facts.elements.find(drop.key);
  if (found == facts.elements.end()) return;
  ElementFacts& known = found->second;
  if (drop.component == Component::kFirst && known.first == drop.stamp) known.first.reset();
  if (drop.component == Component::kLast && known.last == drop.stamp) known.last = {};
  if (drop.component == Component::kRm && known.removed == drop.stamp) known.removed = {};
  const bool is_absent = !known.first && known.last.IsNever();
  if (is_absent) known.bytes.clear();
  if (is_absent && known.removed.IsNever()) facts.elements.erase(found);
}

void Oracle::Drop(const std::vector<contextsync::Drop>& drops) {
  for (const contextsync::Drop& drop : drops) {
    const auto found = paths_.find(drop.path);
    if (found == paths_.end()) continue;
    PathFacts& facts = found->second;
    if (drop.component == Component::kHead) {
      if (facts.head && std::get<0>(*facts.head) == drop.stamp) facts.head.reset();
    } else if (drop.component == Component::kClr) {
      if (facts.cleared == drop.stamp) facts.cleared = {};
    } else {
      DropElement(facts, drop);
    }
    const bool is_gone = !facts.head && facts.cleared.IsNever() && facts.elements.empty();
    if (is_gone) paths_.erase(found);
  }
}

std::string Oracle::ElementDifference(const std::map<std::string, ElementFacts>& facts,
                                      const Cell& cell) {
  for (const auto& [key, known] : facts) {
    if (!cell.elems.contains(key)) return "element " + key + " is missing";
  }
  for (const auto& [key, element] : cell.elems) {
    const auto found = facts.find(key);
    if (found == facts.end()) return "element " + key + " is in no item";
    const ElementFacts& known = found->second;
    if (known.first.value_or(Stamp{}) != element.first) return "first of " + key;
    if (known.last != element.last) return "last of " + key;
    if (known.removed != element.rm) return "rm of " + key;
    if (known.bytes != element.bytes) return "bytes of " + key;
  }
  return {};
}

std::string Oracle::Difference(const State& state) const {
  for (const auto& [path, facts] : paths_) {
    const auto found = state.cells.find(path);
    if (found == state.cells.end()) return "lacks " + path;
    const Cell& cell = found->second;
    std::optional<HeadFact> head;
    if (cell.head)
      head = HeadFact(cell.head->stamp, static_cast<int>(cell.head->kind), cell.head->bytes);
    if (head != facts.head) return "head of " + path;
    if (cell.clr != facts.cleared) return "clr of " + path;
    if (const std::string what = ElementDifference(facts.elements, cell); !what.empty())
      return what + " at " + path;
  }
  for (const auto& [path, cell] : state.cells) {
    if (!paths_.contains(path)) return "has " + path;
  }
  return {};
}

Stamp Oracle::Floor(const std::string& path) const {
  Stamp floor;
  for (std::optional<std::string> at = path; at; at = Above(*at)) {
    const auto found = paths_.find(*at);
    if (found != paths_.end()) floor = std::max(floor, found->second.cleared);
  }
  return floor;
}

bool Oracle::IsVisible(const std::string& path) const {
  const auto found = paths_.find(path);
  if (found == paths_.end() || !found->second.head) return false;
  const auto& [stamp, kind, bytes] = *found->second.head;
  if (kind == kDeleted || stamp <= Floor(path)) return false;
  const auto above = Above(path);
  if (!above) return true;
  return IsVisible(*above) && std::get<1>(*paths_.at(*above).head) == kObject;
}

std::optional<std::string> Oracle::Text() const {
  if (!IsVisible("d")) return std::nullopt;
  return TextAt("d");
}

std::string Oracle::TextAt(const std::string& path) const {
  const auto& [stamp, kind, bytes] = *paths_.at(path).head;
  if (kind == kObject) return ObjectText(path);
  if (kind == kListKind) return ListText(path);
  return bytes;
}

std::string Oracle::ObjectText(const std::string& path) const {
  std::map<std::string, std::string> members;
  for (const auto& [child, facts] : paths_) {
    if (Above(child) == path && IsVisible(child)) members[LastKey(child)] = TextAt(child);
  }
  std::string out;
  for (const auto& [key, text] : members)
    out += (out.empty() ? "" : ",") + Quoted(key) + ":" + text;
  return "{" + out + "}";
}

std::string Oracle::ListText(const std::string& path) const {
  const Stamp floor = Floor(path);
  std::set<std::tuple<Stamp, std::string, std::string>> shown;  // place, key, bytes
  for (const auto& [key, facts] : paths_.at(path).elements) {
    const Stamp bar = std::max(floor, facts.removed);
    if (facts.last <= bar) continue;
    const bool kept_place = facts.first && *facts.first > bar;
    shown.emplace(kept_place ? *facts.first : facts.last, key, facts.bytes);
  }
  std::string out;
  for (const auto& [place, key, bytes] : shown)
    out += (out.empty() ? "" : ",") + bytes;
  return "[" + out + "]";
}

}  // namespace contextsync::simulation
