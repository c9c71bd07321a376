// Log lines: one line is one ASCII JSON object on stderr, safe to show in any terminal. stdout
// belongs to the protocol and is never written here.

#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/timestamp.h"

namespace contextsync {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError, kOff };

std::string_view LogLevelName(LogLevel level);

/// Nothing when `name` is none of debug, info, warning, error, off.
std::optional<LogLevel> ParseLogLevel(std::string_view name);

/// A named value of a log line. Texts may come from anywhere: they are escaped and cut.
///
/// Lifetime: views; a field lives as long as the statement that logs it.
class LogField {
 public:
  LogField(std::string_view key, std::string_view text) : key_(key), value_(text) {}
  LogField(std::string_view key, const char* text) : key_(key), value_(std::string_view(text)) {}
  LogField(std::string_view key, const std::string& text)
      : key_(key), value_(std::string_view(text)) {}
  LogField(std::string_view key, bool value) : key_(key), value_(value) {}
  LogField(std::string_view key, double value) : key_(key), value_(value) {}
  template <std::signed_integral T>
  LogField(std::string_view key, T value) : key_(key), value_(static_cast<std::int64_t>(value)) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) LogField(std::string_view key, T value)
      : key_(key), value_(static_cast<std::uint64_t>(value)) {}

  void AppendTo(std::string& line) const;

 private:
  std::string_view key_;
  std::variant<std::string_view, bool, double, std::int64_t, std::uint64_t> value_;
};

using LogFields = std::initializer_list<LogField>;

/// Longest text of one field and of one whole line, in bytes before escaping and after it.
inline constexpr std::size_t kLogTextBytes = 256;
inline constexpr std::size_t kLogLineBytes = 4096;

/// True when a line of `level` would be written. Default level: warning. Any thread; one atomic
/// load.
bool LogEnabled(LogLevel level);

/// Any thread, at any time.
void SetLogLevel(LogLevel level);

/// The JSON object of one line, without the newline. Whole fields are left out, and `"cut":true`
/// added, when they would not fit into kLogLineBytes.
std::string FormatLogLine(LogLevel level, UnixMillis time, std::string_view text, LogFields fields);

/// Writes one line. Never fails and never throws; a line that cannot be written is lost.
/// Thread-safety: any thread; lines never mix.
void WriteLogLine(LogLevel level, std::string_view text, LogFields fields);

}  // namespace contextsync

/// CONTEXTSYNC_LOG(kWarning, "push refused", {{"seq", seq}, {"reason", reason}}) or without fields.
/// The fields are not evaluated while the level is off.
#define CONTEXTSYNC_LOG(level, ...)                                                    \
  do {                                                                                 \
    if (::contextsync::LogEnabled(::contextsync::LogLevel::level)) {                   \
      ::contextsync::log_internal::Write(::contextsync::LogLevel::level, __VA_ARGS__); \
    }                                                                                  \
  } while (false)

namespace contextsync::log_internal {

inline void Write(LogLevel level, std::string_view text, LogFields fields = {}) {
  WriteLogLine(level, text, fields);
}

}  // namespace contextsync::log_internal
