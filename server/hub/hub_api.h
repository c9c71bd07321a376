// HubApi: the routes as functions: a request that passed the gate in, an answer out.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/ports/clock.h"
#include "server/hub/http_message.h"
#include "server/hub/hub_backend.h"
#include "server/hub/long_poll.h"
#include "server/hub/request_gate.h"
#include "server/hub/tuning.h"

namespace contextsync {

/// Thread-safety: any thread.
class HubApi {
 public:
  using Reply = std::function<void(HttpAnswer)>;

  HubApi(HubBackend& backend, const Clock& clock, const HubTuning& tuning, After after);

  /// Every route but events. `reply` is called once, on any thread.
  void Handle(const Admitted& admitted, std::string body, Reply reply);

  /// Events: `reply` gets the refusal, or nothing when the stream stands and the connection may be
  /// upgraded.
  void Subscribe(const Admitted& admitted, std::weak_ptr<Subscriber> subscriber,
                 std::function<void(std::optional<HttpAnswer>)> reply);

  /// Parked requests are answered and none is parked any more.
  void Stop() { polls_.Stop(); }

 private:
  template <typename Request>
  using Reader = Result<Request> (*)(const Json&);

  [[nodiscard]] HttpAnswer Refuse(int status, std::string_view code,
                                  std::string_view message) const;
  [[nodiscard]] HttpAnswer FailureAnswer(const HubFailure& failure) const;
  [[nodiscard]] HttpAnswer BadRequest(const Error& error) const;

  /// `reply` as a callback for the hub's answers.
  template <typename T>
  HubBackend::Done<T> AnswerTo(Reply reply) const;

  /// Parses `body`, here or on a worker, and goes on with `next`; a body that cannot be read is
  /// answered.
  template <typename Request, typename Next>
  void WithBody(std::string body, Reader<Request> read, const Reply& reply, Next next);

  void Hello(const Admitted& admitted, std::string body, const Reply& reply);
  void Push(const Admitted& admitted, std::string body, const Reply& reply);
  void Changes(const Admitted& admitted, Reply reply);
  void Snapshot(const Admitted& admitted, Reply reply);
  void Ready(const Reply& reply);

  HubBackend& backend_;
  const Clock& clock_;
  const HubTuning tuning_;
  LongPolls polls_;
};

}  // namespace contextsync
