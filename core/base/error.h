// Error: the one way anything here fails. A code the program acts on and a message for people.

#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace contextsync {

enum class ErrorCode {
  kInvalidArgument,
  kNotFound,
  kAlreadyExists,
  kConflict,
  kUnavailable,
  kTimeout,
  kUnauthorized,
  kStorageFull,
  kCorruption,
  kCancelled,
  kInternal,
};

/// What went wrong. Foreign errors (RocksDB, curl, Asio, errno) become an Error in exactly one file
/// each.
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }

  /// True when the same call may succeed later without any change by the caller.
  [[nodiscard]] bool retriable() const noexcept {
    return code_ == ErrorCode::kUnavailable || code_ == ErrorCode::kTimeout;
  }

  /// Prefixes the message: "push batch 7: connection refused".
  Error WithContext(std::string_view what) && {
    message_.insert(0, ": ").insert(0, what);
    return std::move(*this);
  }

 private:
  ErrorCode code_;
  std::string message_;
};

}  // namespace contextsync
