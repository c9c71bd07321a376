#include "core/document/pointer.h"

#include <algorithm>

namespace contextsync {
namespace {

std::string Unescape(std::string_view segment) {
  std::string key;
  key.reserve(segment.size());
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const bool is_escape = segment[i] == '~' && i + 1 < segment.size();
    key += is_escape ? (segment[i + 1] == '1' ? '/' : '~') : segment[i];
    if (is_escape) ++i;
  }
  return key;
}

// "/" below every byte, so that "a/b" sorts directly after "a" and before "a-b".
unsigned Rank(char c) {
  return c == '/' ? 0 : static_cast<unsigned char>(c) + 1U;
}

}  // namespace

std::string AppendSegment(std::string_view pointer, std::string_view key) {
  std::string out;
  out.reserve(pointer.size() + key.size() + 1);
  out.append(pointer).append(1, '/');
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

bool ValidatePointer(std::string_view pointer) {
  if (pointer.empty()) return true;
  if (pointer.front() != '/') return false;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] != '~') continue;
    if (i + 1 == pointer.size() || (pointer[i + 1] != '0' && pointer[i + 1] != '1')) return false;
  }
  return true;
}

std::optional<std::vector<std::string>> SplitPointer(std::string_view pointer) {
  if (!ValidatePointer(pointer)) return std::nullopt;
  std::vector<std::string> segments;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    segments.push_back(Unescape(pointer.substr(0, end)));
    pointer.remove_prefix(end);
  }
  return segments;
}

bool IsAtOrBelow(std::string_view pointer, std::string_view ancestor) {
  if (!pointer.starts_with(ancestor)) return false;
  return pointer.size() == ancestor.size() || pointer[ancestor.size()] == '/';
}

std::string LastSegment(std::string_view pointer) {
  const std::size_t slash = pointer.rfind('/');
  return slash == std::string_view::npos ? std::string() : Unescape(pointer.substr(slash + 1));
}

std::string_view ParentPointer(std::string_view pointer) {
  const std::size_t slash = pointer.rfind('/');
  return slash == std::string_view::npos ? pointer : pointer.substr(0, slash);
}

std::optional<std::string> TopLevelKey(std::string_view pointer) {
  const std::size_t slash = pointer.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view rest = pointer.substr(slash + 1);
  return Unescape(rest.substr(0, rest.find('/')));
}

std::size_t PointerDepth(std::string_view pointer) {
  return static_cast<std::size_t>(std::count(pointer.begin(), pointer.end(), '/'));
}

bool PathLess::operator()(std::string_view left, std::string_view right) const {
  const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  if (r == right.end()) return false;
  if (l == left.end()) return true;
  return Rank(*l) < Rank(*r);
}

}  // namespace contextsync
