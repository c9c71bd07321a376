#include "core/tools/argument_reader.h"

#include <algorithm>
#include <charconv>

#include "core/base/limits.h"
#include "core/document/pointer.h"

namespace contextsync {

namespace {

std::optional<std::int64_t> DecimalText(std::string_view text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<std::int64_t> IntegerValue(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return INT64_MAX;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_string()) return DecimalText(value.get_ref<const std::string&>());
  return std::nullopt;
}

std::optional<bool> BooleanValue(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

std::string Trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const auto comma = text.find(',');
    auto part = Trimmed(text.substr(0, comma));
    if (!part.empty()) parts.push_back(std::move(part));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::string SizeMessage(const char* name, std::size_t limit, std::size_t actual) {
  return std::string("`") + name + "` is " + std::to_string(actual) + " bytes; the limit is " +
         std::to_string(limit) + ".";
}

Refusal TooLarge(const char* name, std::size_t limit, std::size_t actual) {
  return {RefusalCode::kTooLarge,
          SizeMessage(name, limit, actual),
          "Split it into several calls, or shorten it.",
          {{"what", name}, {"limit", limit}, {"actual", actual}}};
}

std::string_view MeaningOf(JsonDefectKind kind) {
  switch (kind) {
    case JsonDefectKind::kDuplicateKey:
      return "A key appears twice in one object.";
    case JsonDefectKind::kNumberChanges:
      return "A number would change when stored; send it as text.";
    case JsonDefectKind::kNulInKey:
      return "A key holds U+0000.";
    case JsonDefectKind::kKeyTooLong:
      return "A key is too long.";
  }
  return "A value could not be stored unchanged.";
}

/// The path is that of the object around the key: the key itself may be of any length.
Refusal KeyTooLong(const JsonDefect& defect) {
  const auto cut = std::min(defect.pointer.rfind('/'), defect.pointer.size());
  const auto segments = SplitPointer(defect.pointer).value_or(std::vector<std::string>{""});
  return {RefusalCode::kTooLarge,
          std::string(MeaningOf(defect.kind)),
          "Shorten the key, or make it a value.",
          {{"what", "key_bytes"},
           {"limit", limits::kKeyBytes},
           {"actual", segments.back().size()},
           {"path", defect.pointer.substr(0, cut)}}};
}

}  // namespace

Refusal DefectRefusal(std::string_view parameter, const JsonDefect& defect) {
  if (defect.kind == JsonDefectKind::kKeyTooLong) return KeyTooLong(defect);
  return {RefusalCode::kInvalidArgument,
          std::string(MeaningOf(defect.kind)),
          "Correct the value at `path` in `" + std::string(parameter) + "` and call again.",
          {{"parameter", parameter}, {"path", defect.pointer}}};
}

const Json* ArgumentReader::Find(std::string_view name) const {
  const auto found = arguments_.find(name);
  return found == arguments_.end() ? nullptr : &*found;
}

bool ArgumentReader::Has(std::string_view name) const {
  return Find(name) != nullptr;
}

void ArgumentReader::Refuse(Refusal refusal) {
  if (!refusal_) refusal_ = std::move(refusal);
}

void ArgumentReader::RefuseArgument(const char* name, const std::string& message, Json details) {
  details["parameter"] = name;
  Refuse({RefusalCode::kInvalidArgument, message, "", std::move(details)});
}

std::optional<std::string> ArgumentReader::AnyText(const char* name) {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  RefuseArgument(name, std::string("`") + name + "` must be text.");
  return std::nullopt;
}

std::optional<std::string> ArgumentReader::Text(const char* name, std::size_t max_bytes) {
  auto text = AnyText(name);
  if (!text || text->size() <= max_bytes) return text;
  RefuseArgument(name, SizeMessage(name, max_bytes, text->size()), {{"limit", max_bytes}});
  return std::nullopt;
}

std::optional<std::string> ArgumentReader::StoredText(const char* name, std::size_t max_bytes) {
  auto text = AnyText(name);
  if (!text || text->size() <= max_bytes) return text;
  Refuse(TooLarge(name, max_bytes, text->size()));
  return std::nullopt;
}

std::string ArgumentReader::RequiredText(const char* name, std::size_t max_bytes) {
  return Required(name, Text(name, max_bytes));
}

std::string ArgumentReader::RequiredStoredText(const char* name, std::size_t max_bytes) {
  return Required(name, StoredText(name, max_bytes));
}

std::string ArgumentReader::Required(const char* name, std::optional<std::string> text) {
  if (!text && !refusal_) {
    Refuse({RefusalCode::kMissingField,
            std::string("`") + name + "` is required here.",
            std::string("Call again with `") + name + "`.",
            {{"parameter", name}}});
  }
  return std::move(text).value_or("");
}

bool ArgumentReader::Boolean(const char* name, bool fallback) {
  const Json* value = Find(name);
  if (value == nullptr) return fallback;
  const auto boolean = BooleanValue(*value);
  if (!boolean) RefuseArgument(name, std::string("`") + name + "` must be true or false.");
  return boolean.value_or(fallback);
}

std::optional<std::int64_t> ArgumentReader::Integer(const char* name, std::int64_t min,
                                                    std::int64_t max) {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  const auto number = IntegerValue(*value);
  if (number && *number >= min && *number <= max) return number;
  const auto range = std::to_string(min) + "–" + std::to_string(max);
  RefuseArgument(name, std::string("`") + name + "` must be an integer in " + range + ".",
                 {{"limit", {{"min", min}, {"max", max}}}});
  return std::nullopt;
}

std::size_t ArgumentReader::PageLimit() {
  constexpr std::int64_t kMax = 500;
  constexpr std::int64_t kDefault = 50;
  return static_cast<std::size_t>(Integer("limit", 1, kMax).value_or(kDefault));
}

std::optional<std::string> ArgumentReader::Choice(const char* name,
                                                  std::initializer_list<std::string_view> allowed) {
  auto text = Text(name, limits::kKiB);
  if (!text || std::find(allowed.begin(), allowed.end(), *text) != allowed.end()) return text;
  Json names = Json::array();
  std::string listed;
  for (const auto choice : allowed) {
    names.push_back(choice);
    listed.append(listed.empty() ? "" : ", ").append(choice);
  }
  RefuseArgument(name, std::string("`") + name + "` must be one of " + listed + ".",
                 {{"allowed", std::move(names)}});
  return std::nullopt;
}

std::optional<UnixMillis> ArgumentReader::Time(const char* name) {
  const auto text = Text(name, limits::kKiB);
  if (!text) return std::nullopt;
  const auto time = ParseTimestamp(*text);
  if (!time) {
    RefuseArgument(name,
                   std::string("`") + name + "` must be a time such as 2026-11-22T12:00:00Z.");
  }
  return time;
}

std::optional<Json> ArgumentReader::Container(const char* name, bool want_object) {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  const auto fits = [want_object](const Json& json) {
    return want_object ? json.is_object() : json.is_array();
  };
  if (fits(*value)) return *value;
  const char* kind = want_object ? "an object" : "a list";
  if (!value->is_string()) {
    RefuseArgument(name, std::string("`") + name + "` must be " + kind + ".");
    return std::nullopt;
  }
  auto parsed =
      ParseMessage(value->get_ref<const std::string&>(), {.depth = limits::kMessageDepth});
  if (!parsed.ok()) {
    RefuseArgument(name, std::string("`") + name + "` is text that does not hold JSON: " +
                             parsed.error().message() + ".");
    return std::nullopt;
  }
  if (const auto& defect = parsed.value().defect) {
    Refuse(DefectRefusal(name, *defect));
    return std::nullopt;
  }
  if (fits(*parsed.value().value)) return std::move(*parsed.value().value);
  RefuseArgument(name, std::string("`") + name + "` must be " + kind + ".");
  return std::nullopt;
}

std::optional<Json> ArgumentReader::Object(const char* name, std::size_t max_bytes) {
  auto object = Container(name, /*want_object=*/true);
  if (!object) return std::nullopt;
  const auto depth = Depth(*object);
  if (depth > limits::kDataDepth) {
    Refuse({RefusalCode::kTooDeep,
            std::string("`") + name + "` nests " + std::to_string(depth) +
                " levels deep; the limit is " + std::to_string(limits::kDataDepth) + ".",
            "Flatten the value, or store the deep part as text.",
            {{"limit", limits::kDataDepth}}});
    return std::nullopt;
  }
  if (!Fits(name, *object, max_bytes)) return std::nullopt;
  return object;
}

std::optional<Json> ArgumentReader::List(const char* name, std::size_t max_bytes) {
  auto list = Container(name, /*want_object=*/false);
  if (!list || !Fits(name, *list, max_bytes)) return std::nullopt;
  return list;
}

bool ArgumentReader::Fits(const char* name, const Json& value, std::size_t max_bytes) {
  const auto bytes = CanonicalBytes(value).size();
  if (bytes > max_bytes) Refuse(TooLarge(name, max_bytes, bytes));
  return bytes <= max_bytes;
}

std::vector<std::string> ArgumentReader::TextList(const char* name) {
  const Json* value = Find(name);
  if (value == nullptr) return {};
  if (value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    if (text.empty() || text.front() != '[') return SplitAtCommas(text);
  }
  const auto list = Container(name, /*want_object=*/false);
  std::vector<std::string> texts;
  for (const auto& element : list.value_or(Json::array())) {
    if (!element.is_string()) {
      RefuseArgument(name, std::string("`") + name + "` must be a list of texts.");
      return {};
    }
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

}  // namespace contextsync
