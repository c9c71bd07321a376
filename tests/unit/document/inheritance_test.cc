#include "core/document/inheritance.h"

#include <initializer_list>
#include <map>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/seed.h"
#include "tests/unit/document/inheritance_oracle.h"

namespace contextsync {
namespace {

class Chain {
 public:
  Chain(std::initializer_list<const char*> texts) {
    for (const auto* text : texts)
      levels_.push_back(Json::parse(text));
    for (const auto& level : levels_)
      pointers_.push_back(&level);
  }

  [[nodiscard]] Json Merged() const { return Inherit(pointers_); }
  [[nodiscard]] std::map<std::string, std::size_t> Explained() const {
    const auto origins = ExplainInheritance(pointers_);
    return {origins.begin(), origins.end()};
  }

 private:
  std::vector<Json> levels_;
  DataChain pointers_;
};

TEST(InheritTest, NearerLevelWinsAtEveryDepth) {
  const Chain chain{R"({"style":{"indent":4,"wrap":{"at":80,"hard":true}},"owner":"all"})",
                    R"({"style":{"indent":2}})", R"({"style":{"wrap":{"at":100}}})"};

  EXPECT_EQ(chain.Merged(),
            Json::parse(R"({"style":{"indent":2,"wrap":{"at":100,"hard":true}},"owner":"all"})"));
}

TEST(InheritTest, AnotherTypeReplaces) {
  const Chain chain{R"({"a":{"x":1},"b":[1],"c":1})", R"({"a":1,"b":{"y":1},"c":[2]})"};

  EXPECT_EQ(chain.Merged(), Json::parse(R"({"a":1,"b":{"y":1},"c":[2]})"));
}

TEST(InheritTest, EmptyObjectHidesNothing) {
  EXPECT_EQ((Chain{R"({"a":{"x":1}})", R"({"a":{}})"}).Merged(), Json::parse(R"({"a":{"x":1}})"));
}

TEST(InheritTest, SomeListsAreUnitedAtAnyDepth) {
  const Chain chain{R"({"labels":["a","b"],"stack":{"frameworks":["x",1]}})",
                    R"({"labels":["c","b"],"stack":{"frameworks":[1.0,"y"]}})"};

  EXPECT_EQ(chain.Merged(),
            Json::parse(R"({"labels":["a","b","c"],"stack":{"frameworks":["x",1,"y"]}})"));
}

TEST(InheritTest, SomeListsFollowTheParents) {
  const Chain chain{
      R"({"requirements":["fast"],"next_steps":["plan"],"checklist":["lint"]})",
      R"({"requirements":["fast","small"],"next_steps":["do"],"checklist":["ship"]})"};

  EXPECT_EQ(chain.Merged(), Json::parse(R"({"requirements":["fast","fast","small"],
                                            "next_steps":["plan","do"],
                                            "checklist":["lint","ship"]})"));
}

TEST(InheritTest, EveryOtherListReplaces) {
  EXPECT_EQ((Chain{R"({"tools":["a","b"]})", R"({"tools":["c"]})"}).Merged(),
            Json::parse(R"({"tools":["c"]})"));
  EXPECT_EQ((Chain{R"({"tools":["a","b"]})", R"({"tools":[]})"}).Merged(),
            Json::parse(R"({"tools":[]})"));
}

TEST(InheritTest, IdsTimesLogsAndTaskFieldsStayWhereTheyAre) {
  const Chain chain{
      R"({"id":"g","created_at":"t","insights":[1],"progress_updates":[2],"rules":1})",
      R"({"project_id":"p","blockers":["x"],"task_data":{"title":"t"},"version":3})",
      R"({"task_id":"t1","insights":[3],"progress":50})"};

  EXPECT_EQ(chain.Merged(),
            Json::parse(R"({"rules":1,"task_id":"t1","insights":[3],"progress":50})"));
}

TEST(InheritTest, OverridesSetDotPathsAtTheirLevelAndBelow) {
  const Chain chain{
      R"({"security_policies":{"mfa_required":false,"tls":"1.2"}})",
      R"({"global_overrides":{"security_policies.mfa_required":true}})",
      R"({"local_overrides":{"new.deep.place":1,"security_policies.tls":{"min":"1.3"}}})",
      R"({"security_policies":{"mfa_required":"ask"}})"};

  EXPECT_EQ(chain.Merged(),
            Json::parse(R"({"security_policies":{"mfa_required":"ask","tls":{"min":"1.3"}},
                                            "new":{"deep":{"place":1}}})"));
}

TEST(InheritTest, MalformedInstructionsDoNothing) {
  const Chain chain{R"({"a":1})", R"({"b":2,"local_overrides":{"":3,"x..y":4,".z":5,"w.":6},
                                      "global_overrides":"text",
                                      "custom_inheritance_rules":{"exclude_keys":[1,"","a."],
                                        "force_values":[1],"conditional_overrides":[1,{"overrides":2},
                                          {"overrides":{"c":1}},
                                          {"condition":{"type":"key_like","key":"a"},"overrides":{"c":1}},
                                          {"condition":{"type":"key_exists"},"overrides":{"c":1}}]}})"};

  auto merged = chain.Merged();
  merged.erase("local_overrides");
  merged.erase("global_overrides");
  merged.erase("custom_inheritance_rules");
  EXPECT_EQ(merged, Json::parse(R"({"a":1,"b":2})"));
}

TEST(InheritTest, ChainEndsAtTheContextThatSaysSo) {
  const Chain disabled{R"({"g":1})", R"({"p":1})", R"({"b":1,"inheritance_disabled":true})",
                       R"({"t":1})"};
  EXPECT_EQ(disabled.Merged(), Json::parse(R"({"b":1,"t":1})"));

  const Chain local{R"({"g":1})", R"({"t":1,"force_local_only":true})"};
  EXPECT_EQ(local.Merged(), Json::parse(R"({"t":1,"force_local_only":true})"));

  const Chain meant_no{R"({"g":1})", R"({"t":1,"inheritance_disabled":false})"};
  EXPECT_EQ(meant_no.Merged().value("g", 0), 1);
}

TEST(InheritTest, ExcludedKeysAreNotInheritedButMayBeWritten) {
  const Chain chain{
      R"({"a":1,"b":{"c":1,"d":2},"e":{"f":1},"g":7})",
      R"({"a":2,"custom_inheritance_rules":{"exclude_keys":["a","b.c","e.f","none","g.h"]}})"};

  auto merged = chain.Merged();
  merged.erase("custom_inheritance_rules");
  EXPECT_EQ(merged, Json::parse(R"({"a":2,"b":{"d":2},"g":7})"));
}

TEST(InheritTest, ForcedValuesWinOverOwnOnes) {
  const Chain chain{R"({"a":{"b":1}})",
                    R"({"a":{"b":2},"custom_inheritance_rules":{"force_values":{"a.b":3}}})"};

  EXPECT_EQ(chain.Merged()["a"]["b"], 3);
}

TEST(InheritTest, ConditionsAreTestedOnTheMergedDataInOrder) {
  const Chain chain{R"({"env":"prod","tags":["x"],"flags":{"beta":true}})",
                    R"({"custom_inheritance_rules":{"conditional_overrides":[
                      {"condition":{"type":"key_equals","key":"env","value":"prod"},"overrides":{"debug":false}},
                      {"condition":{"key_exists":"debug","key_contains":{"tags":"x"}},"overrides":{"seen":1}},
                      {"key_contains":{"flags":"beta"},"overrides":{"beta":1}},
                      {"condition":{"key_contains":{"env":"ro"}},"overrides":{"part":1}},
                      {"condition":{"key_equals":{"env":"test"}},"overrides":{"wrong":1}},
                      {"condition":{"key_contains":{"tags":"y"}},"overrides":{"wrong":2}},
                      {"condition":{"key_exists":"env.sub"},"overrides":{"wrong":3}}]}})"};

  auto merged = chain.Merged();
  merged.erase("custom_inheritance_rules");
  EXPECT_EQ(merged, Json::parse(R"({"env":"prod","tags":["x"],"flags":{"beta":true},"debug":false,
                                    "seen":1,"beta":1,"part":1})"));
}

TEST(ExplainInheritanceTest, NamesTheLevelThatDecidedEachLeafAndList) {
  const Chain chain{R"({"style":{"indent":4,"wrap":80},"labels":["a"],"none":{}})",
                    R"({"style":{"indent":2},"global_overrides":{"style.wrap":100}})",
                    R"({"labels":["b"],"own/odd":1})"};

  const std::map<std::string, std::size_t> expected = {
      {"/style/indent", 1}, {"/style/wrap", 1}, {"/labels", 2}, {"/none", 0}, {"/own~1odd", 2}};
  EXPECT_EQ(chain.Explained(), expected);
}

// ── against the oracle ───────────────────────────────────────────────────────────────────────

/// Few names, so that levels meet often.
class ChainMaker {
 public:
  explicit ChainMaker(std::uint64_t seed) : engine_(seed) {}

  std::vector<Json> Make() {
    std::vector<Json> chain(1 + Pick(4));
    for (auto& level : chain)
      level = Level();
    return chain;
  }

 private:
  std::size_t Pick(std::size_t count) { return engine_() % count; }
  bool OneIn(std::size_t count) { return Pick(count) == 0; }

  std::string Key() {
    static const std::vector<std::string> keys = {"a",      "b",          "c",
                                                  "labels", "next_steps", "insights"};
    return keys[Pick(keys.size())];
  }

  std::string Dots() {
    std::string path = Key();
    while (OneIn(2))
      path += "." + Key();
    return path;
  }

  Json Value(std::size_t depth) {
    if (depth < 3 && OneIn(2)) return Object(depth + 1);
    if (!OneIn(3)) return Pick(3);
    Json list = Json::array();
    for (auto left = Pick(4); left > 0; --left)
      list.push_back(OneIn(3) ? Json{{"k", Pick(2)}} : Json(Pick(3)));
    return list;
  }

  Json Object(std::size_t depth) {
    Json object = Json::object();
    for (auto left = Pick(4); left > 0; --left)
      object[Key()] = Value(depth);
    return object;
  }

  Json Overrides() {
    Json overrides = Json::object();
    for (auto left = Pick(3); left > 0; --left)
      overrides[Dots()] = Value(2);
    return overrides;
  }

  Json Rules() {
    static const std::vector<std::string> types = {"key_exists", "key_equals", "key_contains"};
    Json rules = Json::object();
    for (auto left = Pick(3); left > 0; --left)
      rules["exclude_keys"].push_back(Dots());
    if (OneIn(2)) rules["force_values"] = Overrides();
    for (auto left = Pick(3); left > 0; --left) {
      const Json condition = {{"type", types[Pick(3)]}, {"key", Dots()}, {"value", Value(2)}};
      rules["conditional_overrides"].push_back(
          {{"condition", condition}, {"overrides", Overrides()}});
    }
    return rules;
  }

  Json Level() {
    Json level = Object(0);
    if (OneIn(3)) level["global_overrides"] = Overrides();
    if (OneIn(3)) level["local_overrides"] = Overrides();
    if (OneIn(3)) level["custom_inheritance_rules"] = Rules();
    if (OneIn(12)) level["inheritance_disabled"] = OneIn(2);
    if (OneIn(12)) level["force_local_only"] = true;
    return level;
  }

  std::mt19937_64 engine_;
};

TEST(InheritTest, EqualsTheSlowOracleOnRandomChains) {
  constexpr int kChains = 1'000;
  ChainMaker maker(TestSeed());

  for (int i = 0; i < kChains; ++i) {
    const auto chain = maker.Make();
    DataChain pointers;
    for (const auto& level : chain)
      pointers.push_back(&level);

    const auto expected = test::InheritSlowly(chain);

    ASSERT_EQ(CanonicalBytes(Inherit(pointers)), CanonicalBytes(expected.data))
        << Json(chain).dump();
    ASSERT_EQ(ExplainInheritance(pointers), expected.origins) << Json(chain).dump();
  }
}

}  // namespace
}  // namespace contextsync
