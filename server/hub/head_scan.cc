#include "server/hub/head_scan.h"

#include <algorithm>
#include <array>
#include <string>

namespace contextsync {

namespace {

/// Fields of which a second one, even an equal one, leaves room for two readings.
constexpr std::array<std::string_view, 6> kSingle = {
    "content-length", "transfer-encoding", "host", "authorization", "origin", "content-type"};

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(text.begin(), text.end(), lower.begin(), [](char c) { return Lower(c); });
  return lower;
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Collects what the fields of one head say together.
class FieldCheck {
 public:
  /// `line` without its end. False: malformed.
  bool Add(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    const std::string name = Lower(line.substr(0, colon));
    if (name.find_first_of(" \t") != std::string::npos)
      return false;  // a folded line starts so, too
    if (name == "transfer-encoding" && Lower(Trim(line.substr(colon + 1))) != "chunked")
      return false;
    return CountSingle(name);
  }

  [[nodiscard]] bool HasOneLength() const { return count_[0] + count_[1] <= 1; }

 private:
  bool CountSingle(std::string_view name) {
    const auto* const found = std::find(kSingle.begin(), kSingle.end(), name);
    if (found == kSingle.end()) return true;
    return ++count_.at(static_cast<std::size_t>(found - kSingle.begin())) == 1;
  }

  std::array<int, kSingle.size()> count_ = {};
};

/// `line` ends with CR and has no other control character that could end or hide a line.
bool IsCleanLine(std::string_view line) {
  if (line.empty() || line.back() != '\r') return false;
  line.remove_suffix(1);
  return line.find('\r') == std::string_view::npos && line.find('\0') == std::string_view::npos;
}

bool IsWellFormed(std::string_view head) {
  FieldCheck fields;
  bool is_request_line = true;
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    const std::string_view line = head.substr(0, end);
    if (!IsCleanLine(line)) return false;
    const std::string_view content = line.substr(0, line.size() - 1);
    head.remove_prefix(end + 1);
    if (content.empty()) return !is_request_line && fields.HasOneLength();
    if (!is_request_line && !fields.Add(content)) return false;
    is_request_line = false;
  }
  return false;
}

}  // namespace

HeadScan ScanHead(std::string_view bytes, std::size_t seen) {
  std::size_t at = seen < 3 ? 0 : seen - 3;  // the end may straddle what was seen
  while ((at = bytes.find('\n', at)) != std::string_view::npos) {
    const std::string_view rest = bytes.substr(at + 1);
    const bool bare = rest.starts_with('\n');
    if (bare || at == 0) return {HeadState::kMalformed, 0};
    if (rest.starts_with("\r\n")) {
      const std::size_t length = at + 3;
      const bool good = IsWellFormed(bytes.substr(0, length));
      return {good ? HeadState::kComplete : HeadState::kMalformed, good ? length : 0};
    }
    ++at;
  }
  return {};
}

}  // namespace contextsync
