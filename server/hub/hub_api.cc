#include "server/hub/hub_api.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "core/ports/hub_wire.h"
#include "server/hub/query_requests.h"

namespace contextsync {

namespace {

// Cell paths are object keys here, so keys may be longer than any key of a document.
constexpr JsonLimits kBodyLimits = {limits::kMessageDepth, kBodyElements,
                                    kWireJsonLimits.key_bytes};

HubFailure Overloaded() {
  HubFailure failure;
  failure.fault = HubFault::kRetryLater;
  failure.message = "the hub is overloaded";
  failure.retry_after = std::chrono::seconds(1);
  return failure;
}

}  // namespace

HubApi::HubApi(HubBackend& backend, const Clock& clock, const HubTuning& tuning, After after)
    : backend_(backend), clock_(clock), tuning_(tuning), polls_(backend, std::move(after)) {}

HttpAnswer HubApi::Refuse(int status, std::string_view code, std::string_view message) const {
  return ErrorAnswer(status, code, message, clock_.WallMillis());
}

HttpAnswer HubApi::BadRequest(const Error& error) const {
  // Readers say kUnavailable for what a newer notebook may send and this build does not know.
  const bool newer = error.code() == ErrorCode::kUnavailable;
  return newer ? Refuse(426, "upgrade_required", error.message())
               : Refuse(400, "malformed", error.message());
}

HttpAnswer HubApi::FailureAnswer(const HubFailure& failure) const {
  Json json = ToJson(failure);
  json["server_time"] = clock_.WallMillis();
  HttpAnswer answer{HttpStatusOf(failure.fault), CompactText(json), {}};
  if (failure.retry_after) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*failure.retry_after);
    answer.headers.emplace_back("Retry-After", std::to_string(seconds.count()));
  }
  return answer;
}

template <typename T>
HubBackend::Done<T> HubApi::AnswerTo(Reply reply) const {
  return [this, reply = std::move(reply)](HubReply<T> result) {
    reply(result.ok() ? HttpAnswer{200, CompactText(ToJson(result.value())), {}}
                      : FailureAnswer(result.failure()));
  };
}

template <typename Request, typename Next>
void HubApi::WithBody(std::string body, Reader<Request> read, const Reply& reply, Next next) {
  const bool is_small = body.size() <= tuning_.inline_body_bytes;
  auto parse = [this, body = std::move(body), read, reply, next = std::move(next)] {
    Result<Json> json = ParseStrict(body, kBodyLimits);
    if (!json.ok()) return reply(BadRequest(json.error()));
    Result<Request> request = read(json.value());
    if (!request.ok()) return reply(BadRequest(request.error()));
    next(std::move(request).value());
  };
  if (is_small) return parse();
  if (!backend_.Offload(std::move(parse))) reply(FailureAnswer(Overloaded()));
}

void HubApi::Handle(const Admitted& admitted, std::string body, Reply reply) {
  switch (admitted.route->id) {
    case RouteId::kHealth:
      return reply({200, R"({"status":"ok"})", {}});
    case RouteId::kReady:
      return Ready(reply);
    case RouteId::kHello:
      return Hello(admitted, std::move(body), reply);
    case RouteId::kPush:
      return Push(admitted, std::move(body), reply);
    case RouteId::kChanges:
      return Changes(admitted, std::move(reply));
    case RouteId::kSnapshot:
      return Snapshot(admitted, std::move(reply));
    case RouteId::kEvents:
      return reply(Refuse(400, "malformed", "this path is a WebSocket"));
  }
}

void HubApi::Hello(const Admitted& admitted, std::string body, const Reply& reply) {
  WithBody<HelloRequest>(std::move(body), &HelloRequestFromJson, reply,
                         [this, workspace = admitted.workspace, principal = admitted.principal,
                          reply](HelloRequest request) {
                           backend_.Hello(workspace, principal, std::move(request),
                                          AnswerTo<HelloResponse>(reply));
                         });
}

void HubApi::Push(const Admitted& admitted, std::string body, const Reply& reply) {
  WithBody<PushRequest>(std::move(body), &PushRequestFromJson, reply,
                        [this, workspace = admitted.workspace, principal = admitted.principal,
                         reply](PushRequest request) {
                          backend_.Push(workspace, principal, std::move(request),
                                        AnswerTo<PushResponse>(reply));
                        });
}

void HubApi::Changes(const Admitted& admitted, Reply reply) {
  Result<ChangesRequest> request = ChangesFromQuery(admitted.query);
  if (!request.ok()) return reply(BadRequest(request.error()));
  request.value().wait = std::min(request.value().wait, tuning_.longest_poll);
  polls_.Start(admitted.workspace, std::move(request).value(),
               AnswerTo<ChangesPage>(std::move(reply)));
}

void HubApi::Snapshot(const Admitted& admitted, Reply reply) {
  Result<SnapshotRequest> request = SnapshotFromQuery(admitted.query);
  if (!request.ok()) return reply(BadRequest(request.error()));
  backend_.Snapshot(admitted.workspace, std::move(request).value(),
                    AnswerTo<SnapshotPage>(std::move(reply)));
}

void HubApi::Ready(const Reply& reply) {
  backend_.CheckReady([this, reply](const Status& ready) {
    reply(ready.ok() ? HttpAnswer{200, R"({"status":"ready"})", {}}
                     : Refuse(503, "not_ready", "this hub is not ready"));
  });
}

void HubApi::Subscribe(const Admitted& admitted, std::weak_ptr<Subscriber> subscriber,
                       std::function<void(std::optional<HttpAnswer>)> reply) {
  Result<EventsRequest> request = EventsFromQuery(admitted.query);
  if (!request.ok()) return reply(BadRequest(request.error()));
  backend_.Subscribe(
      admitted.workspace, std::move(request).value(), std::move(subscriber),
      [this, reply = std::move(reply)](const HubReply<EventFrame>& result) {
        reply(result.ok() ? std::optional<HttpAnswer>() : FailureAnswer(result.failure()));
      });
}

}  // namespace contextsync
