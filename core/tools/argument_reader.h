// ArgumentReader: typed, lenient-one-way access to a call's arguments. The first fault sticks, so
// that an action reads all it needs and asks once. Source: docs/tools.md#arguments

#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/timestamp.h"
#include "core/document/json.h"
#include "core/notebook/refusal.h"

namespace contextsync {

/// The text was well formed, but what it holds could not be stored unchanged.
/// Precondition: `defect.pointer` counts from the value of `parameter`.
Refusal DefectRefusal(std::string_view parameter, const JsonDefect& defect);

/// Lenient: objects and lists may come as text holding JSON, booleans as "true"/"false"/"1"/"0",
/// integers as decimal text. Never: 3.9 as integer, true as number, a number out of range.
/// Lifetime: `arguments` must outlive the reader.
class ArgumentReader {
 public:
  explicit ArgumentReader(const Json& arguments) : arguments_(arguments) {}

  [[nodiscard]] bool Has(std::string_view name) const;

  /// Text that asks or names; too long is INVALID_ARGUMENT with the limit.
  std::optional<std::string> Text(const char* name, std::size_t max_bytes);
  std::string RequiredText(const char* name, std::size_t max_bytes);

  /// Text to be written; too long is TOO_LARGE.
  std::optional<std::string> StoredText(const char* name, std::size_t max_bytes);
  std::string RequiredStoredText(const char* name, std::size_t max_bytes);

  bool Boolean(const char* name, bool fallback);
  std::optional<std::int64_t> Integer(const char* name, std::int64_t min, std::int64_t max);

  /// `limit`: how many items a page may hold.
  std::size_t PageLimit();
  std::optional<std::string> Choice(const char* name,
                                    std::initializer_list<std::string_view> allowed);
  std::optional<UnixMillis> Time(const char* name);

  /// A JSON object. Checks depth, defects of text form, and `max_bytes` of canonical form.
  std::optional<Json> Object(const char* name, std::size_t max_bytes);

  /// A JSON list of at most `max_bytes` of canonical form.
  std::optional<Json> List(const char* name, std::size_t max_bytes);

  /// A list of texts; also one comma-separated text.
  std::vector<std::string> TextList(const char* name);

  /// The first fault, if any.
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }

  /// Notes a fault found by the caller.
  void Refuse(Refusal refusal);
  void RefuseArgument(const char* name, const std::string& message, Json details = Json::object());

 private:
  [[nodiscard]] const Json* Find(std::string_view name) const;
  std::optional<std::string> AnyText(const char* name);
  std::string Required(const char* name, std::optional<std::string> text);
  std::optional<Json> Container(const char* name, bool want_object);
  bool Fits(const char* name, const Json& value, std::size_t max_bytes);

  const Json& arguments_;
  std::optional<Refusal> refusal_;
};

}  // namespace contextsync
