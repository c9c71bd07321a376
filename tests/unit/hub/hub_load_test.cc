// Many writers at once: one commit for those that wait together, no gap, no doubling, one state
// everywhere.

#include <condition_variable>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "core/document/codec.h"
#include "core/hub/sequencer.h"
#include "tests/support/seed.h"
#include "tests/unit/hub/hub_fixture.h"

namespace contextsync::hub_load_test {
namespace {

/// A few threads that take work in order.
class ThreadPool final : public Executor {
 public:
  explicit ThreadPool(int count) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
    }
  }
  ~ThreadPool() override {
    for (std::jthread& thread : threads_)
      thread.request_stop();
    ready_.notify_all();
    threads_.clear();
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void Post(std::function<void()> work) override {
    const std::scoped_lock lock(mu_);
    work_.push_back(std::move(work));
    ready_.notify_one();
  }

 private:
  void Run(const std::stop_token& stop) {
    for (;;) {
      std::unique_lock lock(mu_);
      ready_.wait(lock, stop, [this] { return !work_.empty(); });
      if (work_.empty()) return;
      const std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      work();
    }
  }

  std::mutex mu_;
  std::condition_variable_any ready_;
  std::deque<std::function<void()>> work_;
  std::vector<std::jthread> threads_;
};

TEST(HubLoadTest, PushesThatWaitTogetherShareOneCommit) {
  TestHub hub;
  std::deque<TestNotebook> notebooks;
  for (std::uint64_t i = 1; i <= 20; ++i)
    notebooks.emplace_back(hub, i);
  const std::uint64_t before = hub.tables.write_count();
  int answered = 0;
  for (TestNotebook& notebook : notebooks) {
    const std::string json = R"({"k)" + std::to_string(notebook.device.value) + R"(":1})";
    hub.service.Push(kWorkspace, {"alice", Role::kWrite},
                     notebook.Request({notebook.Set(json.c_str())}),
                     [&](const HubReply<PushResponse>& reply) { answered += reply.ok() ? 1 : 0; });
  }

  hub.executor.RunAll();

  EXPECT_EQ(answered, 20);
  EXPECT_EQ(hub.tables.write_count(), before + 1);
  EXPECT_EQ(hub.Feed().size(), 20U);
}

TEST(HubLoadTest, BadPushDoesNotSpoilTheCommitItShares) {
  TestHub hub;
  TestNotebook good(hub, 1);
  TestNotebook bad(hub, 2);
  PushRequest request = bad.Request({bad.Set(R"({"y":1})")});
  request.claim.epoch = Epoch("other");
  std::optional<HubReply<PushResponse>> refused;
  std::optional<HubReply<PushResponse>> taken;
  hub.service.Push(kWorkspace, {"alice", Role::kWrite}, request,
                   [&](HubReply<PushResponse> reply) { refused = std::move(reply); });
  hub.service.Push(kWorkspace, {"alice", Role::kWrite}, good.Request({good.Set(R"({"x":1})")}),
                   [&](HubReply<PushResponse> reply) { taken = std::move(reply); });

  hub.executor.RunAll();

  EXPECT_EQ(refused->failure().fault, HubFault::kEpochChanged);
  EXPECT_EQ(taken->value().results[0].status, PushStatus::kAccepted);
}

TEST(HubLoadTest, SecondPushOfOneCommitSeesTheFirst) {
  TestHub hub;
  TestNotebook a(hub, 1);
  TestNotebook b(hub, 2);
  std::vector<PushStatus> statuses;
  const auto keep = [&](const HubReply<PushResponse>& reply) {
    statuses.push_back(reply.value().results[0].status);
  };
  const PushEntry entry = a.Set(R"({"x":1})");
  hub.service.Push(kWorkspace, {"alice", Role::kWrite}, a.Request({entry}), keep);
  hub.service.Push(kWorkspace, {"alice", Role::kWrite}, a.Request({entry}), keep);
  hub.service.Push(kWorkspace, {"alice", Role::kWrite}, b.Request({b.Set(R"({"x":2})")}), keep);

  hub.executor.RunAll();

  const std::vector expected = {PushStatus::kAccepted, PushStatus::kDuplicate,
                                PushStatus::kConflict};
  EXPECT_EQ(statuses, expected);
}

TEST(HubLoadTest, TooMuchWaitingIsRefusedAtOnce) {
  TestHub hub;
  TestNotebook a(hub, 1);
  int refused = 0;
  for (int i = 0; i < 5'000; ++i) {
    hub.service.Push(kWorkspace, {"alice", Role::kWrite}, a.Request({}),
                     [&](const HubReply<PushResponse>& reply) {
                       refused += !reply.ok() && reply.failure().retry_after ? 1 : 0;
                     });
  }
  EXPECT_GT(refused, 0);
  hub.executor.RunAll();
  EXPECT_TRUE(hub.service.WaitUntilIdle({}));
}

TEST(HubLoadTest, FeedIsGapFreeUnderLoadFromFourThreads) {
  const std::uint64_t seed = TestSeed();
  TestHub hub;  // of its executor nothing is used below
  ASSERT_TRUE(hub.service.CreateWorkspace(kWorkspace).ok());
  ThreadPool pool(4);
  HubService service(hub.store, hub.clock, hub.random, pool, {});
  std::deque<TestNotebook> notebooks;
  for (std::uint64_t i = 1; i <= 4; ++i)
    notebooks.emplace_back(hub, i);
  constexpr int kRounds = 60;
  std::atomic<int> numbered{0};

  {
    std::vector<std::jthread> writers;
    for (TestNotebook& notebook : notebooks) {
      writers.emplace_back([&service, &notebook, &numbered, seed] {
        std::mt19937_64 random(seed + notebook.device.value);
        for (int i = 0; i < kRounds; ++i) {
          const std::string json =
              R"({"f)" + std::to_string(random() % 5) + R"(":)" + std::to_string(i) + "}";
          const ContextRef ref = {Level::kTask, "t" + std::to_string(random() % 3)};
          service.Push(kWorkspace, {"alice", Role::kWrite},
                       notebook.Request({notebook.Set(json.c_str(), ref)}),
                       [&numbered](const HubReply<PushResponse>& reply) {
                         if (reply.ok() && reply.value().results[0].seq.value > 0) ++numbered;
                       });
        }
      });
    }
  }
  ASSERT_TRUE(service.WaitUntilIdle(std::chrono::steady_clock::now() + std::chrono::seconds(20)));

  const auto feed = hub.Feed();
  EXPECT_EQ(numbered, 4 * kRounds);
  ASSERT_EQ(feed.size(), static_cast<std::size_t>(4 * kRounds));
  std::set<EntryId> ids;
  std::map<DeviceId, EntryNumber> last_n;
  for (std::size_t i = 0; i < feed.size(); ++i) {
    EXPECT_EQ(feed[i].seq, HubSequence(i + 1));
    EXPECT_TRUE(ids.insert(feed[i].id).second);
    EXPECT_EQ(feed[i].n, std::exchange(last_n[feed[i].device], feed[i].n).Next());
  }
}

/// One random write of a notebook that sees what it sees; nothing when it would change nothing.
void WriteAtRandom(TestNotebook& notebook, std::mt19937_64& random) {
  const ContextRef ref = {Level::kTask, "t" + std::to_string(random() % 2)};
  const std::string leaf = "f" + std::to_string(random() % 3);
  const int value = static_cast<int>(random() % 4);
  Update update;
  switch (random() % 7) {
    case 0:
      update.data = {{leaf, value}};
      break;
    case 1:
      update.data = {{leaf, {{"k", value}, {"l", {value}}}}};
      break;
    case 2:
      update.data = {{leaf, nullptr}};
      break;
    case 3:
      update.data = {{"list", {value, value + 1}}};
      break;
    case 4:
      update.data = {{"todo", {value}}};
      break;
    case 5:
      update = Replace(R"({"list":[7,8]})", "/list");
      break;
    default:
      update.erase_context = true;
      break;
  }
  State state = notebook.See(ref);
  View view = Render(state);
  notebook.hlc = Hlc{notebook.hlc.value + 1 + random() % 1000};
  auto compiled = Compile(std::move(state), std::move(view), update, Policy::BuiltIn(),
                          WriteStamp{ref.level, notebook.hlc, notebook.device});
  if (compiled.ok() && compiled.value().changed) {
    notebook.Enter(std::move(compiled).value().delta, ref);
  }
}

TEST(HubLoadTest, EveryReplicaOfTheFeedEqualsTheHub) {
  const std::uint64_t seed = TestSeed();
  std::mt19937_64 random(seed);
  for (int schedule = 0; schedule < 40; ++schedule) {
    TestHub hub;
    std::deque<TestNotebook> notebooks;
    for (std::uint64_t i = 1; i <= 3; ++i)
      notebooks.emplace_back(hub, i);
    for (int step = 0; step < 60; ++step) {
      TestNotebook& notebook = notebooks[random() % 3];
      switch (random() % 4) {
        case 0:
          notebook.Push(notebook.pending);
          break;
        case 1:
          notebook.Pull(1 + random() % 5);
          break;
        default:
          WriteAtRandom(notebook, random);
          break;
      }
    }
    for (TestNotebook& notebook : notebooks)
      notebook.Push(notebook.pending);
    for (TestNotebook& notebook : notebooks) {
      notebook.Pull();
      EXPECT_TRUE(notebook.pending.empty());
      for (const char* id : {"t0", "t1"}) {
        const ContextRef ref = {Level::kTask, id};
        ASSERT_EQ(EncodeState(notebook.contexts[ref]), EncodeState(hub.Context(ref).state));
      }
    }
  }
}

TEST(HubLoadTest, WriterTableCoversEveryComponentOfTheState) {
  const std::uint64_t seed = TestSeed();
  std::mt19937_64 random(seed);
  TestHub hub;
  TestNotebook a(hub, 1);
  TestNotebook b(hub, 2);
  for (int step = 0; step < 200; ++step) {
    TestNotebook& notebook = random() % 2 == 0 ? a : b;
    WriteAtRandom(notebook, random);
    notebook.Push(notebook.pending);
    notebook.Pull();
  }

  for (const char* id : {"t0", "t1"}) {
    const HubContext context = hub.Context({Level::kTask, id});
    for (const auto& [path, cell] : context.state.cells) {
      const CellWriters writers = context.writers.at(path);
      EXPECT_EQ(cell.head.has_value(), writers.head.seq.value > 0) << path;
      EXPECT_EQ(cell.clr.IsNever(), writers.clr.seq.value == 0) << path;
      for (const auto& [key, element] : cell.elems) {
        EXPECT_EQ(element.last.IsNever(), writers.elems.at(key).last.seq.value == 0) << key;
        EXPECT_EQ(element.rm.IsNever(), writers.elems.at(key).rm.seq.value == 0) << key;
      }
    }
  }
}

}  // namespace
}  // namespace contextsync::hub_load_test
