#include "core/ports/json_reader.h"

#include <nlohmann/json.hpp>

#include "core/base/hex.h"

namespace contextsync {
namespace {

std::optional<std::uint64_t> AsNumber(const Json& json) {
  if (json.is_number_unsigned()) return *json.get_ptr<const Json::number_unsigned_t*>();
  if (!json.is_number_integer()) return std::nullopt;
  const auto value = *json.get_ptr<const Json::number_integer_t*>();
  if (value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

const std::string* AsText(const Json& json) {
  return json.get_ptr<const Json::string_t*>();
}

}  // namespace

JsonReader::JsonReader(const Json& object) : object_(object) {
  if (!object.is_object()) Fail(Error(ErrorCode::kInvalidArgument, "is not an object"));
}

Status JsonReader::status() const {
  return error_ ? Status(*error_) : Status();
}

void JsonReader::Fail(Error error) {
  if (!error_) error_ = std::move(error);
}

Error JsonReader::Invalid(std::string_view name, std::string_view what) {
  return {ErrorCode::kInvalidArgument, std::string(name) + " " + std::string(what)};
}

const Json* JsonReader::Find(std::string_view name) const {
  if (!ok()) return nullptr;
  const auto it = object_.find(name);
  return it == object_.end() || it->is_null() ? nullptr : &*it;
}

const Json* JsonReader::Required(std::string_view name) {
  const Json* json = Find(name);
  if (json == nullptr) Fail(Invalid(name, "is missing"));
  return json;
}

std::vector<const Json*> JsonReader::Elements(std::string_view name) {
  std::vector<const Json*> elements;
  const Json* json = Required(name);
  if (json == nullptr) return elements;
  if (!json->is_array()) {
    Fail(Invalid(name, "is not a list"));
    return elements;
  }
  elements.reserve(json->size());
  for (const Json& element : *json)
    elements.push_back(&element);
  return elements;
}

std::string JsonReader::Text(std::string_view name) {
  const Json* json = Required(name);
  if (json == nullptr) return {};
  const std::string* text = AsText(*json);
  if (text == nullptr) Fail(Invalid(name, "is not a string"));
  return text == nullptr ? std::string() : *text;
}

std::uint64_t JsonReader::Number(std::string_view name, std::uint64_t most) {
  const Json* json = Required(name);
  if (json == nullptr) return 0;
  const std::optional<std::uint64_t> number = AsNumber(*json);
  if (!number) Fail(Invalid(name, "is not a whole number from 0 up"));
  if (number && *number > most) Fail(Invalid(name, "is too large"));
  return ok() ? *number : 0;
}

std::string JsonReader::Hex(std::string_view name, std::size_t digits) {
  std::string text = Text(name);
  if (ok() && !IsHex(text, digits)) {
    Fail(Invalid(name, "is not " + std::to_string(digits) + " lower-case hex digits"));
  }
  return ok() ? text : std::string();
}

std::uint64_t JsonReader::Hex16(std::string_view name) {
  return FromHex16(Hex(name, 16)).value_or(0);
}

UnixMillis JsonReader::Timestamp(std::string_view name) {
  const std::string text = Text(name);
  if (!ok()) return 0;
  const std::optional<UnixMillis> time = ParseTimestamp(text);
  if (!time) Fail(Invalid(name, "is not an RFC 3339 time"));
  return time.value_or(0);
}

UnixMillis JsonReader::Millis(std::string_view name) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<UnixMillis>::max());
  return static_cast<UnixMillis>(Number(name, kMost));
}

std::string JsonReader::TextOr(std::string_view name, std::string fallback) {
  return Has(name) ? Text(name) : std::move(fallback);
}

std::uint64_t JsonReader::NumberOr(std::string_view name, std::uint64_t fallback) {
  return Has(name) ? Number(name) : fallback;
}

std::string JsonReader::HexOr(std::string_view name, std::size_t digits, std::string fallback) {
  return Has(name) ? Hex(name, digits) : std::move(fallback);
}

bool JsonReader::BoolOr(std::string_view name, bool fallback) {
  const Json* json = Find(name);
  if (json == nullptr) return fallback;
  const bool* value = json->get_ptr<const Json::boolean_t*>();
  if (value == nullptr) Fail(Invalid(name, "is not true or false"));
  return value == nullptr ? fallback : *value;
}

Result<std::string> TextFromJson(const Json& json) {
  const std::string* text = AsText(json);
  if (text == nullptr) return Error(ErrorCode::kInvalidArgument, "is not a string");
  return *text;
}

Result<DeviceId> DeviceFromJson(const Json& json) {
  const std::string* text = AsText(json);
  const auto device = text == nullptr ? std::nullopt : FromHex16(*text);
  if (!device) return Error(ErrorCode::kInvalidArgument, "is not 16 lower-case hex digits");
  return DeviceId(*device);
}

}  // namespace contextsync
