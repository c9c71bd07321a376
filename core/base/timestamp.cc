#include "core/base/timestamp.h"

#include <algorithm>
#include <chrono>

namespace contextsync {

namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr UnixMillis kMillisPerDay = 86'400'000;
constexpr UnixMillis kYearZero = -62'167'219'200'000;
constexpr UnixMillis kYear9999End = 253'402'300'799'999;

/// Reads fixed-width fields from the front of a text.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  bool Digits(std::size_t count, int& value) {
    if (rest_.size() < count) return false;
    value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }

  bool Any(std::string_view choices) {
    if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  [[nodiscard]] char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool ReadFraction(FieldReader& in, int& millis) {
  millis = 0;
  if (!in.Any(".")) return true;
  int digit = 0;
  int count = 0;
  for (; in.front() >= '0' && in.front() <= '9'; ++count) {
    if (count == 9 || !in.Digits(1, digit)) return false;
    if (count < 3) millis = millis * 10 + digit;
  }
  for (int i = count; i < 3; ++i)
    millis *= 10;
  return count > 0;
}

bool ReadOffset(FieldReader& in, int& minutes) {
  minutes = 0;
  if (in.Any("Zz")) return true;
  const bool negative = in.front() == '-';
  int hour = 0;
  int minute = 0;
  if (!in.Any("+-") || !in.Digits(2, hour) || !in.Any(":") || !in.Digits(2, minute)) return false;
  if (hour > 23 || minute > 59) return false;
  minutes = (hour * 60 + minute) * (negative ? -1 : 1);
  return true;
}

}  // namespace

std::string FormatTimestamp(UnixMillis time) {
  time = std::clamp(time, kYearZero, kYear9999End);
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::milliseconds(time));
  const year_month_day date{sys_days(days)};
  const auto in_day = static_cast<int>(time - days.count() * kMillisPerDay);
  std::string text = "0000-00-00T00:00:00.000Z";
  // Every answer holds a few of these, and printf is slow.
  const auto put_before = [&text](std::size_t end, int value) {
    for (; value > 0; value /= 10)
      text[--end] = static_cast<char>('0' + value % 10);
  };
  put_before(4, static_cast<int>(date.year()));
  put_before(7, static_cast<int>(static_cast<unsigned>(date.month())));
  put_before(10, static_cast<int>(static_cast<unsigned>(date.day())));
  put_before(13, in_day / 3'600'000);
  put_before(16, in_day / 60'000 % 60);
  put_before(19, in_day / 1'000 % 60);
  put_before(23, in_day % 1'000);
  return text;
}

std::optional<UnixMillis> ParseTimestamp(std::string_view text) {
  FieldReader in(text);
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, millis = 0, offset = 0;
  const bool read = in.Digits(4, y) && in.Any("-") && in.Digits(2, mo) && in.Any("-") &&
                    in.Digits(2, d) && in.Any("Tt ") && in.Digits(2, h) && in.Any(":") &&
                    in.Digits(2, mi) && in.Any(":") && in.Digits(2, s) &&
                    ReadFraction(in, millis) && ReadOffset(in, offset) && in.empty();
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)),
                            day(static_cast<unsigned>(d))};
  if (!read || !date.ok() || h > 23 || mi > 59 || s > 60) return std::nullopt;
  const UnixMillis days = sys_days(date).time_since_epoch().count();
  return days * kMillisPerDay + ((h * 60 + mi - offset) * 60 + s) * UnixMillis{1'000} + millis;
}

}  // namespace contextsync
