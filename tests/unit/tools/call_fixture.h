// Calls of manage_context against a notebook in memory, with a hub that does what a test says.

#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <gtest/gtest.h>

#include "core/sync/local_gate.h"
#include "core/tools/manage_context.h"
#include "core/tools/synced_tool.h"
#include "storage/memory/memory_high_water_mark.h"
#include "storage/memory/memory_table_store.h"
#include "tests/support/fake_clock.h"

namespace contextsync {

/// What happens while a write waits for the hub.
class ScriptedGate final : public SyncGate {
 public:
  void BeforeCall(Clock::Instant /*deadline*/, bool /*force*/) override {}
  void AfterWrite(EntryNumber last, Clock::Instant /*deadline*/) override {
    if (after_write) after_write(last);
  }
  [[nodiscard]] bool IsConfirmed(EntryNumber /*n*/) const override { return is_confirmed; }
  [[nodiscard]] SyncStatus Status() const override { return {}; }

  std::function<void(EntryNumber)> after_write;
  bool is_confirmed = false;
};

class OneWorkspace final : public Workspace {
 public:
  OneWorkspace(Notebook& notebook, SyncGate& gate, bool has_hub)
      : notebook_(notebook), gate_(gate), has_hub_(has_hub) {}
  Checked<OpenWorkspace> Acquire(Clock::Instant /*deadline*/) override {
    return OpenWorkspace{notebook_, gate_, has_hub_, std::nullopt};
  }
  [[nodiscard]] NotebookHealth Health() const override { return NotebookHealth::kNormal; }
  [[nodiscard]] bool HasHub() const override { return has_hub_; }

 private:
  Notebook& notebook_;
  SyncGate& gate_;
  bool has_hub_;
};

class ToolCallTest : public ::testing::Test {
 protected:
  explicit ToolCallTest(bool has_hub = true) : has_hub_(has_hub) {
    notebook_ = Notebook::Open(store_, mark_, clock_, random_,
                               {.workspace = WorkspaceId("w"), .has_hub = has_hub})
                    .value();
    workspace_ = std::make_unique<OneWorkspace>(*notebook_, gate_, has_hub);
    synced_ = std::make_unique<SyncedTool>(tool_, *workspace_, clock_);
  }

  Json Call(const Json& arguments) {
    const auto result = synced_->Call({arguments, defect_, session_});
    return Json::parse(result.json);
  }

  Json Call(const char* arguments) { return Call(Json::parse(arguments)); }

  /// The hub's copy of task t1 comes with an open conflict about /status, "done" against "blocked".
  /// Returns its id.
  std::string BringDispute() {
    ConflictRecord record;
    record.id = "c-0123456789abcdef";
    record.seq = record.rev = HubSequence(1);
    record.context = {Level::kTask, "t1"};
    record.path = "/status";
    record.current.value = "\"done\"";
    record.incoming.value = "\"blocked\"";
    record.strategy = Strategy::kManual;
    record.status = ConflictStatus::kOpen;
    SnapshotPage page;
    page.start = page.head = HubSequence(1);
    page.check = FeedCheck("0123456789abcdef");
    page.conflicts = {record};
    EXPECT_TRUE(notebook_->InstallContext(record.context, page).ok());
    return record.id;
  }

  /// The hub refuses what asked for it, and has no word for the rest yet.
  void Refuse() {
    gate_.after_write = [this](EntryNumber) {
      PushResponse response;
      for (const auto& entry : notebook_->NextPush(256, 1 << 20).value()) {
        PushResult result;
        result.n = entry.n;
        result.status = entry.fail ? PushStatus::kRejected : PushStatus::kRetry;
        result.code = "VERSION_MISMATCH";
        response.results.push_back(std::move(result));
      }
      ASSERT_TRUE(notebook_->NoteResults(response).ok());
    };
  }

  FakeClock clock_;
  SeededRandom random_;
  MemoryTableStore store_{Notebook::TableNames().size()};
  MemoryHighWaterMark mark_;
  const bool has_hub_;
  std::unique_ptr<Notebook> notebook_;
  ScriptedGate gate_;
  std::unique_ptr<OneWorkspace> workspace_;
  Identity identity_;
  ManageContext tool_{identity_, clock_, random_};
  std::unique_ptr<SyncedTool> synced_;
  Session session_{"session", "client"};
  std::optional<JsonDefect> defect_;
};

}  // namespace contextsync
