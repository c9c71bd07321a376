// Conflict records as the hub files them, and two notebooks that hold them.

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/notebook/fixture.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test {

inline constexpr std::size_t kNoBound = 1 << 20;
inline constexpr const char* kId = "c-0123456789abcdef";

inline ConflictSide Side(std::optional<std::string> value, std::uint64_t seq) {
  ConflictSide side;
  side.value = std::move(value);
  side.seq = HubSequence(seq);
  return side;
}

/// `current` beside `incoming` at /status of task t1, found at item `seq`.
inline ConflictRecord Record(Strategy strategy, std::uint64_t seq, std::string id = kId) {
  ConflictRecord record;
  record.id = std::move(id);
  record.seq = record.rev = HubSequence(seq);
  record.context = Task("t1");
  record.path = "/status";
  record.current = Side("\"done\"", seq);
  record.incoming = Side("\"blocked\"", 1);
  record.strategy = strategy;
  if (strategy == Strategy::kManual) record.status = ConflictStatus::kOpen;
  return record;
}

class ConflictsFixture : public ::testing::Test {
 protected:
  ConflictsFixture() : a_(true, 1), b_(true, 2) {
    Greet(*a_.notebook, hub_);
    Greet(*b_.notebook, hub_);
  }

  /// B writes, and the hub files `record` with it; both notebooks hold it then.
  void File(const ConflictRecord& record) {
    hub_.files = [record](const FeedItem&) { return std::vector<ConflictRecord>{record}; };
    b_.Update(record.context, {{"n", ++n_}});
    SyncAll(*b_.notebook, hub_);
    hub_.files = [](const FeedItem&) { return std::vector<ConflictRecord>(); };
    SyncAll(*a_.notebook, hub_);
  }

  PushEffects PushAll(Desk& desk) {
    const auto entries = desk.notebook->NextPush(256, kNoBound).value();
    return desk.notebook->NoteResults(hub_.Push(desk.notebook->Position(), entries)).value();
  }

  Checked<WriteReceipt> Resolve(Desk& desk, const std::string& choose, Json value = nullptr,
                                std::string op_id = {}) {
    ContextWrite write;
    write.context = Task("t1");
    write.resolution = ResolutionChoice{kId, choose, std::move(value)};
    write.source = "resolve";
    return desk.Try(std::move(write), std::move(op_id));
  }

  [[nodiscard]] std::vector<PathVersions> Versions(const Desk& desk) const {
    return desk.notebook->Versions(Task("t1")).value();
  }

  TinyHub hub_;
  Desk a_;
  Desk b_;
  int n_ = 0;
};

}  // namespace contextsync::test
