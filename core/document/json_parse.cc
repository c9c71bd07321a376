// The parsing half of json.h. Limits are tested in the SAX callbacks, before a tree of that size
// exists.

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "core/document/number.h"
#include "core/document/pointer.h"

namespace contextsync {
namespace {

// Builds the tree on an explicit stack, so that input never decides how deep we recurse.
class TreeBuilder : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(Json& root, const JsonLimits& limits) : root_(root), limits_(limits) {}

  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] bool has_overflow() const { return has_overflow_; }
  [[nodiscard]] std::optional<JsonDefect> TakeDefect() { return std::move(defect_); }

  bool null() override { return Add(Json(nullptr)) != nullptr; }
  bool boolean(bool value) override { return Add(Json(value)) != nullptr; }
  bool number_integer(number_integer_t value) override { return Add(Json(value)) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return Add(Json(value)) != nullptr; }
  bool string(string_t& value) override { return Add(Json(std::move(value))) != nullptr; }
  bool binary(binary_t& /*value*/) override { return Fail("binary values are not JSON"); }

  bool number_float(number_float_t /*value*/, const string_t& literal) override {
    const NumberReading reading = ReadNumber(literal);
    const Json* added = Add(std::visit([](auto number) { return Json(number); }, reading.value));
    if (added == nullptr) return false;
    if (!reading.is_exact) {
      Note(JsonDefectKind::kNumberChanges, Here(), "would change when stored; send it as a string");
    }
    return true;
  }

  bool start_object(std::size_t /*elements*/) override { return Open(Json::object()); }
  bool start_array(std::size_t /*elements*/) override { return Open(Json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& key) override {
    Frame& frame = stack_.back();
    frame.key = std::move(key);
    if (frame.node->contains(frame.key)) {
      Note(JsonDefectKind::kDuplicateKey, Here(), "appears twice in one object");
    }
    if (frame.key.size() > limits_.key_bytes) {
      Note(JsonDefectKind::kKeyTooLong, Here(),
           "has a key above " + std::to_string(limits_.key_bytes) + " bytes");
    }
    if (frame.key.find('\0') != std::string::npos) {
      Note(JsonDefectKind::kNulInKey, Here(), "has U+0000 in its key");
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const Json::exception& error) override {
    constexpr int kNumberOverflow = 406;
    has_overflow_ = error.id == kNumberOverflow;
    return Fail("malformed JSON near byte " + std::to_string(position));
  }

 private:
  struct Frame {
    Json* node;
    std::string key;  // the member being read; unused in arrays
  };

  bool Fail(std::string why) {
    if (failure_.empty()) failure_ = std::move(why);
    return false;
  }

  // Where the last added value went; nullptr when there were too many.
  Json* Add(Json value) {
    if (++count_ > limits_.elements) {
      Fail("more than " + std::to_string(limits_.elements) + " values");
      return nullptr;
    }
    if (stack_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Frame& frame = stack_.back();
    if (frame.node->is_array())
      return &frame.node->get_ref<Json::array_t&>().emplace_back(std::move(value));
    return &(frame.node->get_ref<Json::object_t&>()[frame.key] = std::move(value));
  }

  bool Open(Json container) {
    if (stack_.size() >= limits_.depth)
      return Fail("nested deeper than " + std::to_string(limits_.depth));
    Json* added = Add(std::move(container));
    if (added == nullptr) return false;
    stack_.push_back({added, {}});
    return true;
  }

  bool Close() {
    stack_.pop_back();
    return true;
  }

  // Pointer of the value being read.
  [[nodiscard]] std::string Here() const {
    std::string pointer;
    for (const Frame& frame : stack_) {
      const bool is_array = frame.node->is_array();
      pointer =
          AppendSegment(pointer, is_array ? std::to_string(frame.node->size() - 1) : frame.key);
    }
    return pointer;
  }

  void Note(JsonDefectKind kind, std::string pointer, const std::string& what) {
    if (defect_) return;
    std::string message =
        "the value at " + (pointer.empty() ? std::string("the root") : pointer) + " " + what;
    defect_ = JsonDefect{kind, std::move(pointer), std::move(message)};
  }

  Json& root_;
  const JsonLimits limits_;
  std::vector<Frame> stack_;
  std::size_t count_ = 0;
  std::string failure_;
  bool has_overflow_ = false;
  std::optional<JsonDefect> defect_;
};

// The library stops at a number beyond all doubles, where we want to name its place. So such
// literals become one that the largest double is nearest to, but not equal.
std::string TameOverflow(std::string_view text) {
  constexpr std::string_view kLargest = "1.79769313486231571e308";
  constexpr std::string_view kNumberStart = "-0123456789";
  constexpr std::string_view kNumberChars = "+-.eE0123456789";
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    std::string_view token = text.substr(i, 1);
    if (in_string) {
      length = text[i] == '\\' ? 2 : 1;
      in_string = text[i] != '"';
      token = text.substr(i, length);
    } else if (text[i] == '"') {
      in_string = true;
    } else if (kNumberStart.find(text[i]) != std::string_view::npos) {
      length = std::min(text.find_first_not_of(kNumberChars, i), text.size()) - i;
      token = text.substr(i, length);
      if (IsBeyondDouble(token)) {
        out += text[i] == '-' ? "-" : "";
        token = kLargest;
      }
    }
    out += token;
    i += length;
  }
  return out;
}

struct Attempt {
  bool is_ok = false;
  bool has_overflow = false;
  std::string failure;
  ParsedJson parsed{std::make_shared<Json>(), std::nullopt};
};

Attempt TryParse(std::string_view text, const JsonLimits& limits) {
  Attempt attempt;
  TreeBuilder builder(*attempt.parsed.value, limits);
  attempt.is_ok = Json::sax_parse(text.begin(), text.end(), &builder);
  attempt.has_overflow = builder.has_overflow();
  attempt.failure = builder.failure();
  attempt.parsed.defect = builder.TakeDefect();
  return attempt;
}

}  // namespace

Result<ParsedJson> ParseMessage(std::string_view text, const JsonLimits& limits) {
  // The library takes a byte 0 for the end of the text and would ignore what follows.
  if (text.find('\0') != std::string_view::npos) {
    return Error(ErrorCode::kInvalidArgument, "byte 0 is not allowed in JSON");
  }
  Attempt attempt = TryParse(text, limits);
  if (attempt.has_overflow) attempt = TryParse(TameOverflow(text), limits);
  if (!attempt.is_ok) return Error(ErrorCode::kInvalidArgument, attempt.failure);
  return std::move(attempt.parsed);
}

Result<Json> ParseStrict(std::string_view text, const JsonLimits& limits) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(ParsedJson parsed, ParseMessage(text, limits));
  if (parsed.defect) return Error(ErrorCode::kInvalidArgument, parsed.defect->message);
  return std::move(*parsed.value);
}

}  // namespace contextsync
