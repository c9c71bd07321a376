// JsonReader: takes the members of one JSON object, range-checked. The first fault makes every
// later read return the empty value, so a decoder reads straight through and asks once at its end.

#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/base/timestamp.h"
#include "core/document/json.h"
#include "core/document/stamp.h"

namespace contextsync {

/// A member that is missing or null is absent. Members nobody asks for are ignored. Faults are
/// kInvalidArgument and name the member.
///
/// Lifetime: keeps a reference to `object`.
class JsonReader {
 public:
  explicit JsonReader(const Json& object);

  [[nodiscard]] bool ok() const { return !error_.has_value(); }

  /// The first fault, or success.
  [[nodiscard]] Status status() const;

  void Fail(Error error);

  // ── required members ──

  std::string Text(std::string_view name);
  std::uint64_t Number(std::string_view name,
                       std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
  std::string Hex(std::string_view name, std::size_t digits);
  std::uint64_t Hex16(std::string_view name);
  UnixMillis Timestamp(std::string_view name);  // RFC 3339
  UnixMillis Millis(std::string_view name);     // a number of milliseconds

  // ── optional members ──

  [[nodiscard]] const Json* Find(std::string_view name) const;
  [[nodiscard]] bool Has(std::string_view name) const { return Find(name) != nullptr; }
  std::string TextOr(std::string_view name, std::string fallback);
  std::uint64_t NumberOr(std::string_view name, std::uint64_t fallback);
  std::string HexOr(std::string_view name, std::size_t digits, std::string fallback);
  bool BoolOr(std::string_view name, bool fallback);

  // ── typed members ──

  /// The word `name` holds, as `parse` understands it. An unknown word is kInvalidArgument.
  template <typename Enum>
  Enum Word(std::string_view name, std::optional<Enum> (*parse)(std::string_view)) {
    const std::string text = Text(name);
    if (!ok()) return Enum{};
    const std::optional<Enum> value = parse(text);
    if (!value) Fail(Invalid(name, "is not a known word"));
    return value.value_or(Enum{});
  }

  /// The required value of `name`, as `read` decodes it.
  template <typename T>
  T Object(std::string_view name, Result<T> (*read)(const Json&)) {
    const Json* json = Required(name);
    return json == nullptr ? T{} : Decode(name, *json, read);
  }

  /// The required list `name`, each element as `read` decodes it.
  template <typename T>
  std::vector<T> List(std::string_view name, Result<T> (*read)(const Json&)) {
    std::vector<T> values;
    const std::vector<const Json*> elements = Elements(name);
    values.reserve(elements.size());
    for (std::size_t i = 0; i < elements.size() && ok(); ++i) {
      values.push_back(
          Decode(std::string(name) + "[" + std::to_string(i) + "]", *elements[i], read));
    }
    return values;
  }

 private:
  static Error Invalid(std::string_view name, std::string_view what);

  /// The member, or nullptr and a fault (or an earlier one).
  const Json* Required(std::string_view name);

  /// The elements of the required list `name`.
  std::vector<const Json*> Elements(std::string_view name);

  template <typename T>
  T Decode(std::string_view name, const Json& json, Result<T> (*read)(const Json&)) {
    Result<T> value = read(json);
    if (value.ok()) return std::move(value).value();
    Fail(std::move(value).error().WithContext(name));
    return T{};
  }

  const Json& object_;
  std::optional<Error> error_;
};

/// Element readers for List().
Result<std::string> TextFromJson(const Json& json);
Result<DeviceId> DeviceFromJson(const Json& json);

}  // namespace contextsync
