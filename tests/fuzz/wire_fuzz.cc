// Any text as a message between notebook and hub, either way: what is read can be written, and
// reads back as the same message.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "core/ports/hub_wire.h"

namespace contextsync {
namespace {

template <typename Message>
void CheckMessage(const Json& json, Result<Message> (*read)(const Json&)) {
  const auto message = read(json);
  if (!message.ok()) return;
  const Json written = ToJson(message.value());
  const auto again = read(written);
  CONTEXTSYNC_CHECK(again.ok());
  CONTEXTSYNC_CHECK(CanonicalBytes(ToJson(again.value())) == CanonicalBytes(written));
}

}  // namespace
}  // namespace contextsync

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace contextsync;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the fuzzer's interface gives
  // bytes.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = ParseMessage(text, kWireJsonLimits);
  if (!parsed.ok() || parsed.value().defect) return 0;
  const Json& json = *parsed.value().value;
  CheckMessage(json, &HelloRequestFromJson);
  CheckMessage(json, &HelloResponseFromJson);
  CheckMessage(json, &PushRequestFromJson);
  CheckMessage(json, &PushResponseFromJson);
  CheckMessage(json, &ChangesPageFromJson);
  CheckMessage(json, &SnapshotPageFromJson);
  CheckMessage(json, &FeedItemFromJson);
  CheckMessage(json, &ConflictRecordFromJson);
  CheckMessage(json, &EventFrameFromJson);
  static_cast<void>(FailureFromHttp(409, &json, std::nullopt));
  return 0;
}
