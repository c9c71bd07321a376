// SimLink, SimChannel: one machine's way to the hub, through weather: messages are lost, doubled,
// late and out of order, in one direction or both.

#pragma once

#include <memory>
#include <optional>

#include "core/ports/hub_link.h"
#include "tests/simulation/sim_hub.h"
#include "tests/simulation/universe.h"

namespace contextsync::simulation {

/// Chances in percent.
struct Weather {
  Duration latency = std::chrono::milliseconds(2);  // at most, one way
  unsigned lose_request = 0;
  unsigned lose_answer = 0;
  unsigned late_request = 0;    // of a lost one: it arrives after all, much later
  unsigned repeat_request = 0;  // it arrives once more, later
  unsigned lose_frame = 0;
  unsigned repeat_frame = 0;
  unsigned reorder_frame = 0;
  bool cut_out = false;  // nothing reaches the hub
  bool cut_in = false;   // nothing comes back
  bool slow_reader = false;
  bool as_json = false;  // messages pass through their JSON form
};

/// What a link needs of the computer it is in.
class Host {
 public:
  virtual ~Host() = default;

  /// Lets `time` pass; false when the process dies meanwhile.
  virtual bool Wait(Duration time) = 0;

  /// Something arrived.
  virtual void Poke() = 0;

  /// When the computer is awake again, if it sleeps now.
  [[nodiscard]] virtual Instant AwakeAt() const = 0;
  [[nodiscard]] virtual const Clock& clock() const = 0;
};

class SimLink final : public HubLink {
 public:
  SimLink(Universe& universe, SimHub& hub, Host& host, const Weather& weather, Principal principal)
      : universe_(universe),
        hub_(hub),
        host_(host),
        weather_(weather),
        principal_(std::move(principal)) {}

  HubReply<HelloResponse> Hello(const HelloRequest& request, Clock::Instant deadline) override;
  HubReply<PushResponse> Push(const PushRequest& request, Clock::Instant deadline) override;
  HubReply<ChangesPage> Changes(const ChangesRequest& request, Clock::Instant deadline) override;
  HubReply<SnapshotPage> Snapshot(const SnapshotRequest& request, Clock::Instant deadline) override;
  void Cancel() override {}

 private:
  /// Nothing: the hub is down.
  template <typename Response>
  using Serve = std::function<std::optional<HubReply<Response>>()>;

  template <typename Response>
  HubReply<Response> Send(Serve<Response> serve, Clock::Instant deadline,
                          Result<Response> (*read)(const Json&));
  HubFailure NoAnswer(Clock::Instant deadline);

  Universe& universe_;
  SimHub& hub_;
  Host& host_;
  const Weather& weather_;
  const Principal principal_;
};

class SimChannel final : public EventChannel {
 public:
  SimChannel(Universe& universe, SimHub& hub, Host& host, const Weather& weather)
      : universe_(universe), hub_(hub), host_(host), weather_(weather) {}
  ~SimChannel() override { Close(); }
  SimChannel(const SimChannel&) = delete;
  SimChannel& operator=(const SimChannel&) = delete;

  void Open(const EventsRequest& request, EventListener& listener) override;
  void Close() override;

  /// The connection breaks, and the client notices.
  void Break();

 private:
  class Reader;

  Universe& universe_;
  SimHub& hub_;
  Host& host_;
  const Weather& weather_;
  std::shared_ptr<Reader> reader_;
};

}  // namespace contextsync::simulation
