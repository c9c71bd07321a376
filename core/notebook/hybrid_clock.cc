#include "core/notebook/hybrid_clock.h"

#include <algorithm>

#include "core/base/uuid.h"

namespace contextsync {

namespace {

// 9999-12-31T23:59:59.999Z: the last instant timestamps can show.
constexpr UnixMillis kLastMillis = 253'402'300'799'999;

}  // namespace

UnixMillis HubMillis(const Meta& meta, const Clock& clock) {
  return std::clamp<UnixMillis>(clock.WallMillis() + meta.offset_ms, 0, kLastMillis + 1);
}

std::optional<Hlc> Tick(Meta& meta, const Clock& clock) {
  const Hlc wall = Hlc::FromMillis(HubMillis(meta, clock));
  const Hlc next = std::max(Hlc{meta.hlc.value + 1}, wall);
  if (next.millis() > kLastMillis) return std::nullopt;
  meta.hlc = next;
  return next;
}

void Receive(Meta& meta, Hlc hlc) {
  meta.hlc = std::max(meta.hlc, hlc);
}

EntryId MintEntryId(Meta& meta, const Clock& clock, Random& random) {
  const auto millis = static_cast<std::uint64_t>(std::max<UnixMillis>(clock.WallMillis(), 0));
  EntryId id(MakeUuidV7(millis, random.Next(), random.Next()));
  if (!meta.last_id.empty() && id <= meta.last_id)
    id = EntryId(UuidV7After(meta.last_id.value, random.Next(), random.Next()));
  meta.last_id = id;
  return id;
}

DeviceId MintDevice(Random& random) {
  DeviceId device;
  while (device.value == 0)
    device.value = random.Next();  // zero means "none"
  return device;
}

}  // namespace contextsync
