// TwoNotebooks: a hub and two notebooks that write apart and meet when told to, for tests of what
// their meeting makes of it. Time and chance stand still otherwise.

#pragma once

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

/// A notebook that is offline but while it meets the hub.
class ApartNotebook {
 public:
  ApartNotebook(std::string name, LoopbackHub& hub, FakeClock& clock)
      : name_(std::move(name)), clock_(clock), link_(hub, faults) {
    auto opened = Notebook::Open(store_, mark_, clock_, hub.random(),
                                 {.workspace = hub.workspace(), .has_hub = true});
    EXPECT_TRUE(opened.ok());
    notebook_ = std::move(opened).value();
    replica_ = std::make_unique<NotebookReplica>(*notebook_);
    engine_ = std::make_unique<SyncEngine>(
        SyncPorts{*replica_, link_, nullptr, clock_, hub.random()}, SyncOptions{});
  }

  /// A second later than whatever was written before. Returns its op_id.
  std::string Write(ContextWrite write) {
    clock_.Advance(std::chrono::seconds(1));
    WriteRequest request;
    request.op_id = name_ + "-" + std::to_string(++ops_);
    request.arguments_hash = request.op_id;
    request.agent = name_;
    request.session = name_;
    request.writes = {std::move(write)};
    const auto receipt = notebook_->Write(request);
    EXPECT_TRUE(receipt.ok()) << receipt.failure().message;
    engine_->NoteWrite();
    return request.op_id;
  }

  std::string Resolve(const ConflictRecord& record, std::string choose, Json value = nullptr) {
    ContextWrite write;
    write.context = record.context;
    write.resolution = ResolutionChoice{record.id, std::move(choose), std::move(value)};
    write.source = "resolve";
    return Write(std::move(write));
  }

  /// Pushes, rebuilds and pulls until nothing is left to say, several polls long.
  void Meet() {
    Talk(kSteps);
    EXPECT_EQ(notebook_->Position().unsent, 0U) << name_;
    EXPECT_TRUE(notebook_->Position().rebuild.empty()) << name_;
  }

  /// Says some of what is to be said.
  void Talk(int steps) {
    for (int i = 0; i < steps; ++i) {
      engine_->Step();
      clock_.Advance(std::chrono::milliseconds(250));
    }
  }

  /// Null when the context does not exist.
  [[nodiscard]] Json Shown(const ContextRef& ref) const {
    const auto lookup = notebook_->Read(ref);
    EXPECT_TRUE(lookup.ok());
    return lookup.value().found ? *lookup.value().found->data : Json();
  }

  [[nodiscard]] std::vector<ConflictRecord> Records(const ContextRef& ref) const {
    return notebook_->ConflictsOf(ref).value();
  }

  [[nodiscard]] std::string StateHash() const {
    return notebook_->Fingerprint().value().state_hash;
  }

  [[nodiscard]] Notebook& notebook() { return *notebook_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  LinkFaults faults;

 private:
  static constexpr int kSteps = 60;

  const std::string name_;
  FakeClock& clock_;
  MemoryTableStore store_{Notebook::TableNames().size()};
  MemoryHighWaterMark mark_;
  std::uint64_t ops_ = 0;
  std::unique_ptr<Notebook> notebook_;
  std::unique_ptr<NotebookReplica> replica_;
  LoopbackLink link_;
  std::unique_ptr<SyncEngine> engine_;
};

struct TwoNotebooks {
  /// Everyone holds everything afterwards.
  void MeetAll() {
    a.Meet();
    b.Meet();
    a.Meet();
  }

  void ExpectIdentical() const { EXPECT_EQ(a.StateHash(), b.StateHash()); }

  FakeClock clock;
  SeededRandom random{7};
  LoopbackHub hub{clock, random};
  ApartNotebook a{"a", hub, clock};
  ApartNotebook b{"b", hub, clock};
};

}  // namespace contextsync
