#include "tests/simulation/sim_link.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "core/ports/hub_wire.h"

namespace contextsync::simulation {

using namespace std::chrono_literals;

namespace {

constexpr auto kVeryLate = 20s;        // a request that lingers somewhere on the way
constexpr std::size_t kSlowQueue = 6;  // frames a reader that does not read may be behind

template <typename Message>
Message ThroughJson(const Message& message, Result<Message> (*read)(const Json&)) {
  auto arrived = read(ToJson(message));
  if (!arrived.ok())
    static_cast<void>(std::fprintf(stderr, "%s\n%s\n", arrived.error().message().c_str(),
                                   CompactText(ToJson(message)).c_str()));
  CONTEXTSYNC_CHECK(arrived.ok());
  return std::move(arrived).value();
}

/// Nothing: the hub is down, or died at it. Independent of the link, which may be gone when a late
/// request arrives.
template <typename Response, typename Call>
std::optional<HubReply<Response>> Ask(SimHub& hub, Call call) {
  // Shared: after a death the service may still hold the callback.
  auto answer = std::make_shared<std::optional<HubReply<Response>>>();
  const bool is_served = hub.Serve([&](HubService& service) {
    call(service, [answer](HubReply<Response> reply) { *answer = std::move(reply); });
  });
  if (!is_served || !answer->has_value()) return std::nullopt;
  return std::move(*answer);
}

}  // namespace

HubReply<HelloResponse> SimLink::Hello(const HelloRequest& request, Clock::Instant deadline) {
  const auto sent = weather_.as_json ? ThroughJson(request, &HelloRequestFromJson) : request;
  return Send<HelloResponse>(
      [&hub = hub_, sent, principal = principal_] {
        return Ask<HelloResponse>(hub, [&](HubService& service, auto done) {
          service.Hello(hub.workspace(), principal, sent, std::move(done));
        });
      },
      deadline, &HelloResponseFromJson);
}

HubReply<PushResponse> SimLink::Push(const PushRequest& request, Clock::Instant deadline) {
  const auto sent = weather_.as_json ? ThroughJson(request, &PushRequestFromJson) : request;
  return Send<PushResponse>(
      [&hub = hub_, sent, principal = principal_] {
        return Ask<PushResponse>(hub, [&](HubService& service, auto done) {
          service.Push(hub.workspace(), principal, sent, std::move(done));
        });
      },
      deadline, &PushResponseFromJson);
}

HubReply<ChangesPage> SimLink::Changes(const ChangesRequest& request, Clock::Instant deadline) {
  return Send<ChangesPage>(
      [&hub = hub_, request] {
        return Ask<ChangesPage>(hub, [&](HubService& service, auto done) {
          done(service.Changes(hub.workspace(), request));
        });
      },
      deadline, &ChangesPageFromJson);
}

HubReply<SnapshotPage> SimLink::Snapshot(const SnapshotRequest& request, Clock::Instant deadline) {
  return Send<SnapshotPage>(
      [&hub = hub_, request] {
        return Ask<SnapshotPage>(hub, [&](HubService& service, auto done) {
          done(service.Snapshot(hub.workspace(), request));
        });
      },
      deadline, &SnapshotPageFromJson);
}

template <typename Response>
HubReply<Response> SimLink::Send(Serve<Response> serve, Clock::Instant deadline,
                                 Result<Response> (*read)(const Json&)) {
  Chance& chance = universe_.chance;
  if (!host_.Wait(chance.UpTo(weather_.latency))) return HubFailure{};
  if (weather_.cut_out || chance.Percent(weather_.lose_request)) {
    if (chance.Percent(weather_.late_request))
      universe_.After(chance.UpTo(kVeryLate), [serve] { serve(); });
    return NoAnswer(deadline);
  }
  std::optional<HubReply<Response>> reply = serve();
  if (chance.Percent(weather_.repeat_request))
    universe_.After(chance.UpTo(kVeryLate), [serve] { serve(); });
  if (!reply) return HubFailure{};
  if (!host_.Wait(chance.UpTo(weather_.latency))) return HubFailure{};
  if (weather_.cut_in || chance.Percent(weather_.lose_answer)) return NoAnswer(deadline);
  if (!reply->ok() || !weather_.as_json) return *std::move(reply);
  return ThroughJson(reply->value(), read);
}

/// Either the connection breaks, or nothing comes until the deadline.
HubFailure SimLink::NoAnswer(Clock::Instant deadline) {
  HubFailure failure;
  const Duration rest = std::max(deadline - host_.clock().Now(), Duration::zero());
  const bool is_noticed = universe_.chance.Percent(60);
  failure.fault = is_noticed ? HubFault::kTransport : HubFault::kTimeout;
  static_cast<void>(
      host_.Wait(is_noticed ? universe_.chance.UpTo(std::min<Duration>(rest, 1s)) : rest));
  return failure;
}

/// One connection: frames on their way, in order unless the weather says otherwise.
class SimChannel::Reader final : public Subscriber, public std::enable_shared_from_this<Reader> {
 public:
  Reader(SimChannel& channel, EventListener& listener) : channel_(&channel), listener_(listener) {}

  void OnFrame(const EventFrame& frame) override {
    if (channel_ == nullptr || !channel_->hub_.is_up()) return;
    Chance& chance = channel_->universe_.chance;
    const Weather& weather = channel_->weather_;
    // A connection that stands has let its first frame through.
    const bool may_be_lost = frame.type != EventFrame::Type::kReady;
    if (may_be_lost && (weather.cut_in || chance.Percent(weather.lose_frame))) return;
    const bool piles_up = weather.slow_reader && is_ready_ && under_way_ >= kSlowQueue;
    if (piles_up) return Overflow(frame);
    Deliver(frame);
    if (chance.Percent(weather.repeat_frame)) Deliver(frame);
  }

  void Refuse(const HubFailure& failure) {
    if (channel_ == nullptr) return;
    Host& host = channel_->host_;
    channel_ = nullptr;
    listener_.OnClosed(failure);
    host.Poke();
  }

  void Abandon() { channel_ = nullptr; }
  [[nodiscard]] bool is_open() const { return channel_ != nullptr; }

 private:
  void Overflow(const EventFrame& frame) {
    if (std::exchange(has_lagged_, true)) return;
    ++stream_;  // what is under way is dropped
    under_way_ = 0;
    EventFrame lagged = frame;
    lagged.type = EventFrame::Type::kLagged;
    lagged.head = frame.type == EventFrame::Type::kChanged ? frame.item.seq : frame.head;
    lagged.item = {};
    Deliver(lagged);
  }

  void Deliver(const EventFrame& frame) {
    Universe& universe = channel_->universe_;
    const Weather& weather = channel_->weather_;
    const Duration latency = weather.slow_reader ? Duration(3s) : weather.latency;
    Instant at = universe.now() + universe.chance.UpTo(latency);
    if (!universe.chance.Percent(weather.reorder_frame)) at = last_ = std::max(at, last_);
    ++under_way_;
    universe.At(
        at, [self = shared_from_this(), frame, stream = stream_] { self->Arrive(frame, stream); });
  }

  void Arrive(const EventFrame& frame, std::uint64_t stream) {
    if (channel_ == nullptr || stream != stream_) return;
    Host& host = channel_->host_;
    if (host.AwakeAt() > channel_->universe_.now()) {  // it waits in the socket
      channel_->universe_.At(host.AwakeAt(), [self = shared_from_this(), frame, stream] {
        self->Arrive(frame, stream);
      });
      return;
    }
    if (under_way_ > 0) --under_way_;
    has_lagged_ = false;
    is_ready_ = is_ready_ || frame.type == EventFrame::Type::kReady;
    listener_.OnFrame(channel_->weather_.as_json ? ThroughJson(frame, &EventFrameFromJson) : frame,
                      host.clock().BootTime());
    host.Poke();
  }

  SimChannel* channel_;  // null: closed
  EventListener& listener_;
  std::size_t under_way_ = 0;
  bool has_lagged_ = false;
  bool is_ready_ = false;
  std::uint64_t stream_ = 0;
  Instant last_{};
};

void SimChannel::Open(const EventsRequest& request, EventListener& listener) {
  Close();
  auto reader = std::make_shared<Reader>(*this, listener);
  reader_ = reader;
  const std::weak_ptr<Reader> weak = reader;
  hub_.OnDeath([weak] {
    if (const auto alive = weak.lock()) alive->Refuse({});
  });
  universe_.After(universe_.chance.UpTo(weather_.latency), [this, weak, request] {
    const auto alive = weak.lock();
    if (!alive || !alive->is_open()) return;
    const bool is_cut = weather_.cut_out || weather_.cut_in;
    const bool is_served = !is_cut && hub_.Serve([&](HubService& service) {
      service.Subscribe(hub_.workspace(), request, alive, [weak](HubReply<EventFrame> reply) {
        const auto still = weak.lock();
        if (still && !reply.ok()) still->Refuse(reply.failure());
      });
    });
    if (!is_served) alive->Refuse({});
  });
}

void SimChannel::Close() {
  if (const auto reader = std::exchange(reader_, nullptr)) reader->Abandon();
}

void SimChannel::Break() {
  if (const auto reader = std::exchange(reader_, nullptr)) reader->Refuse({});
}

}  // namespace contextsync::simulation
