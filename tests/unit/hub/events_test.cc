// The stream of events: ready, backlog, commits, heartbeats, in one order.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/hub/hub_fixture.h"

namespace contextsync::events_test {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using Type = EventFrame::Type;

class Listener final : public Subscriber {
 public:
  void OnFrame(const EventFrame& frame) override { frames.push_back(frame); }
  std::vector<EventFrame> frames;
};

class EventsTest : public ::testing::Test {
 protected:
  std::shared_ptr<Listener> Listen(std::uint64_t device, std::uint64_t since = 0) {
    auto listener = std::make_shared<Listener>();
    EventsRequest request;
    request.since = HubSequence(since);
    request.device = DeviceId(device);
    last_.reset();
    hub_.service.Subscribe(kWorkspace, request, listener,
                           [&](HubReply<EventFrame> r) { last_ = std::move(r); });
    hub_.executor.RunAll();
    return listener;
  }

  void Set(const std::string& value) {
    Update update;
    update.data = {{"x", value}};
    a_.PushOne(a_.Write(std::move(update)));
  }

  static std::vector<Type> Types(const Listener& listener) {
    std::vector<Type> types;
    for (const EventFrame& frame : listener.frames)
      types.push_back(frame.type);
    return types;
  }

  TestHub hub_;
  TestNotebook a_{hub_, 0xA};
  TestNotebook b_{hub_, 0xB};
  std::optional<HubReply<EventFrame>> last_;
};

TEST_F(EventsTest, ReadyComesFirst) {
  Set("1");

  const auto listener = Listen(0xC, 1);

  ASSERT_THAT(listener->frames, SizeIs(1));
  const EventFrame& ready = listener->frames[0];
  EXPECT_EQ(ready.type, Type::kReady);
  EXPECT_EQ(ready.head, HubSequence(1));
  EXPECT_EQ(ready.check, hub_.store.ReadHead(kWorkspace).value()->check);
  EXPECT_EQ(ready.epoch, a_.claim.epoch);
  EXPECT_TRUE(last_->ok());
}

TEST_F(EventsTest, BacklogThenCommitsFormOneChain) {
  Set("1");
  Set("2");

  const auto listener = Listen(0xC);
  Set("3");

  ASSERT_THAT(listener->frames, SizeIs(4));
  for (std::uint64_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(listener->frames[i].item.seq, HubSequence(i));
    EXPECT_EQ(listener->frames[i].prev, HubSequence(i - 1));
    EXPECT_TRUE(listener->frames[i].item.has_delta);
  }
  EXPECT_EQ(listener->frames[3].check, hub_.store.ReadHead(kWorkspace).value()->check);
}

TEST_F(EventsTest, BacklogOf256IsSent) {
  for (int i = 0; i < 256; ++i)
    Set(std::to_string(i));

  EXPECT_THAT(Listen(0xC)->frames, SizeIs(257));
}

TEST_F(EventsTest, LongerBacklogIsLaggedAndTheStreamGoesOn) {
  for (int i = 0; i < 257; ++i)
    Set(std::to_string(i));

  const auto listener = Listen(0xC);
  Set("new");

  EXPECT_THAT(Types(*listener), ElementsAre(Type::kReady, Type::kLagged, Type::kChanged));
  EXPECT_EQ(listener->frames[1].head, HubSequence(257));
  EXPECT_EQ(listener->frames[2].prev, HubSequence(257));
}

TEST_F(EventsTest, WriterIsNotSentItsOwnDelta) {
  const auto listener = Listen(0xA);

  Set("1");

  const FeedItem& item = listener->frames.at(1).item;
  EXPECT_FALSE(item.has_delta);
  EXPECT_TRUE(item.delta.cells.empty());
  EXPECT_EQ(item.id, a_.pending[0].id);
  EXPECT_EQ(item.hash, a_.pending[0].hash);
}

TEST_F(EventsTest, LargeDeltaIsLeftOut) {
  const auto listener = Listen(0xC);

  Set(std::string(9 * limits::kKiB, 'x'));
  Set("small");

  EXPECT_FALSE(listener->frames.at(1).item.has_delta);
  EXPECT_TRUE(listener->frames.at(2).item.has_delta);
}

TEST_F(EventsTest, RecordsTravelWithTheChange) {
  const auto others = Listen(0xC);
  const auto own = Listen(0xB);
  const PushEntry late = b_.Set(R"({"x":"b"})");
  Set("a");

  b_.PushOne(late);

  EXPECT_THAT(others->frames.at(2).item.conflicts, SizeIs(1));
  EXPECT_THAT(own->frames.at(2).item.conflicts, SizeIs(1));
  EXPECT_FALSE(own->frames.at(2).item.has_delta);
}

TEST_F(EventsTest, HeartbeatFollowsTheCommitsQueuedBeforeIt) {
  const auto listener = Listen(0xC);
  hub_.service.Push(kWorkspace, {"alice", Role::kWrite}, a_.Request({a_.Set(R"({"x":1})")}),
                    [](const HubReply<PushResponse>& /*reply*/) {});
  hub_.service.Heartbeat();
  hub_.executor.RunAll();

  EXPECT_THAT(Types(*listener), ElementsAre(Type::kReady, Type::kChanged, Type::kHeartbeat));
  EXPECT_EQ(listener->frames[2].head, HubSequence(1));
  EXPECT_EQ(listener->frames[2].check, listener->frames[1].check);
  EXPECT_EQ(listener->frames[2].server_time, hub_.clock.WallMillis());
}

TEST_F(EventsTest, AnswerComesBeforeTheEvent) {
  std::vector<std::string> order;
  class Order final : public Subscriber {
   public:
    explicit Order(std::vector<std::string>& log) : log_(log) {}
    void OnFrame(const EventFrame& /*frame*/) override { log_.emplace_back("event"); }

   private:
    std::vector<std::string>& log_;
  };
  const auto listener = std::make_shared<Order>(order);
  hub_.service.Subscribe(kWorkspace, {}, listener, [](const HubReply<EventFrame>& /*reply*/) {});
  hub_.executor.RunAll();
  order.clear();

  hub_.service.Push(kWorkspace, {"alice", Role::kWrite}, a_.Request({a_.Set(R"({"x":1})")}),
                    [&](const HubReply<PushResponse>& /*reply*/) { order.emplace_back("answer"); });
  hub_.executor.RunAll();

  EXPECT_THAT(order, ElementsAre("answer", "event"));
}

TEST_F(EventsTest, NothingIsPublishedWhenTheCommitFails) {
  const auto listener = Listen(0xC);
  hub_.tables.FailWrite(1, Error(ErrorCode::kUnavailable, "disk"));

  Set("1");

  EXPECT_THAT(Types(*listener), ElementsAre(Type::kReady));
}

TEST_F(EventsTest, DroppedListenerHearsNoMore) {
  auto listener = Listen(0xC);
  const std::weak_ptr<Listener> gone = listener;
  listener.reset();

  Set("1");
  hub_.service.Heartbeat();
  hub_.executor.RunAll();

  EXPECT_TRUE(gone.expired());
}

TEST_F(EventsTest, OtherHistoryIsRefusedBeforeAnyFrame) {
  auto listener = std::make_shared<Listener>();
  EventsRequest request;
  request.claim.epoch = Epoch("other");
  hub_.service.Subscribe(kWorkspace, request, listener,
                         [&](HubReply<EventFrame> r) { last_ = std::move(r); });
  hub_.executor.RunAll();

  EXPECT_EQ(last_->failure().fault, HubFault::kEpochChanged);
  EXPECT_TRUE(listener->frames.empty());
}

}  // namespace
}  // namespace contextsync::events_test
