#include "server/net/retry_after.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <curl/curl.h>

namespace contextsync {

namespace {

constexpr std::chrono::seconds kLongestRetryAfter = std::chrono::hours(24);
constexpr std::time_t kNoDate = -1;

char LowerCase(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::chrono::milliseconds Bounded(std::uint64_t seconds) {
  const auto most = static_cast<std::uint64_t>(kLongestRetryAfter.count());
  return std::chrono::seconds(std::min(seconds, most));
}

}  // namespace

std::optional<std::string_view> HeaderValue(std::string_view line, std::string_view name) {
  if (line.size() < name.size() || !std::equal(name.begin(), name.end(), line.begin(),
                                               [](char a, char b) { return a == LowerCase(b); }))
    return std::nullopt;
  constexpr std::string_view kBlank = " \t\r\n";
  line.remove_prefix(name.size());
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  return line.substr(0, line.find_last_not_of(kBlank) + 1);
}

std::optional<std::chrono::milliseconds> ParseRetryAfter(std::string_view value,
                                                         const std::string& date) {
  std::uint64_t seconds = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, seconds);
  if (stop == end && !value.empty()) {
    if (error == std::errc::result_out_of_range) return kLongestRetryAfter;
    if (error == std::errc()) return Bounded(seconds);
  }
  const std::time_t until = curl_getdate(std::string(value).c_str(), nullptr);
  if (until == kNoDate) return std::nullopt;
  const std::time_t told = curl_getdate(date.c_str(), nullptr);
  const std::time_t now = told == kNoDate ? std::time(nullptr) : told;
  return until <= now ? std::chrono::milliseconds(0)
                      : Bounded(static_cast<std::uint64_t>(until - now));
}

}  // namespace contextsync
