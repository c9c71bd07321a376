#include "server/hub/long_poll.h"

#include <atomic>
#include <utility>
#include <vector>

namespace contextsync {

/// The polls that wait. It alone keeps them alive.
class LongPolls::Parked {
 public:
  /// False: stopped, nothing may wait.
  bool Add(std::shared_ptr<Poll> poll) {
    const MutexLock lock(mu_);
    if (stopped_) return false;
    polls_.insert(std::move(poll));
    return true;
  }

  void Remove(const std::shared_ptr<Poll>& poll) {
    const MutexLock lock(mu_);
    polls_.erase(poll);
  }

  std::vector<std::shared_ptr<Poll>> Stop() {
    const MutexLock lock(mu_);
    stopped_ = true;
    return {polls_.begin(), polls_.end()};
  }

 private:
  Mutex mu_;
  std::unordered_set<std::shared_ptr<Poll>> polls_ GUARDED_BY(mu_);
  bool stopped_ GUARDED_BY(mu_) = false;
};

class LongPolls::Poll final : public Subscriber, public std::enable_shared_from_this<Poll> {
 public:
  Poll(HubBackend& backend, std::shared_ptr<Parked> parked, WorkspaceId workspace,
       ChangesRequest request)
      : backend_(backend),
        parked_(std::move(parked)),
        workspace_(std::move(workspace)),
        request_(std::move(request)) {}

  void Begin(const After& after, Done done) {
    done_ = std::move(done);
    backend_.Changes(workspace_, request_,
                     [self = shared_from_this(), after](HubReply<ChangesPage> reply) {
                       const bool waits = reply.ok() && reply.value().changes.empty() &&
                                          !reply.value().more && self->request_.wait.count() > 0;
                       if (!waits || !self->parked_->Add(self)) {
                         self->done_(std::move(reply));
                         return;
                       }
                       self->Park(after);
                     });
  }

  /// Anything but a heartbeat or `ready` means that there is something to pull.
  void OnFrame(const EventFrame& frame) override {
    if (frame.type == EventFrame::Type::kChanged || frame.type == EventFrame::Type::kLagged) Wake();
  }

  void Wake() {
    if (woken_.exchange(true)) return;
    const std::shared_ptr<Poll> self = shared_from_this();
    parked_->Remove(self);
    backend_.Changes(workspace_, request_,
                     [self](HubReply<ChangesPage> reply) { self->done_(std::move(reply)); });
  }

 private:
  void Park(const After& after) {
    const std::weak_ptr<Poll> weak = weak_from_this();
    after(request_.wait, [weak] {
      if (const auto poll = weak.lock()) poll->Wake();
    });
    // What was committed since the page was read comes as backlog, so nothing falls between the
    // two.
    EventsRequest events;
    events.since = request_.since;
    events.claim = request_.claim;
    events.device = request_.device;
    backend_.Subscribe(workspace_, std::move(events), weak,
                       [weak](const HubReply<EventFrame>& reply) {
                         const auto poll = weak.lock();
                         if (poll && !reply.ok())
                           poll->Wake();  // Changes gives the same failure to the client
                       });
  }

  HubBackend& backend_;
  const std::shared_ptr<Parked> parked_;
  const WorkspaceId workspace_;
  const ChangesRequest request_;
  Done done_;
  std::atomic<bool> woken_{false};
};

LongPolls::LongPolls(HubBackend& backend, After after)
    : backend_(backend), after_(std::move(after)), parked_(std::make_shared<Parked>()) {}

LongPolls::~LongPolls() = default;

void LongPolls::Start(const WorkspaceId& workspace, ChangesRequest request, Done done) {
  std::make_shared<Poll>(backend_, parked_, workspace, std::move(request))
      ->Begin(after_, std::move(done));
}

void LongPolls::Stop() {
  for (const auto& poll : parked_->Stop())
    poll->Wake();
}

}  // namespace contextsync
