#include "server/hub/guarded_clock.h"

#include <cstdlib>

namespace contextsync {

namespace {

bool IsJump(UnixMillis from, UnixMillis to) {
  return std::abs(to - from) > std::chrono::milliseconds(GuardedClock::kMaxStep).count();
}

}  // namespace

GuardedClock::GuardedClock(const Clock& machine) : machine_(machine), offset_(Offset()) {}

UnixMillis GuardedClock::WallMillis() const {
  const UnixMillis offset = Offset();
  const UnixMillis believed = offset_.load();
  if (IsJump(believed, offset)) return machine_.BootTime().count() + believed;
  offset_.store(offset);
  return machine_.BootTime().count() + offset;
}

bool GuardedClock::HasJumped() const {
  return IsJump(offset_.load(), Offset());
}

}  // namespace contextsync
