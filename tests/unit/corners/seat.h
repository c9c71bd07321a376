// Seat: one machine at a hub's table: a real notebook and engine over a memory store, with a wall
// clock and a link that a test can set wrong. Hub and seats share one virtual time.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/notebook/notebook.h"
#include "core/sync/notebook_replica.h"
#include "core/sync/sync_engine.h"
#include "storage/memory/memory_high_water_mark.h"
#include "storage/memory/memory_table_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/loopback_hub.h"

namespace contextsync {

using namespace std::chrono_literals;

/// The world's clock, wrong by `skew_ms` on the wall.
class WrongClock final : public Clock {
 public:
  explicit WrongClock(const FakeClock& world) : world_(world) {}
  [[nodiscard]] UnixMillis WallMillis() const override { return world_.WallMillis() + skew_ms; }
  [[nodiscard]] Instant Now() const override { return world_.Now(); }
  [[nodiscard]] std::chrono::milliseconds BootTime() const override { return world_.BootTime(); }

  std::int64_t skew_ms = 0;

 private:
  const FakeClock& world_;
};

/// A link whose pushes fail when `fault` says so, before or after they took effect.
class FaultyLink final : public HubLink {
 public:
  struct PushFault {
    HubFault fault = HubFault::kRetryLater;
    bool after_effect = false;
  };

  explicit FaultyLink(LoopbackHub& hub) : link_(hub, faults) {}

  HubReply<HelloResponse> Hello(const HelloRequest& request, Clock::Instant deadline) override {
    return link_.Hello(request, deadline);
  }
  HubReply<PushResponse> Push(const PushRequest& request, Clock::Instant deadline) override {
    const auto wanted = fault ? fault(request) : std::nullopt;
    HubFailure failure;
    if (wanted) failure.fault = wanted->fault;
    if (wanted && !wanted->after_effect) return failure;
    auto reply = link_.Push(request, deadline);
    if (wanted) return failure;
    return reply;
  }
  HubReply<ChangesPage> Changes(const ChangesRequest& request, Clock::Instant deadline) override {
    return link_.Changes(request, deadline);
  }
  HubReply<SnapshotPage> Snapshot(const SnapshotRequest& request,
                                  Clock::Instant deadline) override {
    return link_.Snapshot(request, deadline);
  }
  void Cancel() override {}

  std::function<std::optional<PushFault>(const PushRequest&)> fault;
  LinkFaults faults;

 private:
  LoopbackLink link_;
};

class Seat {
 public:
  Seat(std::string name, LoopbackHub& hub, const FakeClock& world)
      : clock(world), link(hub), name_(std::move(name)), hub_(hub) {
    Start();
  }

  /// The process dies and starts again; with `power` what was not synced is gone too.
  void Restart(bool power = false) {
    engine.reset();
    replica_.reset();
    notebook.reset();
    if (power) {
      store.Crash();
      mark.Crash();
    }
    Start();
  }

  /// Becomes a copy of `other`: its directory was copied while nothing ran.
  void CopyFrom(const Seat& other) {
    engine.reset();
    replica_.reset();
    notebook.reset();
    TableBatch batch;
    for (TableId table = 0; table < Notebook::TableNames().size(); ++table) {
      ForEachRow(store, table, [&](std::string_view key, std::string_view) {
        batch.Delete(table, std::string(key));
      });
      ForEachRow(other.store, table, [&](std::string_view key, std::string_view value) {
        batch.Put(table, std::string(key), std::string(value));
      });
    }
    ASSERT_TRUE(store.Write(batch, Durability::kSynced).ok());
    const auto last = other.mark.Load();
    ASSERT_TRUE(last.has_value());
    ASSERT_TRUE(mark.Store(*last).ok());
    Start();
  }

  WriteReceipt Write(ContextWrite write) {
    WriteRequest request;
    request.op_id = name_ + "-" + std::to_string(++ops_);
    request.arguments_hash = request.op_id;
    request.agent = name_;
    request.session = name_;
    request.writes.push_back(std::move(write));
    auto receipt = notebook->Write(request);
    EXPECT_TRUE(receipt.ok()) << receipt.failure().message;
    engine->NoteWrite();
    return receipt.ok() ? std::move(receipt).value() : WriteReceipt{};
  }

  WriteReceipt Set(const std::string& task, Json data) {
    ContextWrite write;
    write.context = {Level::kTask, task};
    write.update.data = std::move(data);
    return Write(std::move(write));
  }

  WriteReceipt Remove(const std::string& task, std::string list, Json value) {
    ContextWrite write;
    write.context = {Level::kTask, task};
    write.update.remove = {{std::move(list), {std::move(value)}}};
    return Write(std::move(write));
  }

  [[nodiscard]] Json Data(const std::string& task) const {
    const auto lookup = notebook->Read({Level::kTask, task});
    EXPECT_TRUE(lookup.ok());
    return lookup.ok() && lookup.value().found ? *lookup.value().found->data : Json();
  }

  [[nodiscard]] std::string StateHash() const { return notebook->Fingerprint().value().state_hash; }

  WrongClock clock;
  MemoryTableStore store{Notebook::TableNames().size()};
  MemoryHighWaterMark mark;
  FaultyLink link;
  std::unique_ptr<Notebook> notebook;
  std::unique_ptr<SyncEngine> engine;

 private:
  template <typename Visit>
  static void ForEachRow(const MemoryTableStore& store, TableId table, Visit visit) {
    const auto scan = [&visit](std::string_view key, std::string_view value) {
      visit(key, value);
      return true;
    };
    ASSERT_TRUE(store.Scan(table, {}, scan).ok());
  }

  void Start() {
    auto opened = Notebook::Open(store, mark, clock, hub_.random(),
                                 {.workspace = hub_.workspace(), .has_hub = true});
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    notebook = std::move(opened).value();
    replica_ = std::make_unique<NotebookReplica>(*notebook);
    engine = std::make_unique<SyncEngine>(SyncPorts{*replica_, link, nullptr, clock, hub_.random()},
                                          SyncOptions{});
  }

  const std::string name_;
  LoopbackHub& hub_;
  std::uint64_t ops_ = 0;
  std::unique_ptr<NotebookReplica> replica_;
};

/// Two seats at one hub.
class CornerFixture : public testing::Test {
 protected:
  void RunFor(Clock::Instant::duration time) {
    for (const auto end = world_.Now() + time; world_.Now() < end; world_.Advance(100ms)) {
      StepAll();
    }
  }

  void StepAll() {
    a_.engine->Step();
    b_.engine->Step();
  }

  [[nodiscard]] static bool IsAtRest(const Seat& seat, HubSequence head) {
    const SyncPosition position = seat.notebook->Position();
    return position.unsent == 0 && position.rebuild.empty() && position.cursor == head;
  }

  /// Until nothing is pending and both hold everything.
  void Converge() {
    for (int i = 0; i < 20'000; ++i) {
      StepAll();
      const HubSequence head =
          std::max(a_.notebook->Position().cursor, b_.notebook->Position().cursor);
      if (IsAtRest(a_, head) && IsAtRest(b_, head) && Pulled()) return Compare();
      world_.Advance(100ms);
    }
    FAIL() << "they do not come to rest: " << Told(a_) << Told(b_);
  }

  /// Every seat pulled after the other had pushed.
  [[nodiscard]] bool Pulled() {
    const auto head = world_.Now();
    if (rest_since_ == Clock::Instant{}) rest_since_ = head;
    if (head - rest_since_ < 6s) return false;
    rest_since_ = {};
    return true;
  }

  void Compare() {
    EXPECT_EQ(a_.StateHash(), b_.StateHash());
    for (const Seat* seat : {&a_, &b_}) {
      EXPECT_EQ(seat->notebook->Summary().pending, 0U);
      EXPECT_EQ(seat->engine->Status().link, LinkState::kOnline);
    }
  }

  static std::string Told(const Seat& seat) {
    const auto position = seat.notebook->Position();
    const auto error = seat.engine->Status().last_error;
    return "unsent " + std::to_string(position.unsent) + ", cursor " +
           std::to_string(position.cursor.value) + ", " + (error ? error->code : "no error") + "; ";
  }

  FakeClock world_;
  SeededRandom random_;
  LoopbackHub hub_{world_, random_};
  Seat a_{"a", hub_, world_};
  Seat b_{"b", hub_, world_};
  Clock::Instant rest_since_{};
};

}  // namespace contextsync
