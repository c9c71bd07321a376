// What the tests of the listener put in place of the machine and the hub.

#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "core/ports/clock.h"
#include "server/hub/hub_backend.h"

namespace contextsync {

/// Stands where it is put; its monotonic clocks run on from there with the machine's, so that
/// timers meet.
class FakeClock final : public Clock {
 public:
  static constexpr UnixMillis kStart = 1'795'348'800'000;  // 2026-11-22T12:00:00Z

  [[nodiscard]] UnixMillis WallMillis() const override { return wall_.load(); }
  [[nodiscard]] Instant Now() const override {
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(monotonic_.load());
  }
  [[nodiscard]] std::chrono::milliseconds BootTime() const override {
    return std::chrono::milliseconds(monotonic_.load());
  }

  /// Time passes.
  void Advance(std::chrono::milliseconds by) {
    wall_ += by.count();
    monotonic_ += by.count();
  }

  /// Somebody sets the clock.
  void Jump(std::chrono::milliseconds by) { wall_ += by.count(); }

 private:
  std::atomic<UnixMillis> wall_{kStart};
  std::atomic<std::int64_t> monotonic_{0};
};

/// The same numbers every time.
class CountingRandom final : public Random {
 public:
  std::uint64_t Next() override { return ++last_ * 0x9E3779B97F4A7C15U; }

 private:
  std::atomic<std::uint64_t> last_{0};
};

/// A hub that answers what the test says and remembers what it was asked.
class FakeHub final : public HubBackend {
 public:
  void Hello(const WorkspaceId& workspace, Principal principal, HelloRequest request,
             Done<HelloResponse> done) override {
    {
      const MutexLock lock(mu_);
      last_workspace_ = workspace;
      last_principal_ = std::move(principal);
    }
    HelloResponse response;
    response.hub_device = DeviceId(7);
    response.epoch = Epoch(std::string(32, 'e'));
    response.check = FeedCheck(std::string(16, 'c'));
    response.last_n = request.acked_n;
    response.role = "write";
    done(response);
  }

  void Push(const WorkspaceId& /*workspace*/, Principal /*principal*/, PushRequest request,
            Done<PushResponse> done) override {
    pushed_entries_ += request.entries.size();
    ++pushes_;
    {
      const MutexLock lock(mu_);
      if (hold_pushes_) {
        held_pushes_.push_back(std::move(done));
        changed_.NotifyAll();
        return;
      }
    }
    done(AnswerToPush());
  }

  void Changes(const WorkspaceId& /*workspace*/, ChangesRequest request,
               Done<ChangesPage> done) override {
    ++changes_;
    HubReply<ChangesPage> reply = ChangesPage{};
    {
      const MutexLock lock(mu_);
      last_changes_ = std::move(request);
      reply = changes_reply_;
    }
    done(std::move(reply));
  }

  void Snapshot(const WorkspaceId& /*workspace*/, SnapshotRequest request,
                Done<SnapshotPage> done) override {
    {
      const MutexLock lock(mu_);
      last_snapshot_ = std::move(request);
    }
    SnapshotPage page;
    page.epoch = Epoch(std::string(32, 'e'));
    page.check = FeedCheck(std::string(16, 'c'));
    done(page);
  }

  void Subscribe(const WorkspaceId& /*workspace*/, EventsRequest /*request*/,
                 std::weak_ptr<Subscriber> subscriber, Done<EventFrame> done) override {
    std::optional<HubFailure> refusal;
    {
      const MutexLock lock(mu_);
      refusal = subscribe_refusal_;
      if (!refusal) subscribers_.push_back(subscriber);
      changed_.NotifyAll();
    }
    if (refusal) return done(*refusal);
    EventFrame ready = Frame(EventFrame::Type::kReady, 1);
    if (const auto alive = subscriber.lock()) alive->OnFrame(ready);
    done(ready);
  }

  void Heartbeat() override { Broadcast(Frame(EventFrame::Type::kHeartbeat, 1)); }

  bool Offload(std::function<void()> work) override {
    if (is_overloaded_) return false;
    work();
    return true;
  }

  void CheckReady(std::function<void(Status)> done) override {
    const MutexLock lock(mu_);
    done(ready_ ? Status() : Status(Error(ErrorCode::kUnavailable, "disk")));
  }

  // ── what the test does ──

  static EventFrame Frame(EventFrame::Type type, std::uint64_t head) {
    EventFrame frame;
    frame.type = type;
    frame.epoch = Epoch(std::string(32, 'e'));
    frame.check = FeedCheck(std::string(16, 'c'));
    frame.head = HubSequence(head);
    frame.item.seq = HubSequence(head);
    return frame;
  }

  /// An event of about `bytes` bytes.
  static EventFrame Event(std::uint64_t seq, std::size_t bytes = 0) {
    EventFrame frame = Frame(EventFrame::Type::kChanged, seq);
    frame.item.kind = "delta";
    frame.item.change_type = "update";
    frame.item.context = {Level::kTask, "t1"};
    frame.item.has_delta = false;
    frame.item.reason.assign(bytes, 'x');
    return frame;
  }

  static ChangesPage PageWithOneItem() {
    ChangesPage page;
    page.epoch = Epoch(std::string(32, 'e'));
    page.check = FeedCheck(std::string(16, 'c'));
    page.changes.push_back(Event(1).item);
    page.next = HubSequence(1);
    return page;
  }

  void Broadcast(const EventFrame& frame) {
    std::vector<std::weak_ptr<Subscriber>> subscribers;
    {
      const MutexLock lock(mu_);
      subscribers = subscribers_;
    }
    for (const auto& weak : subscribers) {
      if (const auto subscriber = weak.lock()) subscriber->OnFrame(frame);
    }
  }

  void AnswerChanges(HubReply<ChangesPage> reply) {
    const MutexLock lock(mu_);
    changes_reply_ = std::move(reply);
  }

  void RefuseSubscribers(HubFailure failure) {
    const MutexLock lock(mu_);
    subscribe_refusal_ = std::move(failure);
  }

  void HoldPushes() {
    const MutexLock lock(mu_);
    hold_pushes_ = true;
  }

  void AnswerHeldPushes() {
    std::vector<Done<PushResponse>> held;
    {
      const MutexLock lock(mu_);
      held.swap(held_pushes_);
    }
    for (const auto& done : held)
      done(AnswerToPush());
  }

  /// False when fewer than `count` pushes were held in ten seconds.
  bool AwaitHeldPushes(std::size_t count) {
    return Await([&]() REQUIRES(mu_) { return held_pushes_.size() >= count; });
  }

  bool AwaitSubscribers(std::size_t count) {
    return Await([&]() REQUIRES(mu_) { return subscribers_.size() >= count; });
  }

  [[nodiscard]] std::size_t AliveSubscribers() {
    const MutexLock lock(mu_);
    std::size_t alive = 0;
    for (const auto& weak : subscribers_)
      alive += weak.expired() ? 0U : 1U;
    return alive;
  }

  [[nodiscard]] Principal last_principal() {
    const MutexLock lock(mu_);
    return last_principal_;
  }
  [[nodiscard]] WorkspaceId last_workspace() {
    const MutexLock lock(mu_);
    return last_workspace_;
  }
  [[nodiscard]] ChangesRequest last_changes() {
    const MutexLock lock(mu_);
    return last_changes_;
  }
  [[nodiscard]] SnapshotRequest last_snapshot() {
    const MutexLock lock(mu_);
    return last_snapshot_;
  }
  void set_ready(bool ready) {
    const MutexLock lock(mu_);
    ready_ = ready;
  }
  void set_overloaded(bool overloaded) { is_overloaded_ = overloaded; }
  [[nodiscard]] std::size_t pushes() const { return pushes_; }
  [[nodiscard]] std::size_t pushed_entries() const { return pushed_entries_; }
  [[nodiscard]] std::size_t changes() const { return changes_; }

 private:
  static PushResponse AnswerToPush() {
    PushResponse response;
    response.epoch = Epoch(std::string(32, 'e'));
    return response;
  }

  template <typename Condition>
  bool Await(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    const MutexLock lock(mu_);
    while (!condition()) {
      if (!changed_.WaitUntil(mu_, deadline)) return condition();
    }
    return true;
  }

  std::atomic<std::size_t> pushes_{0};
  std::atomic<std::size_t> pushed_entries_{0};
  std::atomic<std::size_t> changes_{0};
  std::atomic<bool> is_overloaded_{false};
  Mutex mu_;
  CondVar changed_;
  WorkspaceId last_workspace_ GUARDED_BY(mu_);
  Principal last_principal_ GUARDED_BY(mu_);
  ChangesRequest last_changes_ GUARDED_BY(mu_);
  SnapshotRequest last_snapshot_ GUARDED_BY(mu_);
  HubReply<ChangesPage> changes_reply_ GUARDED_BY(mu_) = ChangesPage{};
  std::optional<HubFailure> subscribe_refusal_ GUARDED_BY(mu_);
  std::vector<std::weak_ptr<Subscriber>> subscribers_ GUARDED_BY(mu_);
  std::vector<Done<PushResponse>> held_pushes_ GUARDED_BY(mu_);
  bool hold_pushes_ GUARDED_BY(mu_) = false;
  bool ready_ GUARDED_BY(mu_) = true;
};

}  // namespace contextsync
