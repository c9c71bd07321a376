// The fields that several of the hub's rows share, in their stored form. Source:
// docs/storage_format.md#hub-tables

#pragma once

#include <string>

#include "core/base/bytes.h"
#include "core/base/timestamp.h"
#include "core/document/context_ref.h"

namespace contextsync {

inline bool ReadBool(ByteReader& in) {
  return in.U8() != 0;
}

inline std::string ReadText(ByteReader& in) {
  return std::string(in.Text());
}

inline UnixMillis ReadMillis(ByteReader& in) {
  return static_cast<UnixMillis>(in.Varint());
}

inline void WriteMillis(ByteWriter& out, UnixMillis time) {
  out.Varint(static_cast<std::uint64_t>(time));
}

inline void WriteContextRef(ByteWriter& out, const ContextRef& ref) {
  out.U8(static_cast<std::uint8_t>(ref.level));
  out.Text(ref.id);
}

inline bool ReadContextRef(ByteReader& in, ContextRef& ref) {
  const std::uint8_t level = in.U8();
  ref.level = static_cast<Level>(level);
  ref.id = ReadText(in);
  return level < kAllLevels.size();
}

}  // namespace contextsync
