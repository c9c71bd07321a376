#include "server/app/token_watch.h"

#include <chrono>
#include <utility>

#include "core/base/log.h"
#include "server/config/token_file.h"

namespace contextsync {

namespace {

// A person who stores a token looks at the light right after; a look costs one small read.
constexpr auto kLookPeriod = std::chrono::seconds(1);

}  // namespace

TokenWatch::TokenWatch(std::filesystem::path file, std::string token,
                       std::function<void(const std::string&)> on_change)
    : file_(std::move(file)),
      on_change_(std::move(on_change)),
      token_(std::move(token)),
      thread_([this](const std::stop_token& stop) { Watch(stop); }) {}

TokenWatch::~TokenWatch() {
  thread_.request_stop();
  {
    // Under the mutex, or the notification could fall between the test and the wait.
    const MutexLock lock(mu_);
    stopped_.NotifyAll();
  }
  thread_.join();
}

void TokenWatch::Watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Look();
    const auto until = std::chrono::steady_clock::now() + kLookPeriod;
    const MutexLock lock(mu_);
    while (!stop.stop_requested() && stopped_.WaitUntil(mu_, until)) {
    }
  }
}

void TokenWatch::Look() {
  auto found = ReadTokenFile(file_);
  if (!found.ok() || found.value() == token_) return;
  CONTEXTSYNC_LOG(kInfo, "the token file holds another token");
  token_ = std::move(found).value();
  on_change_(token_);
}

}  // namespace contextsync
