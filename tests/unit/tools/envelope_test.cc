#include "core/tools/envelope.h"

#include <gtest/gtest.h>

namespace contextsync::envelope_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string LightAt(std::optional<milliseconds> age, std::uint64_t parked = 0) {
  SyncStatus sync;
  sync.age = age;
  return LightFor(/*has_hub=*/true, sync, parked).color;
}

TEST(LightTest, ColourFollowsAgeAlone) {
  EXPECT_EQ(LightAt(milliseconds(59'999)), "green");
  EXPECT_EQ(LightAt(seconds(60)), "yellow");
  EXPECT_EQ(LightAt(seconds(300)), "yellow");
  EXPECT_EQ(LightAt(milliseconds(300'001)), "red");
  EXPECT_EQ(LightAt(std::nullopt), "red");
}

TEST(LightTest, NothingIsGreenWhileAnEntryIsParked) {
  EXPECT_EQ(LightAt(seconds(1), 1), "yellow");
}

TEST(LightTest, WithoutAHubItIsLocal) {
  EXPECT_STREQ(LightFor(/*has_hub=*/false, SyncStatus{}, 0).indicator, "local");
  EXPECT_TRUE(AgeSeconds(/*has_hub=*/false, SyncStatus{}).is_null());
}

TEST(ForeignTextTest, ControlAndBidirectionalCharactersAreEscaped) {
  EXPECT_EQ(EscapedForeignText("a\x1b[31mb"), "a\\u{1b}[31mb");
  EXPECT_EQ(EscapedForeignText("\xE2\x80\xAE"
                               "evil"),
            "\\u{202e}evil");
  EXPECT_EQ(EscapedForeignText("grün ✅"), "grün ✅");
}

TEST(ForeignTextTest, IsCutAtSixtyFourBytesOnACharacterBorder) {
  EXPECT_EQ(EscapedForeignText(std::string(100, 'x')).size(), 64U);
  EXPECT_EQ(EscapedForeignText(std::string(63, 'x') + "ü"), std::string(63, 'x'));
}

TEST(ConflictToJsonTest, LongValuesAreReplacedByTheirSizeWhenBrief) {
  ConflictRecord record;
  record.context = {Level::kTask, "t1"};
  record.current.value = "\"" + std::string(2'000, 'x') + "\"";
  record.incoming.value = std::nullopt;

  const auto brief = ConflictToJson(record, /*brief=*/true);
  const auto full = ConflictToJson(record, /*brief=*/false);

  EXPECT_EQ(brief["current"]["bytes"], 2'002);
  EXPECT_FALSE(brief["current"].contains("value"));
  EXPECT_EQ(full["current"]["value"].get<std::string>().size(), 2'000U);
  EXPECT_EQ(full["incoming"]["deleted"], true);
}

TEST(NoticeToJsonTest, UnnumberedChangeSaysPending) {
  ChangeNote note;
  note.context = {Level::kBranch, "main"};
  note.keys.assign(20, "k");

  const auto local = NoticeToJson(note);
  note.pending = true;
  const auto pending = NoticeToJson(note);
  note.pending = false;
  note.seq = HubSequence(9);
  const auto numbered = NoticeToJson(note);

  EXPECT_TRUE(pending["seq"].is_null());
  EXPECT_EQ(pending["pending"], true);
  EXPECT_EQ(pending["keys"].size(), 8U);
  EXPECT_EQ(numbered["seq"], 9);
  EXPECT_FALSE(numbered.contains("pending"));
  EXPECT_TRUE(local["seq"].is_null());
  EXPECT_FALSE(local.contains("pending")) << "without a hub nothing is awaited";
}

class FinishedRead final : public Operation {
 public:
  FinishedRead() : Operation("manage_context.get") {}
  std::optional<Refusal> Run(const Notebook& /*notebook*/) override { return std::nullopt; }
  [[nodiscard]] std::string Data() const override { return R"({"context":{}})"; }
};

TEST(SuccessAnswerTest, SaysTheOutcomeFirstAndWhatSurroundsItLast) {
  Around around;
  around.sync.durable = true;
  around.sync.version = 3;
  around.sync.light = LightFor(/*has_hub=*/false, SyncStatus{}, 0);

  const auto answer = SuccessAnswer(FinishedRead(), 1'000, around);

  EXPECT_FALSE(answer.is_error);
  EXPECT_EQ(
      answer.json,
      R"({"success":true,"operation":"manage_context.get","timestamp":"1970-01-01T00:00:01.000Z",)"
      R"("data":{"context":{}},"sync":{"durable":true,"state":"local","version":3,"pending":0,)"
      R"("parked":0,"age_seconds":null,"indicator":"local","icon":"⚪","color":"white"},)"
      R"("conflicts":[],"notices":[],"more":0})");
}

TEST(FailureAnswerTest, CarriesTheRefusalWithItsDetailsAndAHint) {
  const Refusal refusal{RefusalCode::kNotFound, "There is no such context.", "",
                        RefToJson({Level::kTask, "t"})};
  Around around;
  around.sync.light = LightFor(/*has_hub=*/false, SyncStatus{}, 0);

  const auto answer = FailureAnswer("manage_context.get", 0, refusal, around);

  EXPECT_TRUE(answer.is_error);
  const auto json = Json::parse(answer.json);
  EXPECT_EQ(json["success"], false);
  EXPECT_EQ(json["error"]["code"], "NOT_FOUND");
  EXPECT_EQ(json["error"]["context_id"], "t");
  EXPECT_FALSE(json["error"]["hint"].get<std::string>().empty());
}

}  // namespace
}  // namespace contextsync::envelope_test
