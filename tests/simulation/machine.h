// Machine: a notebook with its sync engine on a simulated computer that can be killed, cut from its
// power and from the network, and whose clock may be wrong.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
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

/// The world's clock with this machine's error.
class SkewedClock final : public Clock {
 public:
  SkewedClock(const FakeClock& world, std::int64_t skew_ms) : world_(world), skew_ms_(skew_ms) {}
  [[nodiscard]] UnixMillis WallMillis() const override { return world_.WallMillis() + skew_ms_; }
  [[nodiscard]] Instant Now() const override { return world_.Now(); }
  [[nodiscard]] std::chrono::milliseconds BootTime() const override { return world_.BootTime(); }

 private:
  const FakeClock& world_;
  std::int64_t skew_ms_;
};

class Machine {
 public:
  Machine(std::string name, LoopbackHub& hub, const FakeClock& world, std::int64_t skew_ms)
      : name_(std::move(name)), hub_(hub), clock_(world, skew_ms) {
    Start();
  }

  /// kill −9, and with `power` a power cut: what was not synced is gone. Then it starts again.
  void Crash(bool power) {
    engine_.reset();
    channel_.reset();
    link_.reset();
    replica_.reset();
    notebook_.reset();
    if (power) {
      store_.Crash(hub_.random().Next() % (store_.unsynced_batches() + 1));
      mark_.Crash();
    }
    Start();
  }

  /// One write of `data` into a task. Returns whether it was acknowledged as durable.
  bool Write(const std::string& task, Json data) {
    WriteRequest request;
    request.op_id = name_ + "-" + std::to_string(++ops_);
    request.arguments_hash = request.op_id;
    request.agent = name_;
    request.session = name_;
    ContextWrite write;
    write.context = {Level::kTask, task};
    write.update.data = std::move(data);
    request.writes.push_back(std::move(write));
    const auto receipt = notebook_->Write(request);
    EXPECT_TRUE(receipt.ok()) << receipt.failure().message;
    if (receipt.ok()) engine_->NoteWrite();
    return receipt.ok();
  }

  [[nodiscard]] Json Read(const std::string& task) const {
    const auto lookup = notebook_->Read({Level::kTask, task});
    EXPECT_TRUE(lookup.ok());
    return lookup.value().found ? *lookup.value().found->data : Json();
  }

  [[nodiscard]] std::string StateHash() const {
    const auto fingerprint = notebook_->Fingerprint();
    EXPECT_TRUE(fingerprint.ok());
    return fingerprint.value().state_hash;
  }

  [[nodiscard]] std::vector<ConflictRecord> Conflicts() const {
    ConflictQuery all;
    all.limit = 1'000'000;
    const auto page = notebook_->Conflicts(all);
    EXPECT_TRUE(page.ok());
    return page.value().records;
  }

  [[nodiscard]] SyncPosition Position() const { return notebook_->Position(); }
  [[nodiscard]] NotebookSummary Summary() const { return notebook_->Summary(); }
  [[nodiscard]] SyncEngine& engine() { return *engine_; }
  [[nodiscard]] LoopbackChannel& channel() { return *channel_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  LinkFaults faults;

 private:
  void Start() {
    auto opened = Notebook::Open(store_, mark_, clock_, hub_.random(),
                                 {.workspace = hub_.workspace(), .has_hub = true});
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    notebook_ = std::move(opened).value();
    replica_ = std::make_unique<NotebookReplica>(*notebook_);
    link_ = std::make_unique<LoopbackLink>(hub_, faults);
    channel_ = std::make_unique<LoopbackChannel>(hub_, faults);
    engine_ = std::make_unique<SyncEngine>(
        SyncPorts{*replica_, *link_, channel_.get(), clock_, hub_.random()}, SyncOptions{});
  }

  const std::string name_;
  LoopbackHub& hub_;
  SkewedClock clock_;
  MemoryTableStore store_{Notebook::TableNames().size()};
  MemoryHighWaterMark mark_;
  std::uint64_t ops_ = 0;
  std::unique_ptr<Notebook> notebook_;
  std::unique_ptr<NotebookReplica> replica_;
  std::unique_ptr<LoopbackLink> link_;
  std::unique_ptr<LoopbackChannel> channel_;
  std::unique_ptr<SyncEngine> engine_;
};

}  // namespace contextsync
