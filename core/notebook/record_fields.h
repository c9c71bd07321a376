// Writing and reading the fields that several records share. One function per field type, called in
// the same order by writer and reader: a record is one list of fields, used for both directions.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/document/codec.h"
#include "core/notebook/requests.h"

namespace contextsync {

class FieldWriter {
 public:
  explicit FieldWriter(std::uint8_t format) { bytes_.U8(format); }

  void operator()(const std::string& text) { bytes_.Text(text); }
  void operator()(std::uint64_t number) { bytes_.Varint(number); }
  void operator()(std::uint8_t number) { bytes_.U8(number); }
  void operator()(std::uint32_t number) { bytes_.Varint(number); }
  void operator()(std::int64_t number) { bytes_.Fixed64(static_cast<std::uint64_t>(number)); }
  void operator()(bool flag) { bytes_.U8(flag ? 1 : 0); }
  void operator()(Hlc hlc) { bytes_.Fixed64(hlc.value); }
  void operator()(DeviceId device) { bytes_.Fixed64(device.value); }
  void operator()(const LeftOut& left_out) {
    bytes_.Text(left_out.empty() ? std::string() : EncodeState(left_out.delta()));
  }
  template <typename Tag>
  void operator()(StrongNumber<Tag> number) {
    bytes_.Varint(number.value);
  }
  template <typename Tag>
  void operator()(const StrongText<Tag>& text) {
    bytes_.Text(text.value);
  }
  template <typename E>
  requires std::is_enum_v<E>
  void operator()(E value) { bytes_.U8(static_cast<std::uint8_t>(value)); }
  template <typename T>
  void operator()(const std::optional<T>& value) {
    (*this)(value.has_value());
    if (value) (*this)(*value);
  }
  template <typename T>
  void operator()(const std::vector<T>& values) {
    bytes_.Varint(values.size());
    for (const auto& value : values)
      (*this)(value);
  }
  template <typename T>
  requires std::is_class_v<T>
  void operator()(const T& record) {
    // VisitFields takes its record mutable, to serve the reader as well; a writer changes nothing.
    VisitFields(const_cast<T&>(record), *this);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  }

  std::string Take() { return std::move(bytes_).Take(); }

 private:
  ByteWriter bytes_;
};

class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : bytes_(bytes), format_(bytes_.U8()) {}

  [[nodiscard]] std::uint8_t format() const { return format_; }

  void operator()(std::string& text) { text = bytes_.Text(); }
  void operator()(std::uint64_t& number) { number = bytes_.Varint(); }
  void operator()(std::uint8_t& number) { number = bytes_.U8(); }
  void operator()(std::uint32_t& number) { number = static_cast<std::uint32_t>(bytes_.Varint()); }
  void operator()(std::int64_t& number) { number = static_cast<std::int64_t>(bytes_.Fixed64()); }
  void operator()(bool& flag) {
    const auto byte = bytes_.U8();
    flag = byte == 1;
    if (byte > 1) damaged_ = true;
  }
  void operator()(Hlc& hlc) { hlc.value = bytes_.Fixed64(); }
  void operator()(DeviceId& device) { device.value = bytes_.Fixed64(); }
  void operator()(LeftOut& left_out) {
    left_out = LeftOut();
    const std::string_view bytes = bytes_.Text();
    if (bytes.empty()) return;
    Result<Delta> delta = DecodeState(bytes);
    if (!delta.ok()) {
      damaged_ = true;
      return;
    }
    left_out = LeftOut(std::move(delta).value());
  }
  template <typename Tag>
  void operator()(StrongNumber<Tag>& number) {
    number.value = bytes_.Varint();
  }
  template <typename Tag>
  void operator()(StrongText<Tag>& text) {
    text.value = bytes_.Text();
  }
  template <typename E>
  requires std::is_enum_v<E>
  void operator()(E& value) {
    const auto byte = bytes_.U8();
    if (byte > kLargestEnumerator) damaged_ = true;
    value = static_cast<E>(byte);
  }
  template <typename T>
  void operator()(std::optional<T>& value) {
    bool present = false;
    (*this)(present);
    value.reset();
    if (present) (*this)(value.emplace());
  }
  template <typename T>
  void operator()(std::vector<T>& values) {
    values.clear();
    for (std::uint64_t left = bytes_.Varint(); left > 0 && ok(); --left)
      (*this)(values.emplace_back());
  }
  template <typename T>
  requires std::is_class_v<T>
  void operator()(T& record) { VisitFields(record, *this); }

  [[nodiscard]] bool ok() const { return bytes_.ok() && !damaged_; }
  [[nodiscard]] bool IsComplete() const { return ok() && bytes_.AtEnd(); }

 private:
  // No stored enumeration has more members; larger bytes are damage.
  static constexpr std::uint8_t kLargestEnumerator = 7;

  ByteReader bytes_;
  std::uint8_t format_;
  bool damaged_ = false;
};

}  // namespace contextsync
