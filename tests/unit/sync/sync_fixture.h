// SyncFixture: an engine over a fake journal, hub and event channel, stepped under virtual time.

#pragma once

#include <algorithm>
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "core/sync/sync_engine.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/sync/fake_hub.h"
#include "tests/unit/sync/fake_replica.h"

namespace contextsync {

using namespace std::chrono_literals;

class FakeChannel final : public EventChannel {
 public:
  void Open(const EventsRequest& request, EventListener& listener) override {
    ++opened;
    last_request = request;
    if (refuses) return listener.OnClosed({});
    listener_ = &listener;
  }
  void Close() override { listener_ = nullptr; }

  [[nodiscard]] bool is_open() const { return listener_ != nullptr; }

  /// Precondition: is_open().
  void Send(const EventFrame& frame) { listener_->OnFrame(frame, 0ms); }
  void Break(HubFault fault = HubFault::kTransport) {
    HubFailure failure;
    failure.fault = fault;
    std::exchange(listener_, nullptr)->OnClosed(failure);
  }

  bool refuses = false;  // every attempt ends at once
  std::size_t opened = 0;
  EventsRequest last_request;

 private:
  EventListener* listener_ = nullptr;
};

class SyncFixture : public testing::Test {
 protected:
  explicit SyncFixture(HubIdentity identity = {})
      : engine_({replica_, hub_, &channel_, clock_, random_},
                {std::move(identity), [this] { ++accepted_; }}) {}

  /// Steps until nothing is due any more.
  void Settle() {
    for (int i = 0; i < 1'000; ++i) {
      if (engine_.Step() > clock_.Now()) return;
    }
    FAIL() << "the engine never comes to rest";
  }

  /// Lets time pass, stepping whenever the engine wants to.
  void RunFor(Clock::Instant::duration time) {
    const Clock::Instant end = clock_.Now() + time;
    int steps = 0;  // without time passing
    while (clock_.Now() < end && ++steps < 1'000) {
      const Clock::Instant next = engine_.Step();
      if (next <= clock_.Now()) continue;
      clock_.Advance(std::min(next, end) - clock_.Now());
      steps = 0;
    }
    ASSERT_EQ(clock_.Now(), end) << "the engine never comes to rest";
  }

  EventFrame Frame(EventFrame::Type type) const {
    EventFrame frame;
    frame.type = type;
    frame.epoch = Epoch("e1");
    frame.head = hub_.head();
    frame.server_time = hub_.time();
    return frame;
  }

  EventFrame Changed(HubSequence seq) const {
    EventFrame frame = Frame(EventFrame::Type::kChanged);
    frame.item = hub_.item(seq);
    frame.prev = HubSequence(seq.value - 1);
    return frame;
  }

  /// Connected and quiet: hello done, channel ready.
  void Connect() {
    Settle();
    channel_.Send(Frame(EventFrame::Type::kReady));
    Settle();
  }

  /// One pre-sync; true when the proof alone was enough and nothing was pulled.
  bool IsProvenFresh() {
    const std::size_t pulls = hub_.Count(Request::kChanges);
    engine_.BeforeCall(clock_.Now(), false);
    Settle();
    return hub_.Count(Request::kChanges) == pulls;
  }

  FakeClock clock_;
  SeededRandom random_;
  FakeReplica replica_;
  FakeHub hub_{clock_};
  FakeChannel channel_;
  int accepted_ = 0;
  SyncEngine engine_;
};

}  // namespace contextsync
