#include "core/base/bytes.h"

namespace contextsync {

void ByteWriter::U8(std::uint8_t value) {
  out_ += static_cast<char>(value);
}

void ByteWriter::Varint(std::uint64_t value) {
  for (; value >= 0x80U; value >>= 7U)
    U8(static_cast<std::uint8_t>(value | 0x80U));
  U8(static_cast<std::uint8_t>(value));
}

void ByteWriter::Fixed64(std::uint64_t value) {
  for (unsigned shift = 64; shift != 0; shift -= 8) {
    U8(static_cast<std::uint8_t>(value >> (shift - 8)));
  }
}

void ByteWriter::Text(std::string_view text) {
  Varint(text.size());
  Raw(text);
}

std::string_view ByteReader::Take(std::size_t count) {
  if (!ok_ || count > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const auto taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::uint8_t ByteReader::U8() {
  const auto byte = Take(1);
  return byte.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(byte.front());
}

std::uint64_t ByteReader::Varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint64_t byte = U8();
    value |= (byte & 0x7FU) << shift;
    if ((byte & 0x80U) != 0) continue;
    // One value has one encoding: no trailing zero group, no bits beyond the 64th.
    if ((byte == 0 && shift != 0) || (shift == 63 && byte > 1)) break;
    return ok_ ? value : 0;
  }
  ok_ = false;
  return 0;
}

std::uint64_t ByteReader::Fixed64() {
  std::uint64_t value = 0;
  for (const char c : Take(8))
    value = (value << 8U) | static_cast<std::uint8_t>(c);
  return value;
}

std::string_view ByteReader::Text() {
  return Take(Varint());
}

}  // namespace contextsync
