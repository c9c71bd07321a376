// Two notebooks that have greeted one hub.

#pragma once

#include <cstddef>

#include <gtest/gtest.h>

#include "tests/unit/notebook/fixture.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test {

/// For a push of whatever is pending.
inline constexpr std::size_t kAnyBytes = 1 << 20;

class SyncFixture : public ::testing::Test {
 protected:
  SyncFixture() : a_(true, 1), b_(true, 2) {
    Greet(*a_.notebook, hub_);
    Greet(*b_.notebook, hub_);
  }

  PushResponse Answer(Desk& desk) {
    return hub_.Push(desk.notebook->Position(), desk.notebook->NextPush(256, kAnyBytes).value());
  }
  PushEffects PushAll(Desk& desk) { return desk.notebook->NoteResults(Answer(desk)).value(); }
  PageEffects Pull(Desk& desk) {
    return desk.notebook->ApplyPage(hub_.Changes(desk.notebook->Position().cursor)).value();
  }

  TinyHub hub_;
  Desk a_;
  Desk b_;
};

}  // namespace contextsync::test
