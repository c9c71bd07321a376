#include "core/secrets/shape.h"

#include <algorithm>
#include <charconv>

#include "core/secrets/character_class.h"

namespace contextsync::secrets {

namespace {

// Enough of an unbounded run to know what it is; at the end of a shape the rest is covered, too.
constexpr std::size_t kLongestRun = 256;

struct Run {
  unsigned char classes = 0;
  std::size_t min = 0;
  std::size_t max = 0;
  std::size_t length = 0;  // of its text in the shape
};

unsigned char ClassesOf(char name) {
  switch (name) {
    case 'd':
      return kDigit;
    case 'h':
      return kHex;
    case 'l':
      return kLower | kDigit;
    case 'U':
      return kUpper | kDigit;
    case 'a':
      return kAlphanumeric;
    case 'u':
      return kBase64Url;
    case 'b':
      return kAlphanumeric | kBase64Sign;
    case 'v':
      return kBase64Url | kDot;
    default:
      return 0;
  }
}

/// Precondition: `shape` begins with a well-formed run.
Run ParseRun(std::string_view shape) {
  const char* const end = shape.data() + shape.size();
  Run run;
  run.classes = ClassesOf(shape[1]);
  const char* at = std::from_chars(shape.data() + 2, end, run.min).ptr;
  run.max = run.min;
  if (*at == '+') {
    run.max = kLongestRun;
    ++at;
  } else if (*at == '-') {
    at = std::from_chars(at + 1, end, run.max).ptr;
  }
  run.length = static_cast<std::size_t>(at - shape.data()) + 1;
  return run;
}

}  // namespace

std::size_t MatchShape(std::string_view shape, std::string_view text) {
  std::size_t at = 0;
  while (!shape.empty()) {
    if (shape.front() != '{') {
      if (at >= text.size() || text[at] != shape.front()) return 0;
      ++at;
      shape.remove_prefix(1);
      continue;
    }
    const Run run = ParseRun(shape);
    const std::size_t found = RunLength(text, at, run.classes, run.max);
    if (found < run.min) return 0;
    at += found;
    shape.remove_prefix(run.length);
    const bool goes_on = at < text.size() && Is(text[at], run.classes);
    if (run.max < kLongestRun && goes_on && shape.empty()) return 0;
  }
  return at;
}

std::size_t MatchRest(std::string_view shape, std::string_view text) {
  if (!shape.ends_with("+}")) return 0;
  return RunLength(text, 0, ParseRun(shape.substr(shape.rfind('{'))).classes, text.size());
}

std::string_view LiteralStart(std::string_view shape) {
  return shape.substr(0, std::min(shape.find('{'), shape.size()));
}

unsigned char FirstClasses(std::string_view shape) {
  return shape.starts_with('{') ? ClassesOf(shape[1]) : 0;
}

}  // namespace contextsync::secrets
