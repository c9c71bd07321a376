// The search index against a scan of everything that reads, cuts and weighs texts in its own way.

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "tests/support/seed.h"
#include "tests/unit/notebook/search_asking.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test::search_property_test {
namespace {

// ── the oracle ──

/// One text of a context as its words, small letters. ASCII only.
using Text = std::vector<std::string>;

Text Cut(const std::string& raw) {
  Text text;
  bool is_open = false;
  for (const char c : raw) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      is_open = false;
      continue;
    }
    if (!is_open) text.emplace_back();
    is_open = true;
    text.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

void Collect(const Json& value, std::vector<Text>& texts) {
  if (value.is_string()) texts.push_back(Cut(value.get<std::string>()));
  if (!value.is_structured()) return;
  for (const auto& [key, member] : value.items()) {
    if (value.is_object()) texts.push_back(Cut(key));
    Collect(member, texts);
  }
}

struct Sought {
  Text words;
  bool is_prefix = false;
};

bool IsAt(const Sought& sought, const Text& text, std::size_t at) {
  if (at + sought.words.size() > text.size()) return false;
  for (std::size_t i = 0; i < sought.words.size(); ++i) {
    const bool is_open = sought.is_prefix && i + 1 == sought.words.size();
    const std::string found =
        is_open ? text[at + i].substr(0, sought.words[i].size()) : text[at + i];
    if (found != sought.words[i]) return false;
  }
  return true;
}

std::size_t CountIn(const Sought& sought, const std::vector<Text>& texts) {
  std::size_t count = 0;
  for (const Text& text : texts) {
    for (std::size_t at = 0; at < text.size(); ++at)
      if (IsAt(sought, text, at)) ++count;
  }
  return count;
}

class Oracle {
 public:
  explicit Oracle(const Notebook& notebook) {
    for (const Level level : kAllLevels) {
      ListQuery query;
      query.level = level;
      query.limit = 1'000;
      for (const ContextContent& content : notebook.List(query).value().contexts) {
        std::vector<Text>& texts = texts_[content.info.context];
        texts.push_back(Cut(content.info.context.id));
        Collect(*content.data, texts);
        for (const Text& text : texts)
          words_ += text.size();
        ages_[content.info.context] = content.info.updated_at;
      }
    }
  }

  /// Score by context, of those that hold everything.
  [[nodiscard]] std::map<ContextRef, double> Answer(const std::vector<Sought>& query,
                                                    std::optional<Level> level) const {
    std::map<ContextRef, double> scores;
    for (const auto& [ref, texts] : texts_) {
      const bool holds_all = std::all_of(query.begin(), query.end(), [&](const Sought& sought) {
        return CountIn(sought, texts) > 0;
      });
      if (holds_all && (!level || ref.level == *level)) scores[ref] = Score(query, texts);
    }
    return scores;
  }

  [[nodiscard]] UnixMillis Age(const ContextRef& ref) const { return ages_.at(ref); }

 private:
  [[nodiscard]] double Score(const std::vector<Sought>& query,
                             const std::vector<Text>& texts) const {
    std::set<std::pair<std::string, bool>> words;
    for (const Sought& sought : query) {
      for (std::size_t i = 0; i < sought.words.size(); ++i)
        words.emplace(sought.words[i], sought.is_prefix && i + 1 == sought.words.size());
    }
    const double n = static_cast<double>(texts_.size());
    const double average = static_cast<double>(words_) / n;
    double length = 0;
    for (const Text& text : texts)
      length += static_cast<double>(text.size());
    double score = 0;
    for (const auto& [word, is_prefix] : words) {
      const Sought alone{{word}, is_prefix};
      double with = 0;
      for (const auto& [ref, others] : texts_)
        with += CountIn(alone, others) > 0 ? 1 : 0;
      const double tf = static_cast<double>(CountIn(alone, texts));
      score += std::log(1 + (n - with + 0.5) / (with + 0.5)) * tf * 2.2 /
               (tf + 1.2 * (0.25 + 0.75 * length / average));
    }
    return score;
  }

  std::map<ContextRef, std::vector<Text>> texts_;
  std::map<ContextRef, UnixMillis> ages_;
  std::size_t words_ = 0;
};

// ── the property ──

const Names kVocabulary = {"refresh", "refreshed", "token", "tokens", "login",  "log",
                           "cache",   "a",         "b",     "schema", "deploy", "x1"};

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  std::size_t Below(std::size_t bound) { return engine_() % bound; }
  const std::string& Word() { return kVocabulary[Below(kVocabulary.size())]; }

  std::string Sentence() {
    static const Names kGaps = {" ", ", ", "_", "\n", "-"};
    std::string text;
    for (std::size_t i = 1 + Below(8); i > 0; --i) {
      std::string word = Word();
      if (Below(3) == 0) word[0] = static_cast<char>(std::toupper(word[0]));
      text += word + kGaps[Below(kGaps.size())];
    }
    return text;
  }

  Json Data() {
    Json data = Json::object();
    for (std::size_t i = Below(4); i > 0; --i) {
      const std::string key = Below(2) == 0 ? Word() : Word() + "_" + Word();
      switch (Below(5)) {
        case 0:
          data[key] = {Sentence(), 7, Word()};
          break;
        case 1:
          data[key] = {{Word(), Sentence()}, {"deep", {{{Word(), Word()}}}}};
          break;
        case 2:
          data[key] = nullptr;
          break;
        default:
          data[key] = Sentence();
      }
    }
    return data;
  }

  Sought Term() {
    Sought sought{{Word()}, false};
    const std::size_t kind = Below(4);
    if (kind == 0) sought.words.push_back(Word());
    if (kind <= 1) {
      std::string& last = sought.words.back();
      last = last.substr(0, 1 + Below(last.size()));
      sought.is_prefix = true;
    }
    return sought;
  }

 private:
  std::mt19937_64 engine_;
};

std::string Spell(const std::vector<Sought>& query) {
  std::string text;
  for (const Sought& sought : query) {
    for (std::size_t i = 0; i < sought.words.size(); ++i)
      text += (i == 0 ? "" : "-") + sought.words[i];
    text += sought.is_prefix ? "* " : " ";
  }
  return text;
}

/// Three notebooks and a hub; whatever changes a context happens.
class SearchWorld {
 public:
  explicit SearchWorld(std::uint64_t seed) : chance_(seed) {
    for (std::uint64_t i = 0; i < 2; ++i) {
      desks_.push_back(std::make_unique<Desk>(true, seed * 7 + i));
      Greet(*desks_.back()->notebook, hub_);
    }
  }

  void Step() {
    Desk& desk = *desks_[chance_.Below(desks_.size())];
    desk.clock.Advance(static_cast<UnixMillis>(1 + chance_.Below(50)));
    const std::size_t kind = chance_.Below(20);
    if (kind < 10) {
      desk.Update(Any(), chance_.Data());
    } else if (kind < 12) {
      static_cast<void>(desk.Try(Deleting(Any())));
    } else if (kind < 14) {
      SyncAll(*desk.notebook, hub_);
    } else if (kind < 16) {
      ASSERT_TRUE(desk.notebook->IndexSome(1 + chance_.Below(4)).ok());
    } else if (kind == 16) {
      desk.Open();
    } else if (kind == 17) {
      desk.notebook->InstallSnapshot({hub_.Snapshot()}).IgnoreBecause("it may be older than this");
    } else if (kind == 18) {
      ASSERT_TRUE(desk.notebook->RebuildIndex().ok());
    } else {
      Check(desk);
    }
  }

  void CheckAll() {
    for (const auto& desk : desks_)
      Check(*desk);
  }

 private:
  ContextRef Any() {
    const std::string id = chance_.Word() + std::to_string(chance_.Below(4));
    return chance_.Below(3) == 0 ? Branch(id) : Task(id);
  }

  void Check(Desk& desk) {
    ExpectSound(desk);  // with contexts that wait to be taken in
    for (int i = 0; i < 4; ++i)
      CheckQuery(desk);
    ExpectSound(desk);
  }

  static void ExpectSound(const Desk& desk) {
    const auto problems = desk.notebook->Audit();
    ASSERT_TRUE(problems.ok()) << problems.error().message();
    EXPECT_EQ(problems.value(), Names{});
  }

  void CheckQuery(Desk& desk) {
    std::vector<Sought> sought(1 + chance_.Below(3));
    for (Sought& term : sought)
      term = chance_.Term();
    SearchQuery query;
    query.text = Spell(sought);
    if (chance_.Below(4) == 0) query.level = Level::kTask;
    query.limit = 1 + chance_.Below(6);
    SCOPED_TRACE(query.text);
    const Oracle oracle(*desk.notebook);
    Compare(Pages(desk, query), oracle, oracle.Answer(sought, query.level));
  }

  static std::vector<SearchHit> Pages(const Desk& desk, SearchQuery query) {
    std::vector<SearchHit> hits;
    do {
      const SearchPage page = Ask(*desk.notebook, query);
      EXPECT_LE(page.hits.size(), query.limit);
      hits.insert(hits.end(), page.hits.begin(), page.hits.end());
      query.cursor = page.next_cursor;
    } while (!query.cursor.empty());
    return hits;
  }

  static void Compare(const std::vector<SearchHit>& hits, const Oracle& oracle,
                      const std::map<ContextRef, double>& expected) {
    constexpr double kRounding = 1e-9;
    ASSERT_EQ(hits.size(), expected.size());
    std::set<ContextRef> met;
    for (std::size_t i = 0; i < hits.size(); ++i) {
      const ContextRef& ref = hits[i].info.context;
      EXPECT_TRUE(met.insert(ref).second) << ref.id << " twice";
      ASSERT_TRUE(expected.contains(ref)) << ref.id;
      EXPECT_NEAR(hits[i].score, expected.at(ref), kRounding) << ref.id;
      EXPECT_FALSE(hits[i].snippets.empty());
      if (i == 0) continue;
      EXPECT_GE(hits[i - 1].score, hits[i].score);
      if (hits[i - 1].score == hits[i].score) {
        EXPECT_GE(oracle.Age(hits[i - 1].info.context), oracle.Age(ref));
      }
    }
  }

  Chance chance_;
  TinyHub hub_;
  std::vector<std::unique_ptr<Desk>> desks_;
};

TEST(SearchPropertyTest, FindsWhatAScanOfEverythingFinds) {
  constexpr int kWorlds = 12;
  constexpr int kSteps = 150;
  const std::uint64_t seed = TestSeed();
  for (std::uint64_t i = 0; i < kWorlds && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("CONTEXTSYNC_SEED=" + std::to_string(seed) + ", world " + std::to_string(i));
    SearchWorld world(seed + i);
    for (int step = 0; step < kSteps && !::testing::Test::HasFailure(); ++step)
      world.Step();
    world.CheckAll();
  }
}

}  // namespace
}  // namespace contextsync::test::search_property_test
