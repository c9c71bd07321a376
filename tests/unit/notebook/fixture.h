// What every notebook test needs: a clock that stands, chance from a seed, a memory store, and
// short ways to write.

#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/notebook/notebook.h"
#include "storage/memory/memory_high_water_mark.h"
#include "storage/memory/memory_table_store.h"

namespace contextsync::test {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] UnixMillis WallMillis() const override { return now_; }
  [[nodiscard]] Instant Now() const override { return Instant(std::chrono::milliseconds(now_)); }
  [[nodiscard]] std::chrono::milliseconds BootTime() const override {
    return std::chrono::milliseconds(now_);
  }
  void Set(UnixMillis now) { now_ = now; }
  void Advance(UnixMillis by) { now_ += by; }

 private:
  UnixMillis now_ = 1'800'000'000'000;
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t Next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

inline ContextRef Task(std::string id) {
  return {Level::kTask, std::move(id)};
}
inline ContextRef Branch(std::string id) {
  return {Level::kBranch, std::move(id)};
}

inline ContextWrite Updating(const ContextRef& ref, Json data) {
  ContextWrite write;
  write.context = ref;
  write.update.data = std::move(data);
  return write;
}

inline ContextWrite Deleting(const ContextRef& ref) {
  ContextWrite write;
  write.context = ref;
  write.update.erase_context = true;
  write.expectation = Expectation::kPresent;
  return write;
}

/// Everything one notebook stands on; the notebook can be closed and opened again.
class Desk {
 public:
  explicit Desk(bool has_hub = true, std::uint64_t seed = 1) : random(seed), has_hub_(has_hub) {
    Open();
  }

  void Open() {
    auto opened = TryOpen();
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    notebook = std::move(opened).value();
  }

  Result<std::unique_ptr<Notebook>> TryOpen() {
    notebook.reset();
    return Notebook::Open(store, mark, clock, random, {WorkspaceId("w"), has_hub_});
  }

  WriteRequest Request(std::vector<ContextWrite> writes, std::string op_id = {}) {
    WriteRequest request;
    request.writes = std::move(writes);
    request.op_id = op_id.empty() ? "op-" + std::to_string(++operations_) : std::move(op_id);
    request.arguments_hash = "hash-of-arguments";
    request.agent = "agent-a";
    request.session = "session-a";
    return request;
  }

  Checked<WriteReceipt> Try(ContextWrite write, std::string op_id = {}) {
    return notebook->Write(Request({std::move(write)}, std::move(op_id)));
  }

  WriteReceipt Write(ContextWrite write, std::string op_id = {}) {
    auto receipt = Try(std::move(write), std::move(op_id));
    EXPECT_TRUE(receipt.ok()) << receipt.failure().message;
    return receipt.ok() ? receipt.value() : WriteReceipt{};
  }

  WriteReceipt Update(const ContextRef& ref, Json data) {
    return Write(Updating(ref, std::move(data)));
  }

  /// The data of a context; null when it does not exist.
  [[nodiscard]] Json Data(const ContextRef& ref) const {
    auto lookup = notebook->Read(ref);
    EXPECT_TRUE(lookup.ok());
    return lookup.ok() && lookup.value().found ? *lookup.value().found->data : Json();
  }

  [[nodiscard]] ContextVersion Version(const ContextRef& ref) const {
    return notebook->VersionOf(ref).value();
  }

  ManualClock clock;
  SeededRandom random;
  MemoryTableStore store{Notebook::TableNames().size()};
  MemoryHighWaterMark mark;
  std::unique_ptr<Notebook> notebook;

 private:
  bool has_hub_;
  int operations_ = 0;
};

}  // namespace contextsync::test
