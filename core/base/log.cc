#include "core/base/log.h"

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cmath>
#include <memory>
#include <utility>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace contextsync {

namespace {

struct LevelName {
  LogLevel level;
  std::string_view name;
};
constexpr std::array kLevelNames{
    LevelName{LogLevel::kDebug, "debug"}, LevelName{LogLevel::kInfo, "info"},
    LevelName{LogLevel::kWarning, "warning"}, LevelName{LogLevel::kError, "error"},
    LevelName{LogLevel::kOff, "off"}};

constexpr std::string_view kCutMark = ",\"cut\":true";

std::atomic<LogLevel> current_level{LogLevel::kWarning};

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

void AppendUtf16(std::string& out, unsigned unit) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  out += "\\u";
  for (unsigned shift = 16; shift != 0; shift -= 4)
    out += kHexDigits[(unit >> (shift - 4)) & 15U];
}

/// Appends the code point at the front of `text` in ASCII and returns the bytes it took. What is
/// not UTF-8 becomes U+FFFD, byte by byte.
std::size_t AppendMultiByte(std::string& out, std::string_view text) {
  constexpr unsigned kReplacement = 0xFFFD;
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : 2;
  unsigned point = lead & (0x7FU >> length);
  bool good = lead >= 0xC2U && lead <= 0xF4U && text.size() >= length;
  for (std::size_t i = 1; good && i < length; ++i) {
    good = IsContinuation(text[i]);
    point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  const unsigned least = length == 2 ? 0x80U : length == 3 ? 0x800U : 0x10000U;
  const bool surrogate = point >= 0xD800U && point <= 0xDFFFU;
  if (!good || point < least || point > 0x10FFFFU || surrogate) {
    AppendUtf16(out, kReplacement);
    return 1;
  }
  if (point < 0x10000U) {
    AppendUtf16(out, point);
  } else {
    AppendUtf16(out, 0xD800U + ((point - 0x10000U) >> 10U));
    AppendUtf16(out, 0xDC00U + ((point - 0x10000U) & 0x3FFU));
  }
  return length;
}

void AppendAscii(std::string& out, char c) {
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (c == '\n') {
    out += "\\n";
  } else if (c == '\t') {
    out += "\\t";
  } else if (static_cast<unsigned char>(c) < 0x20U || c == 0x7F) {
    AppendUtf16(out, static_cast<unsigned char>(c));
  } else {
    out += c;
  }
}

/// The first kLogTextBytes of `text`, not cut inside a character.
std::string_view Shortened(std::string_view text) {
  if (text.size() <= kLogTextBytes) return text;
  std::size_t end = kLogTextBytes;
  while (end > kLogTextBytes - 3 && IsContinuation(text[end]))
    --end;
  return text.substr(0, end);
}

void AppendText(std::string& out, std::string_view text) {
  const std::string_view shown = Shortened(text);
  out += '"';
  for (std::size_t at = 0; at < shown.size();) {
    if (static_cast<unsigned char>(shown[at]) < 0x80U) {
      AppendAscii(out, shown[at++]);
    } else {
      at += AppendMultiByte(out, shown.substr(at));
    }
  }
  out += shown.size() < text.size() ? "...\"" : "\"";
}

template <typename Number>
void AppendNumber(std::string& out, Number value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

struct AppendValue {
  std::string& out;

  void operator()(std::string_view text) const { AppendText(out, text); }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { AppendNumber(out, value); }
  void operator()(std::uint64_t value) const { AppendNumber(out, value); }
  void operator()(double value) const {
    if (std::isfinite(value)) {
      AppendNumber(out, value);
    } else {
      out += "null";
    }
  }
};

UnixMillis WallNow() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

/// The one logger, never destroyed: threads may still log while the process ends. Registered by
/// name, so that server/observe can reach it.
spdlog::logger& Logger() {
  static const auto* const kLogger = [] {
    auto logger = spdlog::stderr_logger_mt("contextsync");
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace);  // LogEnabled decided already
    return new std::shared_ptr<spdlog::logger>(std::move(logger));
  }();
  return **kLogger;
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  return kLevelNames.at(static_cast<std::size_t>(level)).name;
}

std::optional<LogLevel> ParseLogLevel(std::string_view name) {
  for (const LevelName& known : kLevelNames) {
    if (known.name == name) return known.level;
  }
  return std::nullopt;
}

void LogField::AppendTo(std::string& line) const {
  line += ',';
  AppendText(line, key_);
  line += ':';
  std::visit(AppendValue{line}, value_);
}

bool LogEnabled(LogLevel level) {
  return level != LogLevel::kOff && level >= current_level.load(std::memory_order_relaxed);
}

void SetLogLevel(LogLevel level) {
  current_level.store(level, std::memory_order_relaxed);
}

std::string FormatLogLine(LogLevel level, UnixMillis time, std::string_view text,
                          LogFields fields) {
  std::string line = "{\"time\":\"" + FormatTimestamp(time) + "\",\"level\":\"";
  line.append(LogLevelName(level)).append("\",\"text\":");
  AppendText(line, text);
  for (const LogField& field : fields) {
    const std::size_t before = line.size();
    field.AppendTo(line);
    if (line.size() + kCutMark.size() + 1 > kLogLineBytes) {
      line.resize(before);
      line += kCutMark;
      break;
    }
  }
  return line += '}';
}

void WriteLogLine(LogLevel level, std::string_view text, LogFields fields) {
  const std::string line = FormatLogLine(level, WallNow(), text, fields);
  Logger().log(SpdlogLevel(level), spdlog::string_view_t(line));
}

}  // namespace contextsync
