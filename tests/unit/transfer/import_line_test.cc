#include "server/transfer/import_line.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/document/json.h"

namespace contextsync::import_line_test {
namespace {

const ContextRef kInto = {Level::kProject, "imported"};

Json DataOf(const ImportEntry& entry) {
  EXPECT_TRUE(entry.item) << entry.fault.message;
  return entry.item ? ParseStrict(entry.item->data).value() : Json();
}

TEST(ImportLineTest, TakesAContextOfAnExport) {
  const auto entry = ReadImportLine(
      R"({"level":"task","context_id":"a/b","parent":{"level":"branch","context_id":"main"},
          "version":3,"_versions":{"/x":[]},"data":{"n":[1,null,{"k":2}]}})",
      LineKind::kAny, kInto);

  EXPECT_EQ(DataOf(entry), Json::parse(R"({"n":[1,null,{"k":2}]})"));
  EXPECT_EQ(entry.item->context, (ContextRef{Level::kTask, "a/b"}));
  EXPECT_EQ(entry.item->parent_id, "main");
}

TEST(ImportLineTest, AContextNeedsNoParent) {
  const auto entry =
      ReadImportLine(R"({"level":"global","context_id":"_policy","parent":null,"data":{}})",
                     LineKind::kAny, kInto);

  EXPECT_EQ(entry.item->context.id, "_policy");
  EXPECT_EQ(entry.item->parent_id, "");
}

TEST(ImportLineTest, PutsAnEntityUnderItsName) {
  const auto entry = ReadImportLine(
      R"({"type":"entity","name":"Ann/B","entityType":"person","observations":["likes tea"],"extra":1})",
      LineKind::kAny, kInto);

  EXPECT_EQ(entry.item->context, kInto);
  EXPECT_EQ(DataOf(entry), Json::parse(R"({"entities":{"Ann/B":
      {"type":"person","observations":["likes tea"],"extra":1}}})"));
}

TEST(ImportLineTest, PutsARelationWhereItBegins) {
  const auto entry =
      ReadImportLine(R"({"type":"relation","from":"Ann","to":"Bob","relationType":"knows"})",
                     LineKind::kMemory, kInto);

  EXPECT_EQ(DataOf(entry),
            Json::parse(R"({"entities":{"Ann":{"relations":[{"to":"Bob","type":"knows"}]}}})"));
}

TEST(ImportLineTest, SaysWhyALineIsNotTaken) {
  const std::string cases[][2] = {
      {"{broken", "no JSON"},
      {"[1]", "object"},
      {R"({"a":1})", "neither"},
      {R"({"level":"moon","context_id":"x","data":{}})", "`level`"},
      {R"({"level":"task","context_id":"","data":{}})", "`context_id`"},
      {R"({"level":"task","context_id":"a\u0007","data":{}})", "`context_id`"},
      {R"({"level":"task","context_id":"t","data":[]})", "`data`"},
      {R"({"level":"task","context_id":"t","data":{"a":1,"a":2}})", "no JSON"},
      {R"({"level":"task","context_id":"t","data":{},"parent":{"level":"task","context_id":"u"}})",
       "`parent`"},
      {R"({"type":"entity","entityType":"x"})", "`name`"},
      {R"({"type":"relation","from":"x"})", "`to`"}};
  for (const auto& [line, why] : cases) {
    const auto entry = ReadImportLine(line, LineKind::kAny, kInto);
    EXPECT_FALSE(entry.item) << line;
    EXPECT_EQ(entry.fault.code, "INVALID_ARGUMENT");
    EXPECT_NE(entry.fault.message.find(why), std::string::npos) << entry.fault.message;
  }
}

TEST(ImportLineTest, NamesTheContextOfALineThatIsNotTaken) {
  const auto entry =
      ReadImportLine(R"({"level":"task","context_id":"t","data":1})", LineKind::kAny, kInto);

  EXPECT_EQ(entry.fault.level, "task");
  EXPECT_EQ(entry.fault.context_id, "t");
}

TEST(ImportLineTest, TakesOnlyTheKindThatWasAskedFor) {
  const std::string entity = R"({"type":"entity","name":"x","level":"task"})";
  const std::string context = R"({"level":"task","context_id":"t","data":{}})";

  EXPECT_FALSE(ReadImportLine(entity, LineKind::kExport, kInto).item);
  EXPECT_TRUE(ReadImportLine(entity, LineKind::kMemory, kInto).item);
  EXPECT_FALSE(ReadImportLine(context, LineKind::kMemory, kInto).item);
}

}  // namespace
}  // namespace contextsync::import_line_test
