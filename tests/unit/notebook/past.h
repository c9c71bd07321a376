// Short ways to ask a notebook what a context showed at its versions.

#pragma once

#include <cstdint>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/notebook/fixture.h"

namespace contextsync::test {

inline const ContextRef kRef = Task("t");

/// What `desk` shows of `ref` at `version`; null when it was deleted then. The version must be
/// kept.
inline Json DataAt(const Desk& desk, const ContextRef& ref, std::uint64_t version) {
  const auto span = desk.notebook->Span({ref, 0, version});
  EXPECT_TRUE(span.ok()) << version << ": " << span.failure().message;
  if (!span.ok()) return "refused";
  return span.value().after.exists ? span.value().after.data : Json();
}

/// The `oldest` of the refusal that a version which is not kept must meet.
inline std::uint64_t OldestTold(const Desk& desk, const ContextRef& ref, std::uint64_t version) {
  const auto span = desk.notebook->Span({ref, 0, version});
  EXPECT_FALSE(span.ok()) << version;
  if (span.ok()) return 0;
  EXPECT_EQ(span.failure().code, RefusalCode::kNotFound);
  return span.failure().details.at("oldest").get<std::uint64_t>();
}

inline HistoryPage HistoryOf(const Desk& desk, const ContextRef& ref, std::size_t limit = 1'000) {
  return desk.notebook->History({ref, limit, ""}).value();
}

}  // namespace contextsync::test
