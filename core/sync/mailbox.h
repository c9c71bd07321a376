// Mailbox: everything other threads want of the sync engine, until its next step takes it. Bounded:
// when events come faster than they are applied they are dropped for one pull, which is correct by
// itself.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "core/base/mutex.h"
#include "core/ports/hub_link.h"

namespace contextsync {

struct Mail {
  std::vector<EventFrame> frames;    // in order of arrival
  bool lost_frames = false;          // some were dropped: pull
  std::optional<HubFailure> closed;  // the channel closed after `frames`
  std::uint64_t pull_ticket = 0;     // the last one given out
  bool push = false;                 // there may be entries to push …
  bool kick = false;                 // try at once, whatever the timer says
  bool adopt = false;                // a person said that this hub is the notebook's from now on
};

/// Thread-safety: any thread.
class Mailbox final : public EventListener {
 public:
  void OnFrame(EventFrame frame, std::chrono::milliseconds received_at) override;
  void OnClosed(const HubFailure& failure) override;

  /// Asks for a pull that begins after this call; the engine tells when ticket `result` is served.
  std::uint64_t RequestPull();

  void RequestPush();

  /// Network change, resume, new credentials, a person who asks: try now.
  void Kick();

  /// The hub is to be adopted, whatever history it has.
  void AdoptHub();

  /// Hands out everything and leaves the box empty.
  Mail Take();

  /// Forgets the frames of a channel that was closed.
  void DropEvents();

  /// Returns when there is mail, at `deadline`, or when `stop` is requested. `deadline` is on the
  /// steady clock.
  void WaitUntil(Clock::Instant deadline, const std::stop_token& stop);

 private:
  template <typename Change>
  void Deliver(Change change);

  Mutex mu_;
  CondVar arrived_;
  Mail mail_ GUARDED_BY(mu_);
  bool has_mail_ GUARDED_BY(mu_) = false;
};

}  // namespace contextsync
