// RocksLog: RocksDB's own messages in our log. Not a matter of taste: with its default log file the
// packaged build aborts the process when the disk is full.

#pragma once

#include <cstdarg>

#include "rocksdb/env.h"

namespace contextsync {

/// Thread-safety: any thread.
class RocksLog final : public rocksdb::Logger {
 public:
  RocksLog();

  using rocksdb::Logger::Logv;
  void Logv(const char* format, std::va_list arguments) override;
  void Logv(rocksdb::InfoLogLevel level, const char* format, std::va_list arguments) override;
};

}  // namespace contextsync
