#include "core/ports/hub_names.h"

#include <array>
#include <utility>

#include "core/base/check.h"

namespace contextsync {
namespace {

template <typename Enum, std::size_t size>
using Names = std::array<std::pair<Enum, std::string_view>, size>;

template <typename Enum, std::size_t size>
std::string_view NameOf(const Names<Enum, size>& names, Enum wanted) {
  for (const auto& [value, name] : names) {
    if (value == wanted) return name;
  }
  CONTEXTSYNC_CHECK(false);  // every enumerator has a name
}

template <typename Enum, std::size_t size>
std::optional<Enum> ValueOf(const Names<Enum, size>& names, std::string_view wanted) {
  for (const auto& [value, name] : names) {
    if (name == wanted) return value;
  }
  return std::nullopt;
}

constexpr Names<ConflictStatus, 3> kConflictStatuses = {{{ConflictStatus::kAuto, "auto"},
                                                         {ConflictStatus::kOpen, "open"},
                                                         {ConflictStatus::kResolved, "resolved"}}};

constexpr Names<EntryOp, 5> kEntryOps = {{{EntryOp::kDelta, "delta"},
                                          {EntryOp::kResolve, "resolve"},
                                          {EntryOp::kRepair, "repair"},
                                          {EntryOp::kPurge, "purge"},
                                          {EntryOp::kSkip, "skip"}}};

constexpr Names<HelloVerdict, 5> kVerdicts = {{{HelloVerdict::kOk, "ok"},
                                               {HelloVerdict::kFirst, "first"},
                                               {HelloVerdict::kEpochChanged, "epoch_changed"},
                                               {HelloVerdict::kCursorGone, "cursor_gone"},
                                               {HelloVerdict::kDeviceForked, "device_forked"}}};

constexpr Names<PushStatus, 8> kPushStatuses = {{{PushStatus::kAccepted, "accepted"},
                                                 {PushStatus::kMerged, "merged"},
                                                 {PushStatus::kConflict, "conflict"},
                                                 {PushStatus::kDuplicate, "duplicate"},
                                                 {PushStatus::kRejected, "rejected"},
                                                 {PushStatus::kClockSkew, "clock_skew"},
                                                 {PushStatus::kGap, "gap"},
                                                 {PushStatus::kRetry, "retry"}}};

constexpr Names<EventFrame::Type, 4> kEventTypes = {
    {{EventFrame::Type::kReady, "ready"},
     {EventFrame::Type::kHeartbeat, "heartbeat"},
     {EventFrame::Type::kChanged, "context_changed"},
     {EventFrame::Type::kLagged, "lagged"}}};

constexpr Names<HubFault, 11> kFaults = {{{HubFault::kTransport, "transport"},
                                          {HubFault::kTimeout, "timeout"},
                                          {HubFault::kRetryLater, "unavailable"},
                                          {HubFault::kUnauthorized, "unauthorized"},
                                          {HubFault::kMalformed, "malformed"},
                                          {HubFault::kEpochChanged, "epoch_changed"},
                                          {HubFault::kDeviceForked, "device_forked"},
                                          {HubFault::kCursorGone, "cursor_gone"},
                                          {HubFault::kTooLarge, "too_large"},
                                          {HubFault::kUpgradeRequired, "upgrade_required"},
                                          {HubFault::kHubInvalid, "hub_invalid"}}};

}  // namespace

std::string_view ToString(ConflictStatus status) {
  return NameOf(kConflictStatuses, status);
}
std::optional<ConflictStatus> ParseConflictStatus(std::string_view text) {
  return ValueOf(kConflictStatuses, text);
}

std::string_view ToString(EntryOp op) {
  return NameOf(kEntryOps, op);
}
std::optional<EntryOp> ParseEntryOp(std::string_view text) {
  return ValueOf(kEntryOps, text);
}

std::string_view ToString(HelloVerdict verdict) {
  return NameOf(kVerdicts, verdict);
}
std::optional<HelloVerdict> ParseHelloVerdict(std::string_view text) {
  return ValueOf(kVerdicts, text);
}

std::string_view ToString(PushStatus status) {
  return NameOf(kPushStatuses, status);
}
std::optional<PushStatus> ParsePushStatus(std::string_view text) {
  return ValueOf(kPushStatuses, text);
}

std::string_view ToString(EventFrame::Type type) {
  return NameOf(kEventTypes, type);
}
std::optional<EventFrame::Type> ParseEventType(std::string_view text) {
  return ValueOf(kEventTypes, text);
}

std::string_view ToString(HubFault fault) {
  return NameOf(kFaults, fault);
}

}  // namespace contextsync
