#include "core/text/fields.h"

#include <nlohmann/json.hpp>

#include "core/document/pointer.h"

namespace contextsync {

std::string FieldPlace::Text() const {
  if (is_id_) return "@id";
  std::string pointer;
  for (const auto& step : steps_) {
    if (const auto* const* key = std::get_if<const std::string*>(&step)) {
      pointer = AppendSegment(pointer, **key);
    } else {
      pointer = AppendSegment(pointer, std::to_string(std::get<std::size_t>(step)));
    }
  }
  return pointer;
}

/// Recursion is as deep as the data, which limits::kDataDepth bounds.
class FieldWalk {
 public:
  explicit FieldWalk(const FieldVisitor& visit) : visit_(visit) {}

  void Id(std::string_view id) {
    place_.is_id_ = true;
    visit_(id, place_);
    place_.is_id_ = false;
  }

  void Value(const Json& value) {
    if (value.is_string()) {
      visit_(value.get_ref<const std::string&>(), place_);
    } else if (value.is_object()) {
      Object(value);
    } else if (value.is_array()) {
      Array(value);
    }
  }

 private:
  void Object(const Json& object) {
    for (auto member = object.begin(); member != object.end(); ++member) {
      place_.steps_.emplace_back(&member.key());
      visit_(member.key(), place_);
      Value(*member);
      place_.steps_.pop_back();
    }
  }

  void Array(const Json& array) {
    for (std::size_t index = 0; index < array.size(); ++index) {
      place_.steps_.emplace_back(index);
      Value(array[index]);
      place_.steps_.pop_back();
    }
  }

  const FieldVisitor& visit_;
  FieldPlace place_;
};

void VisitFields(std::string_view id, const Json& data, const FieldVisitor& visit) {
  FieldWalk walk(visit);
  walk.Id(id);
  walk.Value(data);
}

}  // namespace contextsync
