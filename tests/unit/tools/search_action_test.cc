// What a call of search may hold, and the form of its answer.

#include <memory>

#include <gtest/gtest.h>

#include "core/sync/local_gate.h"
#include "core/tools/manage_context.h"
#include "core/tools/synced_tool.h"
#include "storage/memory/memory_high_water_mark.h"
#include "storage/memory/memory_table_store.h"
#include "tests/support/fake_clock.h"

namespace contextsync::search_action_test {
namespace {

class OpenedWorkspace final : public Workspace {
 public:
  explicit OpenedWorkspace(Notebook& notebook) : notebook_(notebook) {}
  Checked<OpenWorkspace> Acquire(Clock::Instant /*deadline*/) override {
    return OpenWorkspace{notebook_, gate_, false, std::nullopt};
  }
  [[nodiscard]] NotebookHealth Health() const override { return NotebookHealth::kNormal; }
  [[nodiscard]] bool HasHub() const override { return false; }

 private:
  Notebook& notebook_;
  LocalGate gate_;
};

class SearchActionTest : public ::testing::Test {
 protected:
  SearchActionTest() {
    notebook_ = Notebook::Open(store_, mark_, clock_, random_,
                               {.workspace = WorkspaceId("w"), .has_hub = false})
                    .value();
    workspace_ = std::make_unique<OpenedWorkspace>(*notebook_);
    synced_ = std::make_unique<SyncedTool>(tool_, *workspace_, clock_);
  }

  Json Call(const Json& arguments) {
    return Json::parse(synced_->Call({arguments, defect_, session_}).json);
  }

  void Write(const char* id, const Json& data) {
    ASSERT_TRUE(Call({{"action", "update"}, {"context_id", id}, {"data", data}})["success"]);
  }

  MemoryTableStore store_{Notebook::TableNames().size()};
  MemoryHighWaterMark mark_;
  FakeClock clock_;
  SeededRandom random_;
  Identity identity_;
  ManageContext tool_{identity_, clock_, random_};
  Session session_{"s", "client"};
  std::optional<JsonDefect> defect_;
  std::unique_ptr<Notebook> notebook_;
  std::unique_ptr<OpenedWorkspace> workspace_;
  std::unique_ptr<SyncedTool> synced_;
};

TEST_F(SearchActionTest, AHitSaysWhatItIsAndWhy) {
  Write("t1", {{"note", "refresh the token"}});

  const Json answer = Call({{"action", "search"}, {"query", "token"}});

  EXPECT_EQ(answer["operation"], "manage_context.search");
  const Json& hit = answer["data"]["contexts"][0];
  EXPECT_EQ(hit["level"], "task");
  EXPECT_EQ(hit["context_id"], "t1");
  EXPECT_EQ(hit["version"], 1);
  EXPECT_EQ(hit["snippets"], Json::parse(R"([{"path":"/note","text":"refresh the «token»"}])"));
  EXPECT_GT(hit["score"].get<double>(), 0);
  EXPECT_TRUE(answer["data"]["next_cursor"].is_null());
}

TEST_F(SearchActionTest, NothingFoundIsASuccess) {
  const Json answer = Call({{"action", "search"}, {"query", "token"}});

  EXPECT_TRUE(answer["success"]);
  EXPECT_EQ(answer["data"]["contexts"], Json::array());
}

TEST_F(SearchActionTest, LooksAtAllLevelsUnlessOneIsNamed) {
  Write("t1", {{"note", "default"}});  // its branch, named so, is created too

  EXPECT_EQ(Call({{"action", "search"}, {"query", "default"}})["data"]["contexts"].size(), 3U);
  const Json branches = Call({{"action", "search"}, {"query", "default"}, {"level", "branch"}});
  ASSERT_EQ(branches["data"]["contexts"].size(), 1U);
  EXPECT_EQ(branches["data"]["contexts"][0]["snippets"][0]["path"], "@id");
}

TEST_F(SearchActionTest, RefusesWhatItCannotUse) {
  const auto error = [this](Json arguments) {
    arguments["action"] = "search";
    return Call(arguments)["error"];
  };

  EXPECT_EQ(error(Json::object())["code"], "MISSING_FIELD");
  EXPECT_EQ(error({{"query", "!"}})["parameter"], "query");
  EXPECT_EQ(error({{"query", "x"}, {"limit", 501}})["parameter"], "limit");
  EXPECT_EQ(error({{"query", "x"}, {"cursor", "y"}})["parameter"], "cursor");
  EXPECT_EQ(error({{"query", "x"}, {"filters", {{"a", 1}}}})["code"], "INVALID_ARGUMENT");
  EXPECT_FALSE(error({{"query", std::string(1'001, 'x')}}).is_null());
}

TEST_F(SearchActionTest, APageIsBoundedInBytesAndGoesOn) {
  const std::string word = "word ";
  std::string text;
  for (int i = 0; i < 40; ++i)
    text += word;
  constexpr int kContexts = 300;
  for (int i = 0; i < kContexts; ++i)
    Write(("t" + std::to_string(i)).c_str(), {{std::string(250, 'a'), text},
                                              {std::string(250, 'b'), text},
                                              {std::string(250, 'c'), text}});

  Json arguments = {{"action", "search"}, {"query", "word"}, {"limit", 500}};
  std::size_t found = 0;
  int pages = 0;
  do {
    const Json answer = Call(arguments);
    ASSERT_TRUE(answer["success"]);
    EXPECT_LE(answer["data"]["contexts"].dump().size(), limits::kAnswerPageBytes + limits::kKiB);
    found += answer["data"]["contexts"].size();
    arguments["cursor"] = answer["data"]["next_cursor"];
    ++pages;
  } while (!arguments["cursor"].is_null());
  EXPECT_EQ(found, static_cast<std::size_t>(kContexts));
  EXPECT_GT(pages, 1);
}

}  // namespace
}  // namespace contextsync::search_action_test
