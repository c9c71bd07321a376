// Messages of the hub protocol with something missing or of a wrong type.

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/ports/hub_wire.h"
#include "tests/unit/ports/wire_samples.h"

namespace contextsync::hub_wire_fault_test {
namespace {

using namespace wire_samples;  // NOLINT(google-build-using-namespace): the samples are the subject

/// Every member of `good` that `required` names is missed when it is gone, and named.
template <typename T>
void ExpectRequired(const Json& good, const std::vector<std::string>& required,
                    Result<T> (*read)(const Json&)) {
  ASSERT_TRUE(read(good).ok()) << read(good).error().message();
  for (const std::string& name : required) {
    Json json = good;
    json.erase(name);
    const Result<T> result = read(json);
    ASSERT_FALSE(result.ok()) << name;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument) << name;
    EXPECT_NE(result.error().message().find(name), std::string::npos) << result.error().message();
  }
}

TEST(HubWireFaultTest, MissingMembersAreNamed) {
  ExpectRequired(ToJson(SampleHelloRequest()),
                 {"protocol", "device", "next_n", "acked_n", "low_base", "cursor"},
                 &HelloRequestFromJson);
  ExpectRequired(ToJson(SampleHelloResponse()),
                 {"protocol", "verdict", "epoch", "head", "check", "fork_seq", "gc_floor", "last_n",
                  "hub_device", "role", "server_time", "heartbeat_ms", "limits"},
                 &HelloResponseFromJson);
  ExpectRequired(ToJson(SamplePush()),
                 {"device", "acked_n", "low_base", "cursor", "epoch", "entries"},
                 &PushRequestFromJson);
  ExpectRequired(ToJson(SampleItem()),
                 {"seq", "kind", "level", "context_id", "change_type", "changed_by", "source",
                  "timestamp", "device", "n", "id", "hash", "rev"},
                 &FeedItemFromJson);
  ExpectRequired(ToJson(SampleRecord()),
                 {"id", "status", "level", "context_id", "path", "kind", "strategy", "seq", "rev",
                  "current", "incoming"},
                 &ConflictRecordFromJson);
  ExpectRequired(ToJson(SampleSnapshot()),
                 {"start", "check", "contexts", "conflicts", "hlc", "head", "epoch", "server_time"},
                 &SnapshotPageFromJson);
}

/// Every value inside `json`, by reference.
void ForEachValue(Json& json, const std::function<void(Json&)>& visit) {
  if (json.is_structured()) {
    for (Json& child : json)
      ForEachValue(child, visit);
  }
  visit(json);
}

TEST(HubWireFaultTest, NoWrongTypeAnywhereIsMoreThanAnError) {
  ChangesPage page;
  page.changes = {SampleItem()};
  page.check = kCheck;
  page.epoch = kEpoch;
  const std::vector<Json> wrong = {Json(-1),      Json(1.5),      Json("?"),    Json(true),
                                   Json::array(), Json::object(), Json(nullptr)};
  for (Json message : {ToJson(SamplePush()), ToJson(page), ToJson(SampleSnapshot()),
                       ToJson(SampleHelloRequest()), ToJson(SampleHelloResponse())}) {
    ForEachValue(message, [&](Json& value) {
      const Json original = value;
      for (const Json& replacement : wrong) {
        value = replacement;
        // Reading must end, in a value or an error; sanitizers and the absence of exceptions judge.
        static_cast<void>(PushRequestFromJson(message).ok());
        static_cast<void>(ChangesPageFromJson(message).ok());
        static_cast<void>(SnapshotPageFromJson(message).ok());
        static_cast<void>(HelloRequestFromJson(message).ok());
        static_cast<void>(HelloResponseFromJson(message).ok());
      }
      value = original;
    });
  }
}

}  // namespace
}  // namespace contextsync::hub_wire_fault_test
