// Refused requests as HTTP status and JSON body. Source: docs/sync_protocol.md#push (whole request)

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/ports/hub_names.h"
#include "core/ports/hub_parts.h"
#include "core/ports/hub_wire.h"

namespace contextsync {
namespace {

Json ErrorToJson(const HubFailure& failure) {
  Json error = Json::object();
  error["code"] = ToString(failure.fault);
  error["message"] = failure.message;
  if (failure.fault == HubFault::kEpochChanged) {
    error["epoch"] = failure.epoch.value;
    error["head"] = failure.head.value;
    error["fork_seq"] = failure.fork_seq.value;
    error["last_n"] = failure.last_n.value;
  }
  if (failure.fault == HubFault::kCursorGone) error["gc_floor"] = failure.gc_floor.value;
  return error;
}

HubFault FaultOfStatus(int status) {
  switch (status) {
    case 400:
    case 415:
      return HubFault::kMalformed;
    case 401:
    case 403:
      return HubFault::kUnauthorized;
    case 408:
    case 425:
    case 429:
      return HubFault::kRetryLater;
    case 413:
      return HubFault::kTooLarge;
    case 426:
      return HubFault::kUpgradeRequired;
    default:
      // Anything else is not what our hub says: a proxy, a portal, a wrong address.
      return status >= 500 && status <= 599 ? HubFault::kRetryLater : HubFault::kTransport;
  }
}

bool ChangesHistory(int status) {
  return status == 409 || status == 410;
}

/// 409 and 410 make the notebook rebuild itself, so they count only as the hub's own complete word.
Status ReadHistoryFault(int status, JsonReader& reader, HubFailure& failure) {
  const std::string code = reader.Text("code");
  if (status == 409 && code == ToString(HubFault::kDeviceForked)) {
    failure.fault = HubFault::kDeviceForked;
  } else if (status == 409 && code == ToString(HubFault::kEpochChanged)) {
    failure.fault = HubFault::kEpochChanged;
    failure.epoch = ReadEpoch(reader);
    failure.head = ReadSequence(reader, "head");
    failure.fork_seq = ReadSequence(reader, "fork_seq");
    failure.last_n = ReadEntryNumber(reader, "last_n");
  } else if (status == 410 && code == ToString(HubFault::kCursorGone)) {
    failure.fault = HubFault::kCursorGone;
    failure.gc_floor = ReadSequence(reader, "gc_floor");
  } else {
    reader.Fail(Error(ErrorCode::kInvalidArgument, "code is not the hub's"));
  }
  return reader.status();
}

HubFailure NotOurHub(int status, std::string_view why) {
  HubFailure failure;
  failure.fault = HubFault::kTransport;
  failure.message = "HTTP " + std::to_string(status) + " without the hub's own answer";
  if (!why.empty()) failure.message.append(": ").append(why);
  return failure;
}

const Json* ErrorMember(const Json* body) {
  if (body == nullptr || !body->is_object()) return nullptr;
  const auto it = body->find("error");
  return it == body->end() || !it->is_object() ? nullptr : &*it;
}

}  // namespace

Json ToJson(const HubFailure& failure) {
  Json json = Json::object();
  json["error"] = ErrorToJson(failure);
  if (!failure.epoch.empty()) {
    json["epoch"] = failure.epoch.value;
    json["head"] = failure.head.value;
  }
  return json;
}

HubFailure FailureFromHttp(int status, const Json* body,
                           std::optional<std::chrono::milliseconds> retry_after) {
  const Json* error = ErrorMember(body);
  if (error == nullptr && ChangesHistory(status)) return NotOurHub(status, "");

  HubFailure failure;
  failure.fault = FaultOfStatus(status);
  failure.message = "HTTP " + std::to_string(status);
  failure.retry_after = retry_after;
  if (error == nullptr) return failure;

  JsonReader reader(*error);
  failure.message = reader.TextOr("message", failure.message);
  if (!ChangesHistory(status)) return failure;
  const Status known = ReadHistoryFault(status, reader, failure);
  return known.ok() ? failure : NotOurHub(status, known.error().message());
}

int HttpStatusOf(HubFault fault) {
  switch (fault) {
    case HubFault::kTransport:
    case HubFault::kHubInvalid:
      return 502;
    case HubFault::kTimeout:
      return 504;
    case HubFault::kRetryLater:
      return 503;
    case HubFault::kUnauthorized:
      return 403;
    case HubFault::kMalformed:
      return 400;
    case HubFault::kEpochChanged:
    case HubFault::kDeviceForked:
      return 409;
    case HubFault::kCursorGone:
      return 410;
    case HubFault::kTooLarge:
      return 413;
    case HubFault::kUpgradeRequired:
      return 426;
  }
  return 500;
}

}  // namespace contextsync
