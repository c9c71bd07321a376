// ByteWriter and ByteReader: the binary building blocks of stored records. Varints are LEB128;
// texts are length-prefixed; big-endian numbers sort as numbers in keys.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace contextsync {

class ByteWriter {
 public:
  void U8(std::uint8_t value);
  void Varint(std::uint64_t value);
  void Fixed64(std::uint64_t value);  // big-endian
  void Text(std::string_view text);   // varint length, then the bytes
  void Raw(std::string_view bytes) { out_.append(bytes); }

  [[nodiscard]] std::string Take() && { return std::move(out_); }
  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  std::string out_;
};

/// Reads what ByteWriter wrote. The first malformed field makes every later read return zero or
/// empty and `ok()` false, so a decoder checks once at its end.
///
/// Lifetime: views returned point into the bytes given to the constructor.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t U8();
  std::uint64_t Varint();
  std::uint64_t Fixed64();
  std::string_view Text();

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool AtEnd() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view Take(std::size_t count);

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace contextsync
