// Any text: what is parsed has one canonical form, which is its own; what reads as a delta survives
// every encoding.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "core/document/codec.h"
#include "core/document/json.h"
#include "core/document/render.h"
#include "core/document/wire.h"

namespace contextsync {
namespace {

void CheckCanonical(const Json& value) {
  const std::string once = CanonicalBytes(value);
  const auto again = ParseStrict(once, kWireJsonLimits);
  CONTEXTSYNC_CHECK(again.ok() && CanonicalBytes(again.value()) == once);
  CONTEXTSYNC_CHECK(ParseStrict(CompactText(value), kWireJsonLimits).ok());
}

void CheckDelta(const Json& json) {
  const auto delta = DeltaFromWire(json);
  if (!delta.ok()) return;
  const auto decoded = DecodeState(EncodeState(delta.value()));
  CONTEXTSYNC_CHECK(decoded.ok() && decoded.value() == delta.value());
  const auto reread = DeltaFromWire(DeltaToWire(delta.value()));
  CONTEXTSYNC_CHECK(reread.ok() && reread.value() == delta.value());
  State state;
  View view;
  ApplyDelta(state, view, delta.value());
  CONTEXTSYNC_CHECK(view == Render(state));
}

}  // namespace
}  // namespace contextsync

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace contextsync;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the fuzzer's interface gives
  // bytes.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = ParseMessage(text, kWireJsonLimits);
  if (parsed.ok() && !parsed.value().defect) {
    CheckCanonical(*parsed.value().value);
    CheckDelta(*parsed.value().value);
  }
  static_cast<void>(DecodeState(text));
  return 0;
}
