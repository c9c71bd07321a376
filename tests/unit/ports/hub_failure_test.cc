#include <array>
#include <chrono>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/ports/hub_names.h"
#include "core/ports/hub_wire.h"
#include "tests/unit/ports/wire_samples.h"

namespace contextsync::hub_failure_test {
namespace {

HubFailure EpochChanged() {
  HubFailure failure;
  failure.fault = HubFault::kEpochChanged;
  failure.message = "the hub has another history";
  failure.epoch = wire_samples::kEpoch;
  failure.head = HubSequence(40);
  failure.fork_seq = HubSequence(30);
  failure.last_n = EntryNumber(7);
  return failure;
}

HubFault FaultOf(int status) {
  return FailureFromHttp(status, nullptr, std::nullopt).fault;
}

TEST(HubFailureTest, EveryFaultTheHubTellsIsUnderstoodAgain) {
  constexpr std::array kTold = {HubFault::kRetryLater,     HubFault::kUnauthorized,
                                HubFault::kMalformed,      HubFault::kDeviceForked,
                                HubFault::kCursorGone,     HubFault::kTooLarge,
                                HubFault::kUpgradeRequired};
  for (const HubFault fault : kTold) {
    HubFailure failure;
    failure.fault = fault;
    failure.message = "reason";
    failure.gc_floor = HubSequence(12);
    const Json body = ToJson(failure);

    const HubFailure read = FailureFromHttp(HttpStatusOf(fault), &body, std::nullopt);

    EXPECT_EQ(read.fault, fault) << ToString(fault);
    EXPECT_EQ(read.message, "reason");
  }
}

TEST(HubFailureTest, AnotherHistoryArrivesWhole) {
  const Json body = ToJson(EpochChanged());
  const HubFailure read = FailureFromHttp(409, &body, std::nullopt);
  EXPECT_EQ(read.fault, HubFault::kEpochChanged);
  EXPECT_EQ(read.epoch, wire_samples::kEpoch);
  EXPECT_EQ(read.head, HubSequence(40));
  EXPECT_EQ(read.fork_seq, HubSequence(30));
  EXPECT_EQ(read.last_n, EntryNumber(7));
  EXPECT_EQ(body["head"], 40);
}

TEST(HubFailureTest, ACollectedCursorTellsTheFloor) {
  HubFailure gone;
  gone.fault = HubFault::kCursorGone;
  gone.gc_floor = HubSequence(12);
  const Json body = ToJson(gone);
  EXPECT_EQ(FailureFromHttp(410, &body, std::nullopt).gc_floor, HubSequence(12));
}

TEST(HubFailureTest, OnlyTheHubItselfCanChangeHistory) {
  EXPECT_EQ(FaultOf(409), HubFault::kTransport);
  EXPECT_EQ(FaultOf(410), HubFault::kTransport);

  const Json portal = Json{{"error", {{"code", "login"}, {"message", "please log in"}}}};
  EXPECT_EQ(FailureFromHttp(410, &portal, std::nullopt).fault, HubFault::kTransport);

  Json cut = ToJson(EpochChanged());
  cut["error"].erase("last_n");
  EXPECT_EQ(FailureFromHttp(409, &cut, std::nullopt).fault, HubFault::kTransport);

  const Json text = "gone";
  EXPECT_EQ(FailureFromHttp(410, &text, std::nullopt).fault, HubFault::kTransport);
}

TEST(HubFailureTest, StatusAloneDecidesTheRest) {
  EXPECT_EQ(FaultOf(400), HubFault::kMalformed);
  EXPECT_EQ(FaultOf(401), HubFault::kUnauthorized);
  EXPECT_EQ(FaultOf(403), HubFault::kUnauthorized);
  EXPECT_EQ(FaultOf(404), HubFault::kTransport);
  EXPECT_EQ(FaultOf(413), HubFault::kTooLarge);
  EXPECT_EQ(FaultOf(415), HubFault::kMalformed);
  EXPECT_EQ(FaultOf(426), HubFault::kUpgradeRequired);
  EXPECT_EQ(FaultOf(429), HubFault::kRetryLater);
  EXPECT_EQ(FaultOf(500), HubFault::kRetryLater);
  EXPECT_EQ(FaultOf(503), HubFault::kRetryLater);
  EXPECT_EQ(FaultOf(302), HubFault::kTransport);
  EXPECT_EQ(FaultOf(0), HubFault::kTransport);
}

TEST(HubFailureTest, RetryAfterIsKept) {
  const auto failure = FailureFromHttp(503, nullptr, std::chrono::seconds(3));
  EXPECT_EQ(failure.retry_after, std::chrono::milliseconds(3000));
}

}  // namespace
}  // namespace contextsync::hub_failure_test
