#include "core/sync/channel_keeper.h"

#include "core/ports/protocol_mutant.h"

namespace contextsync {

bool ChannelKeeper::WantsOpen(Clock::Instant now) const {
  return channel_ != nullptr && state_ == ChannelState::kClosed && now >= reopen_at_;
}

void ChannelKeeper::Open(const EventsRequest& request, Clock::Instant now) {
  channel_->Close();
  mailbox_.DropEvents();
  state_ = ChannelState::kConnecting;
  last_frame_ = now;
  channel_->Open(request, mailbox_);
}

void ChannelKeeper::OnFrame(EventFrame::Type type, Clock::Instant now) {
  last_frame_ = now;
  if (type == EventFrame::Type::kReady) {
    state_ = ChannelState::kConnected;
    ready_since_ = now;
  }
  const bool is_healthy =
      state_ == ChannelState::kConnected && now - ready_since_ >= sync_tuning::kChannelHealth;
  if (is_healthy) schedule_.Reset();
}

void ChannelKeeper::OnClosed(Clock::Instant now, sync_tuning::Duration wait) {
  state_ = ChannelState::kClosed;
  reopen_at_ = now + schedule_.Fail(wait);
}

void ChannelKeeper::Restart(Clock::Instant now) {
  if (channel_ == nullptr) return;
  channel_->Close();
  mailbox_.DropEvents();
  state_ = ChannelState::kClosed;
  reopen_at_ = now;
}

bool ChannelKeeper::CloseIfSilent(Clock::Instant now) {
  if (channel_ == nullptr || state_ == ChannelState::kClosed) return false;
  if (now - last_frame_ < sync_tuning::kSilence) return false;
  if (MutantActive(ProtocolMutant::kSilentChannelKept)) return false;
  channel_->Close();
  mailbox_.DropEvents();
  OnClosed(now);
  return true;
}

void ChannelKeeper::Stop() {
  if (channel_ != nullptr) channel_->Close();
}

Clock::Instant ChannelKeeper::NextDeadline() const {
  if (channel_ == nullptr) return Clock::Instant::max();
  return state_ == ChannelState::kClosed ? reopen_at_ : last_frame_ + sync_tuning::kSilence;
}

}  // namespace contextsync
