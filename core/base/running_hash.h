// RunningHash: SHA-256 of bytes that come piece by piece.

#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace contextsync {

/// Thread-safety: one thread at a time.
class RunningHash {
 public:
  RunningHash();
  ~RunningHash();
  RunningHash(const RunningHash&) = delete;
  RunningHash& operator=(const RunningHash&) = delete;

  void Add(std::string_view bytes);

  /// 64 lower-case hex digits. Nothing may be called afterwards.
  std::string Finish();

 private:
  struct Context;
  const std::unique_ptr<Context> context_;
};

}  // namespace contextsync
