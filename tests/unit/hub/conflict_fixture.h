// Two notebooks that write without having seen each other.

#pragma once

#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/hub/hub_fixture.h"

namespace contextsync {

class ConflictFixture : public ::testing::Test {
 protected:
  /// Both notebooks see this.
  void Begin(const char* json, const ContextRef& ref = kTask) {
    a_.PushOne(a_.Set(json, ref));
    a_.Pull();
    b_.Pull();
    Later();
  }

  void Later() { hub_.clock.Advance(1'000); }

  /// A writes, then B without having seen it; B's stamp is the larger one.
  PushResult Cross(Update a, Update b) {
    const PushEntry first = a_.Write(std::move(a));
    Later();
    const PushEntry second = b_.Write(std::move(b));
    a_.PushOne(first);
    return b_.PushOne(second);
  }
  PushResult Cross(const char* a, const char* b) { return Cross(Data(a), Data(b)); }

  /// The same, but A's stamp is the larger one: what A wrote stays.
  PushResult CrossLosing(Update a, Update b) {
    const PushEntry second = b_.Write(std::move(b));
    Later();
    a_.PushOne(a_.Write(std::move(a)));
    return b_.PushOne(second);
  }

  static Update Data(const char* json) {
    Update update;
    update.data = Json::parse(json);
    return update;
  }

  static Update Erase() {
    Update update;
    update.erase_context = true;
    return update;
  }

  ConflictRecord Only() {
    const auto records = hub_.Records();
    EXPECT_THAT(records, ::testing::SizeIs(1));
    return records.empty() ? ConflictRecord{} : records.front();
  }

  PushEntry Under(Strategy strategy, PushEntry entry) {
    entry.on_conflict = strategy;
    TestNotebook::Seal(entry);
    return entry;
  }

  PushEntry Manual(PushEntry entry) { return Under(Strategy::kManual, std::move(entry)); }

  /// Everybody sees 1, A writes 2, and B's 3 waits for a person.
  PushResult LetWait() {
    Begin(R"({"x":1})");
    a_.PushOne(a_.Set(R"({"x":2})"));
    Later();
    const PushResult result = b_.PushOne(Manual(b_.Set(R"({"x":3})")));
    Later();
    return result;
  }

  /// What the hub shows.
  std::string Shown(const ContextRef& ref = kTask) {
    return CanonicalBytes(Render(hub_.Context(ref).state).data);
  }

  std::vector<ConflictRecord> Open() {
    std::vector<ConflictRecord> open = hub_.Records();
    std::erase_if(open, [](const auto& r) { return r.status != ConflictStatus::kOpen; });
    return open;
  }

  static constexpr std::nullopt_t kDeleted = std::nullopt;

  TestHub hub_;
  TestNotebook a_{hub_, 0xA};
  TestNotebook b_{hub_, 0xB};
};

using Value = std::optional<std::string>;

}  // namespace contextsync
