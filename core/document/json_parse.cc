// The parsing half of json.h. Limits are tested in the SAX callbacks, before a tree of that size
// exists.

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
    if (frame.key.find('\0') != std::string::npos) {
      Note(JsonDefectKind::kNulInKey, Here(), "has U+0000 in its key");
    }
    if (frame.key.size() > limits::kKeyBytes) {
      Note(JsonDefectKind::kKeyTooLong, Here(),
           "has a key above " + std::to_string(limits::kKeyBytes) + " bytes");
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const Json::exception& /*error*/) override {
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
  std::optional<JsonDefect> defect_;
};

}  // namespace

Result<ParsedJson> ParseMessage(std::string_view text, const JsonLimits& limits) {
  // The library takes a byte 0 for the end of the text and would ignore what follows.
  if (text.find('\0') != std::string_view::npos) {
    return Error(ErrorCode::kInvalidArgument, "byte 0 is not allowed in JSON");
  }
  ParsedJson parsed{std::make_shared<Json>(), std::nullopt};
  TreeBuilder builder(*parsed.value, limits);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    return Error(ErrorCode::kInvalidArgument, builder.failure());
  }
  parsed.defect = builder.TakeDefect();
  return parsed;
}

Result<Json> ParseStrict(std::string_view text, const JsonLimits& limits) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(ParsedJson parsed, ParseMessage(text, limits));
  if (parsed.defect) return Error(ErrorCode::kInvalidArgument, parsed.defect->message);
  return std::move(*parsed.value);
}

}  // namespace contextsync
