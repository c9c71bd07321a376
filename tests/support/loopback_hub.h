// LoopbackHub: the hub's service in this process, and links and channels to it that lose, double
// and delay what passes, by the seed. Everything in one thread: work runs when someone asks for it.

#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "core/hub/hub_service.h"
#include "core/hub/table_hub_store.h"
#include "core/ports/hub_link.h"
#include "core/ports/hub_wire.h"
#include "storage/memory/memory_table_store.h"

namespace contextsync {

/// Runs posted work in order when told to.
class QueueExecutor final : public Executor {
 public:
  void Post(std::function<void()> work) override { work_.push_back(std::move(work)); }

  void RunAll() {
    while (!work_.empty()) {
      const std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      work();
    }
  }

 private:
  std::deque<std::function<void()>> work_;
};

class LoopbackHub {
 public:
  LoopbackHub(Clock& clock, Random& random) : clock_(clock), random_(random) { Start(); }

  /// The process dies and starts again on what was committed; subscribers are gone.
  void Restart() {
    executor_.RunAll();
    service_.reset();
    tables_.Crash();
    Start();
  }

  [[nodiscard]] HubService& service() { return *service_; }
  [[nodiscard]] const WorkspaceId& workspace() const { return workspace_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] Clock& clock() { return clock_; }
  void RunAll() { executor_.RunAll(); }

 private:
  void Start() {
    service_ = std::make_unique<HubService>(store_, clock_, random_, executor_,
                                            HubOptions{.create_workspaces = true});
  }

  Clock& clock_;
  Random& random_;
  const WorkspaceId workspace_{"w"};
  MemoryTableStore tables_{TableHubStore::TableNames().size()};
  TableHubStore store_{tables_};
  QueueExecutor executor_;
  std::unique_ptr<HubService> service_;
};

/// Chances in percent.
struct LinkFaults {
  unsigned lose_request = 0;
  unsigned lose_answer = 0;
  unsigned repeat_request = 0;
  unsigned delay_request = 0;  // of a lost one: it arrives after all, later
  unsigned lose_frame = 0;
  bool is_cut = false;  // nothing passes
};

/// The same message after a journey through its JSON form.
template <typename Message>
Message OverTheWire(const Message& message, Result<Message> (*read)(const Json&)) {
  auto arrived = read(ToJson(message));
  EXPECT_TRUE(arrived.ok()) << arrived.error().message();
  CONTEXTSYNC_CHECK(arrived.ok());
  return std::move(arrived).value();
}

class LoopbackLink final : public HubLink {
 public:
  /// Lifetime: all must outlive it.
  LoopbackLink(LoopbackHub& hub, const LinkFaults& faults) : hub_(hub), faults_(faults) {}

  HubReply<HelloResponse> Hello(const HelloRequest& request, Clock::Instant /*deadline*/) override {
    return Send<HelloResponse>(
        [this, sent = OverTheWire(request, &HelloRequestFromJson)] {
          return Await<HelloResponse>([&](auto done) {
            hub_.service().Hello(hub_.workspace(), {}, sent, std::move(done));
          });
        },
        &HelloResponseFromJson);
  }

  HubReply<PushResponse> Push(const PushRequest& request, Clock::Instant /*deadline*/) override {
    return Send<PushResponse>(
        [this, sent = OverTheWire(request, &PushRequestFromJson)] {
          return Await<PushResponse>(
              [&](auto done) { hub_.service().Push(hub_.workspace(), {}, sent, std::move(done)); });
        },
        &PushResponseFromJson);
  }

  HubReply<ChangesPage> Changes(const ChangesRequest& request,
                                Clock::Instant /*deadline*/) override {
    return Send<ChangesPage>(
        [this, request] { return hub_.service().Changes(hub_.workspace(), request); },
        &ChangesPageFromJson);
  }

  HubReply<SnapshotPage> Snapshot(const SnapshotRequest& request,
                                  Clock::Instant /*deadline*/) override {
    return Send<SnapshotPage>(
        [this, request] { return hub_.service().Snapshot(hub_.workspace(), request); },
        &SnapshotPageFromJson);
  }

  void Cancel() override {}

 private:
  template <typename Response>
  using Serve = std::function<HubReply<Response>()>;

  template <typename Response, typename Call>
  HubReply<Response> Await(Call call) {
    std::optional<HubReply<Response>> answer;
    call([&](HubReply<Response> reply) { answer = std::move(reply); });
    hub_.RunAll();
    CONTEXTSYNC_CHECK(answer.has_value());
    return *std::move(answer);
  }

  template <typename Response>
  HubReply<Response> Send(Serve<Response> serve, Result<Response> (*read)(const Json&)) {
    if (!faults_.is_cut) DeliverLate();
    if (faults_.is_cut || Happens(faults_.lose_request)) {
      if (Happens(faults_.delay_request)) late_.push_back([serve] { static_cast<void>(serve()); });
      return NoAnswer();
    }
    HubReply<Response> reply = serve();
    if (Happens(faults_.repeat_request)) reply = serve();
    if (Happens(faults_.lose_answer)) return NoAnswer();
    if (!reply.ok()) return reply;
    return OverTheWire(reply.value(), read);
  }

  void DeliverLate() {
    for (const auto& arrive : std::exchange(late_, {})) {
      arrive();
    }
  }

  static HubFailure NoAnswer() {
    HubFailure failure;
    failure.fault = HubFault::kTimeout;
    return failure;
  }

  bool Happens(unsigned percent) { return hub_.random().Next() % 100 < percent; }

  LoopbackHub& hub_;
  const LinkFaults& faults_;
  std::vector<std::function<void()>> late_;
};

class LoopbackChannel final : public EventChannel {
 public:
  /// Lifetime: all must outlive it.
  LoopbackChannel(LoopbackHub& hub, const LinkFaults& faults) : hub_(hub), faults_(faults) {}

  void Open(const EventsRequest& request, EventListener& listener) override {
    Close();
    if (faults_.is_cut) return listener.OnClosed({});
    auto reader = std::make_shared<Reader>(hub_, faults_, listener);
    reader_ = reader;
    hub_.service().Subscribe(hub_.workspace(), request, reader,
                             [reader](HubReply<EventFrame> reply) {
                               if (!reply.ok()) reader->Refuse(reply.failure());
                             });
    hub_.RunAll();
  }

  void Close() override {
    if (auto reader = std::exchange(reader_, nullptr)) reader->Abandon();
  }

  /// The connection breaks, and the client notices.
  void Break() {
    if (auto reader = std::exchange(reader_, nullptr)) reader->Refuse({});
  }

 private:
  class Reader final : public Subscriber {
   public:
    Reader(LoopbackHub& hub, const LinkFaults& faults, EventListener& listener)
        : hub_(hub), faults_(faults), listener_(&listener) {}

    void OnFrame(const EventFrame& frame) override {
      const bool is_lost = faults_.is_cut || hub_.random().Next() % 100 < faults_.lose_frame;
      if (listener_ == nullptr || is_lost) return;
      listener_->OnFrame(OverTheWire(frame, &EventFrameFromJson), hub_.clock().BootTime());
    }

    void Refuse(const HubFailure& failure) {
      if (EventListener* listener = std::exchange(listener_, nullptr)) listener->OnClosed(failure);
    }

    void Abandon() { listener_ = nullptr; }

   private:
    LoopbackHub& hub_;
    const LinkFaults& faults_;
    EventListener* listener_;
  };

  LoopbackHub& hub_;
  const LinkFaults& faults_;
  std::shared_ptr<Reader> reader_;
};

}  // namespace contextsync
