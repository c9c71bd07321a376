// TokenWatch: notices a new token in the token file while the process runs, so that a notebook
// whose token expired goes on as soon as somebody stores another one.

#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "core/base/mutex.h"

namespace contextsync {

class TokenWatch {
 public:
  /// `on_change` runs on the watch's own thread, with a token unlike the last one. A file that
  /// cannot be read, or holds none, changes nothing.
  TokenWatch(std::filesystem::path file, std::string token,
             std::function<void(const std::string&)> on_change);

  /// No call runs or follows after it returned.
  ~TokenWatch();

  TokenWatch(const TokenWatch&) = delete;
  TokenWatch& operator=(const TokenWatch&) = delete;

 private:
  void Watch(const std::stop_token& stop);
  void Look();

  // Constant after construction.
  const std::filesystem::path file_;
  const std::function<void(const std::string&)> on_change_;

  std::string token_;  // of the watch's thread
  Mutex mu_;
  CondVar stopped_;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace contextsync
