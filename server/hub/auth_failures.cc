#include "server/hub/auth_failures.h"

namespace contextsync {

namespace {

constexpr std::chrono::minutes kWindow{1};

}  // namespace

std::optional<std::chrono::seconds> AuthFailures::Note(const std::string& address) {
  const Clock::Instant now = clock_.Now();
  Window& window = WindowOf(address, now);
  if (now - window.begin >= kWindow) window = {now, 0};
  if (++window.count <= per_minute_) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(window.begin + kWindow - now);
}

AuthFailures::Window& AuthFailures::WindowOf(const std::string& address, Clock::Instant now) {
  if (const auto found = windows_.find(address); found != windows_.end()) return found->second;
  if (windows_.size() >= kMaxAddresses) DropOld(now);
  const std::string key = windows_.size() >= kMaxAddresses ? std::string() : address;
  return windows_.try_emplace(key, Window{now, 0}).first->second;
}

void AuthFailures::DropOld(Clock::Instant now) {
  std::erase_if(windows_, [&](const auto& row) { return now - row.second.begin >= kWindow; });
}

}  // namespace contextsync
