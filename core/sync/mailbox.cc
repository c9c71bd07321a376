#include "core/sync/mailbox.h"

#include <utility>

#include "core/sync/tuning.h"

namespace contextsync {
namespace {

// A dropped `ready` would leave the connection unready for ever, so it is the one frame that stays.
void DropForPull(Mail& mail) {
  std::erase_if(mail.frames,
                [](const EventFrame& frame) { return frame.type != EventFrame::Type::kReady; });
  mail.lost_frames = true;
}

}  // namespace

template <typename Change>
void Mailbox::Deliver(Change change) {
  {
    MutexLock lock(mu_);
    change(mail_);
    has_mail_ = true;
  }
  arrived_.NotifyAll();
}

void Mailbox::OnFrame(EventFrame frame, std::chrono::milliseconds /*received_at*/) {
  Deliver([&](Mail& mail) {
    if (mail.frames.size() >= sync_tuning::kInboxFrames) DropForPull(mail);
    mail.frames.push_back(std::move(frame));
  });
}

void Mailbox::OnClosed(const HubFailure& failure) {
  Deliver([&](Mail& mail) { mail.closed = failure; });
}

std::uint64_t Mailbox::RequestPull() {
  std::uint64_t ticket = 0;
  Deliver([&](Mail& mail) { ticket = ++mail.pull_ticket; });
  return ticket;
}

void Mailbox::RequestPush() {
  Deliver([](Mail& mail) { mail.push = true; });
}

void Mailbox::Kick() {
  Deliver([](Mail& mail) { mail.kick = true; });
}

void Mailbox::AdoptHub() {
  Deliver([](Mail& mail) { mail.adopt = mail.kick = true; });
}

Mail Mailbox::Take() {
  MutexLock lock(mu_);
  Mail taken = std::exchange(mail_, Mail{});
  mail_.pull_ticket = taken.pull_ticket;
  has_mail_ = false;
  return taken;
}

void Mailbox::DropEvents() {
  MutexLock lock(mu_);
  mail_.frames.clear();
  mail_.lost_frames = false;
  mail_.closed.reset();
}

void Mailbox::WaitUntil(Clock::Instant deadline, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] {
    // Under the mutex, or the notification could fall between the waiter's test and its wait.
    MutexLock lock(mu_);
    arrived_.NotifyAll();
  });
  MutexLock lock(mu_);
  while (!has_mail_ && !stop.stop_requested()) {
    if (!arrived_.WaitUntil(mu_, deadline)) return;
  }
}

}  // namespace contextsync
