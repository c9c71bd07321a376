// Any mix of strategies, deletions and decisions over links that lose answers: both notebooks end
// with the same bytes and the same records, and with nothing that still waits to be sent.

#include <string>

#include "tests/simulation/two_notebooks.h"
#include "tests/support/seed.h"

namespace contextsync::strategy_mix_test {
namespace {

constexpr int kMixes = 25;
constexpr int kMoves = 60;

const ContextRef kMixed{Level::kTask, "mixed"};

class Mix {
 public:
  explicit Mix(std::uint64_t seed) : chance_(seed) {}

  void Move() {
    ApartNotebook& notebook = Below(2) == 0 ? world_.a : world_.b;
    const std::uint64_t what = Below(10);
    if (what < 5) {
      notebook.Write(SomeWrite());
    } else if (what < 6) {
      Decide(notebook);
    } else {
      notebook.faults =
          Below(3) == 0 ? LinkFaults{.lose_answer = 30, .repeat_request = 20} : LinkFaults{};
      notebook.Talk(static_cast<int>(Below(12)));
    }
  }

  void CheckEnd() {
    world_.a.faults = {};
    world_.b.faults = {};
    world_.a.Talk(300);  // the longest back-off
    world_.b.Talk(300);
    world_.MeetAll();
    world_.ExpectIdentical();
    EXPECT_EQ(world_.a.Shown(kMixed), world_.b.Shown(kMixed));
    EXPECT_EQ(world_.a.Records(kMixed), world_.b.Records(kMixed));
    EXPECT_EQ(world_.a.notebook().Summary().parked, 0U);
    EXPECT_EQ(world_.b.notebook().Summary().parked, 0U);
  }

 private:
  std::uint64_t Below(std::uint64_t bound) { return chance_.Next() % bound; }

  ContextWrite SomeWrite() {
    ContextWrite write;
    write.context = kMixed;
    switch (Below(8)) {
      case 0:
        write.update.data = {{"o", {{"p", Below(5)}}}};
        break;
      case 1:
        write.update.data = {{"o", Below(5)}};
        break;
      case 2:
        write.update.data = {{"o", nullptr}};
        break;
      case 3:
        write.update.data = {{"todo", {Below(5), "x"}}};
        break;
      case 4:
        write.update.data = {{"l", {Below(5)}}};
        break;
      case 5:
        write.update.erase_context = Below(3) == 0;
        if (!write.update.erase_context) write.update.data = {{"s", nullptr}};
        break;
      default:
        write.update.data = {{"s", Below(5)}};
        break;
    }
    constexpr Strategy kAll[] = {Strategy::kMerge, Strategy::kLastWriteWins, Strategy::kVersion,
                                 Strategy::kManual};
    write.update.on_conflict = kAll[Below(4)];
    return write;
  }

  void Decide(ApartNotebook& notebook) {
    const auto records = notebook.Records(kMixed);
    if (records.empty()) return;
    const auto& record = records[Below(records.size())];
    if (record.path.empty()) return;  // only a whole object could stand there
    constexpr const char* kChoices[] = {"current", "incoming", "value"};
    notebook.Resolve(record, kChoices[Below(3)], Json(Below(5)));
  }

  SeededRandom chance_;
  TwoNotebooks world_;
};

TEST(StrategyMixTest, EndsEqualEverywhere) {
  const std::uint64_t seed = TestSeed();
  for (std::uint64_t round = 0; round < kMixes && !::testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE("CONTEXTSYNC_SEED=" + std::to_string(seed + round) + " replays this round first");
    Mix mix(seed + round);

    for (int move = 0; move < kMoves && !::testing::Test::HasFailure(); ++move)
      mix.Move();

    mix.CheckEnd();
  }
}

}  // namespace
}  // namespace contextsync::strategy_mix_test
