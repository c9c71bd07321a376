#include "core/tools/resolve_cache.h"

#include <thread>

#include <gtest/gtest.h>

namespace contextsync {
namespace {

const ContextRef kTask{Level::kTask, "t1"};

std::shared_ptr<const Json> Data(const char* text) {
  return std::make_shared<const Json>(Json::parse(text));
}

TEST(ResolveCacheTest, SameObjectsAreMergedOnce) {
  ResolveCache cache;
  const ResolveCache::Levels levels = {Data(R"({"a":1})"), Data(R"({"b":2})")};

  const auto first = cache.Get(kTask, levels);

  EXPECT_EQ(first->text, R"({"a":1,"b":2})");
  EXPECT_EQ(cache.Get(kTask, levels), first);
  EXPECT_EQ(cache.hits(), 1U);
}

TEST(ResolveCacheTest, AnotherObjectIsAnotherChain) {
  ResolveCache cache;
  const auto far = Data(R"({"a":1})");
  cache.Get(kTask, {far, Data(R"({"b":2})")});

  EXPECT_EQ(cache.Get(kTask, {far, Data(R"({"b":3})")})->text, R"({"a":1,"b":3})");
  EXPECT_EQ(cache.Get(kTask, {far})->text, R"({"a":1})");
  EXPECT_EQ(cache.Get({Level::kTask, "t2"}, {far})->text, R"({"a":1})");
  EXPECT_EQ(cache.hits(), 0U);
}

TEST(ResolveCacheTest, DoesNotKeepTheDataOfTheChainAlive) {
  ResolveCache cache;
  auto data = Data(R"({"a":1})");
  const std::weak_ptr<const Json> watched = data;
  cache.Get(kTask, {data});

  data.reset();

  EXPECT_TRUE(watched.expired());
}

TEST(ResolveCacheTest, ForgetsTheLeastRecentlyUsedWhenFull) {
  ResolveCache cache(2'000);
  const auto data = Data(R"({"a":1})");
  const auto get = [&](const char* id) { cache.Get({Level::kTask, id}, {data}); };
  get("a");
  get("b");
  get("c");
  get("a");  // most recently used again
  get("d");  // pushes b out

  get("a");
  get("c");
  get("d");
  EXPECT_EQ(cache.hits(), 4U);
  get("b");
  EXPECT_EQ(cache.hits(), 4U);
}

TEST(ResolveCacheTest, WhatIsLargerThanTheCacheIsNotKept) {
  ResolveCache cache(1'000);
  const ResolveCache::Levels levels = {
      std::make_shared<const Json>(Json{{"a", std::string(1'000, 'x')}})};

  EXPECT_EQ(cache.Get(kTask, levels)->data["a"].get<std::string>().size(), 1'000U);
  cache.Get(kTask, levels);

  EXPECT_EQ(cache.hits(), 0U);
}

TEST(ResolveCacheTest, ThreadsShareIt) {
  ResolveCache cache(4'000);
  const auto work = [&cache](int from) {
    for (int i = 0; i < 500; ++i) {
      const Json own = {{"n", i % 7}};
      const ContextRef ref{Level::kTask, std::to_string((from + i) % 5)};
      EXPECT_EQ(cache.Get(ref, {std::make_shared<const Json>(own)})->data, own);
    }
  };
  std::jthread one(work, 0);
  std::jthread two(work, 3);
}

}  // namespace
}  // namespace contextsync
