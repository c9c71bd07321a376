#include "storage/rocks/rocks_log.h"

#include <array>
#include <cstdio>
#include <string_view>

#include "core/base/log.h"

namespace contextsync {
namespace {

constexpr std::size_t kLineBytes = 512;

/// RocksDB's warnings are mostly advice, so everything steps down by one.
LogLevel OurLevel(rocksdb::InfoLogLevel level) {
  switch (level) {
    case rocksdb::InfoLogLevel::FATAL_LEVEL:
      return LogLevel::kError;
    case rocksdb::InfoLogLevel::ERROR_LEVEL:
      return LogLevel::kWarning;
    case rocksdb::InfoLogLevel::WARN_LEVEL:
      return LogLevel::kInfo;
    default:
      return LogLevel::kDebug;
  }
}

}  // namespace

RocksLog::RocksLog() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

void RocksLog::Logv(const char* format, std::va_list arguments) {
  Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, arguments);
}

void RocksLog::Logv(rocksdb::InfoLogLevel level, const char* format, std::va_list arguments) {
  if (level < GetInfoLogLevel() || !LogEnabled(OurLevel(level))) return;
  std::array<char, kLineBytes> line{};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"  // the format is RocksDB's own
  const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
#pragma GCC diagnostic pop
  if (length <= 0) return;
  std::string_view text(line.data());
  while (text.ends_with('\n'))
    text.remove_suffix(1);
  WriteLogLine(OurLevel(level), "rocksdb", {{"text", text}});
}

}  // namespace contextsync
