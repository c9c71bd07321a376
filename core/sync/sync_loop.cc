#include "core/sync/sync_loop.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "core/ports/protocol_mutant.h"
#include "core/sync/sync_errors.h"

namespace contextsync {

using Ending = Exchange::Result;

namespace {

/// A feed that cannot be followed is no matter of the connection, but there is no going on either.
LinkState LinkOf(FeedStop stop, LinkState link) {
  switch (stop) {
    case FeedStop::kUpgradeRequired:
      return LinkState::kUpgradeRequired;
    case FeedStop::kHubInvalid:
      return LinkState::kStalled;
    case FeedStop::kNone:
      break;
  }
  return link;
}

}  // namespace

SyncLoop::SyncLoop(const SyncPorts& ports, Mailbox& mailbox, SyncBoard& board, SyncOptions options)
    : replica_(ports.replica),
      clock_(ports.clock),
      mailbox_(mailbox),
      board_(board),
      on_hub_accepted_(std::move(options.on_hub_accepted)),
      hub_(ports.link, ports.clock, board, ports.replica),
      syncer_(ports.replica, hub_, options.identity),
      session_(syncer_.session()),
      pacer_(ports.random),
      channel_(ports.channel, mailbox, ports.random),
      last_reading_(ClockReading::Of(ports.clock)) {
  view_.channel = channel_.state();
  view_.last_sync = EarlierSync(options.identity.origin);
  board_.Post(view_);
}

std::optional<std::chrono::milliseconds> SyncLoop::EarlierSync(std::string_view hub) const {
  const auto age = replica_.Position().SinceLastSync(hub, clock_.WallMillis());
  if (!age) return std::nullopt;
  return clock_.BootTime() - *age;
}

Clock::Instant SyncLoop::Step() {
  const Clock::Instant now = clock_.Now();
  TakeMail(now);
  CheckClocks(now);
  Tick(now);
  Converse(now);
  KeepChannel(clock_.Now());
  Post();
  return NextWake();
}

void SyncLoop::TakeMail(Clock::Instant now) {
  const Mail mail = mailbox_.Take();
  for (const EventFrame& frame : mail.frames)
    OnFrame(frame, now);
  if (mail.lost_frames) session_.pull = true;
  if (mail.closed) OnChannelClosed(*mail.closed, now);
  if (mail.pull_ticket > ticket_) {
    ticket_ = mail.pull_ticket;
    session_.pull = true;
  }
  if (mail.push && !MutantActive(ProtocolMutant::kLostWakeUp)) {
    session_.push = true;
    pacer_.OnWrite(now);
  }
  if (mail.adopt) {
    syncer_.AdoptHub();
    session_.hello = true;
  }
  if (mail.kick) {
    session_.push = true;
    session_.pull = true;
    pacer_.OnSignOfLife(now);
  }
}

void SyncLoop::OnFrame(const EventFrame& frame, Clock::Instant now) {
  PassFailpoint(Failpoint::kEventArrived);
  channel_.OnFrame(frame.type, now);
  hub_.Hear(frame);
  if (frame.type == EventFrame::Type::kReady) OnHubIsThere(now);
  const SyncPosition position = replica_.Position();
  if (frame.epoch != position.claim.epoch) {
    session_.hello = true;
    return;
  }
  if (!session_.open && frame.type == EventFrame::Type::kChanged) {
    session_.pull = true;  // the hello that belongs to this channel is still to come
    return;
  }
  switch (frame.type) {
    case EventFrame::Type::kReady:
      session_.push = session_.push || !MutantActive(ProtocolMutant::kNotArmedAfterRestart);
      OnBeat(frame, position);
      break;
    case EventFrame::Type::kHeartbeat:
      OnBeat(frame, position);
      // Events up to the head came before this frame; what is missing was lost on the way.
      if (position.cursor < frame.head) session_.pull = true;
      break;
    case EventFrame::Type::kLagged:
      session_.pull = true;
      break;
    case EventFrame::Type::kChanged:
      if (const Exchange applied = syncer_.OnChanged(frame); applied.result != Ending::kNothing) {
        Account(ExchangeKind::kNone, applied);
      }
      break;
  }
}

void SyncLoop::OnHubIsThere(Clock::Instant now) {
  // A channel that opened while requests failed came before the hello that belongs to it.
  if (!pacer_.IsHealthy()) session_.hello = true;
  pacer_.OnSignOfLife(now);
}

void SyncLoop::OnBeat(const EventFrame& frame, const SyncPosition& position) {
  session_.head = std::max(session_.head, frame.head);
  view_.freshness.OnBeat(frame.head, frame.server_time, ClockReading::Of(clock_));
  const bool comparable = position.cursor == frame.head && !position.check.empty();
  if (comparable && !frame.check.empty() && position.check != frame.check) {
    CONTEXTSYNC_LOG(kWarning, "the hub's history differs at our cursor",
                    {{"cursor", position.cursor.value}});
    view_.freshness.Reset();
    session_.hello = true;
  }
}

void SyncLoop::OnChannelClosed(const HubFailure& failure, Clock::Instant now) {
  // An event this build cannot read would close the next channel as well.
  const bool is_unreadable = failure.fault == HubFault::kUpgradeRequired;
  const auto wait = is_unreadable ? sync_tuning::kUpgradeRetry : sync_tuning::Duration{};
  channel_.OnClosed(now, wait);
  view_.freshness.Reset();
  if (is_unreadable) session_.pull = true;  // takes what comes before it
  if (failure.fault == HubFault::kUnauthorized) session_.hello = true;
  if (auto detour = TakeDetour(failure, replica_, session_)) {
    OnHubIsThere(now);
    Account(ExchangeKind::kNone, *detour);
  }
}

void SyncLoop::CheckClocks(Clock::Instant now) {
  const ClockReading reading = ClockReading::Of(clock_);
  if (reading.JumpedSince(std::exchange(last_reading_, reading))) {
    // The machine was suspended: sockets are dead, and the hub may well be reachable again.
    view_.freshness.Reset();
    session_.hello = true;
    channel_.Restart(now);
    pacer_.OnSignOfLife(now);
  }
}

void SyncLoop::Tick(Clock::Instant now) {
  if (now < next_tick_) return;
  next_tick_ = now + sync_tuning::kTick;
  if (now >= hello_at_) {
    hello_at_ = now + sync_tuning::kHelloPeriod;
    session_.hello = true;
    session_.feed_stop = FeedStop::kNone;
  }
  NoteClock();
  OfferSuspects(now);
  const bool hears_events = channel_.state() == ChannelState::kConnected;
  if (session_.open && !hears_events && now >= poll_at_) {
    poll_at_ = now + sync_tuning::kPollPeriod;
    session_.pull = true;
  }
  CheckLiveness();
  if (!std::exchange(is_unflushed_, false)) return;
  if (auto flushed = replica_.Flush(); !flushed.ok()) {
    is_unflushed_ = true;
    Account(ExchangeKind::kNone, Exchange::LocalFailed(std::move(flushed).error()));
  }
}

void SyncLoop::NoteClock() {
  if (!session_.open || !hub_.hub_clock().known()) return;
  const std::int64_t offset = hub_.WallOffset();
  if (std::abs(offset - noted_offset_) < sync_tuning::kOffsetStep.count()) return;
  // This machine's clock was set, or the hub's: the next stamps must not be ahead.
  noted_offset_ = offset;
  replica_.NoteHub(session_.head, session_.gc_floor, offset)
      .IgnoreBecause("a stamp that is ahead is refused and renewed");
}

void SyncLoop::OfferSuspects(Clock::Instant now) {
  if (!session_.open || now < offer_at_) return;
  offer_at_ = now + sync_tuning::kOfferPeriod;
  const bool is_other_build = !hub_build_.empty() && hub_build_ != session_.hub_build;
  hub_build_ = session_.hub_build;
  const auto offered = replica_.OfferSuspects(is_other_build);
  if (offered.ok() && offered.value() > 0) session_.push = true;
}

void SyncLoop::CheckLiveness() {
  if (MutantActive(ProtocolMutant::kNotArmedAfterRestart)) return;
  const bool waits_for_role = session_.role == "read";
  if (syncer_.Next() != ExchangeKind::kNone || waits_for_role) return;
  if (replica_.Position().unsent == 0) return;
  CONTEXTSYNC_LOG(kError, "entries are pending and nothing was going to push them");
  ++view_.rearmed;
  session_.push = true;
  if (!session_.open) session_.hello = true;
}

void SyncLoop::Converse(Clock::Instant now) {
  if (syncer_.Next() == ExchangeKind::kNone || now < pacer_.not_before()) return;
  if (pacer_.OnTimer()) session_.hello = true;
  const ExchangeKind kind = syncer_.Next();
  const Exchange exchange = HelloDecides(kind, syncer_.Run());
  if (exchange.result != Ending::kNothing) ++view_.attempts;
  pacer_.OnExchange(exchange, kind == ExchangeKind::kHello, now, clock_.Now());
  Account(kind, exchange);
  if (kind == ExchangeKind::kPull && !session_.pull) view_.pulls_served = ticket_;
  if (syncer_.Next() == ExchangeKind::kNone && exchange.result != Ending::kHubFailed) {
    pacer_.OnCaughtUp();
    if (pacer_.IsHealthy()) view_.last_error.reset();
  }
}

void SyncLoop::Account(ExchangeKind kind, const Exchange& exchange) {
  if (auto trouble = DescribeTrouble(exchange, clock_.WallMillis())) {
    CONTEXTSYNC_LOG(kWarning, "sync trouble",
                    {{"code", trouble->code}, {"message", trouble->message}});
    view_.last_error = std::move(trouble);
  }
  if (exchange.result != Ending::kDone) return;
  is_unflushed_ = true;
  const bool greeted = kind == ExchangeKind::kHello || kind == ExchangeKind::kSnapshot;
  if (greeted && session_.open) {
    hello_is_fresh_ = true;
    if (auto accepted = std::exchange(on_hub_accepted_, nullptr)) accepted();
  }
}

Exchange SyncLoop::HelloDecides(ExchangeKind kind, Exchange exchange) {
  const bool refused = exchange.failure && exchange.failure->fault == HubFault::kUnauthorized;
  if (!refused) return exchange;
  session_.hello = true;  // it tells role and history once we are let in again
  // A hub that lost its data and makes workspaces at a hello refuses everything before it.
  return kind == ExchangeKind::kHello ? std::move(exchange) : Exchange::Detour();
}

void SyncLoop::NoteSync() {
  const SyncPosition position = replica_.Position();
  const HubWord& word = hub_.word();
  if (word.IsMetBy(position.claim.epoch, position.cursor))
    view_.last_sync = std::max(view_.last_sync.value_or(word.at), word.at);
  // A later word may be ahead of us while an earlier beat is not.
  view_.freshness.OnCursor(position.cursor);
  if (const auto proven = view_.freshness.ProvenAt(view_.hub_clock))
    view_.last_sync = std::max(view_.last_sync.value_or(*proven), *proven);
}

void SyncLoop::KeepChannel(Clock::Instant now) {
  if (session_.generation != generation_) {
    generation_ = session_.generation;
    channel_.Restart(now);
    view_.freshness.Reset();
  }
  if (channel_.CloseIfSilent(now)) view_.freshness.Reset();
  if (!channel_.WantsOpen(now)) return;
  const bool is_probe = MayProbe(now);
  if (!is_probe && (session_.hello || !session_.open)) return;
  if (!std::exchange(hello_is_fresh_, false) && !is_probe) {
    session_.hello = true;
    return;
  }
  const SyncPosition position = replica_.Position();
  view_.freshness.Reset();
  channel_.Open({position.cursor, position.claim, position.device}, now);
}

bool SyncLoop::MayProbe(Clock::Instant now) const {
  // While the hub is away the channel is what finds it again: its own schedule is the denser one.
  return pacer_.MayProbe(now) && !replica_.Position().claim.epoch.empty();
}

void SyncLoop::Post() {
  view_.link = LinkOf(session_.feed_stop, pacer_.link());
  view_.channel = channel_.state();
  view_.circuit = pacer_.circuit();
  view_.role = session_.role;
  view_.hub_clock = hub_.hub_clock();
  NoteSync();
  if (session_.feed_stop != FeedStop::kNone && !view_.last_error) {
    view_.last_error = DescribeStop(session_.feed_stop, clock_.WallMillis());
  }
  view_.checkpoint = session_.checkpoint;
  session_.awaits_records &= session_.pull || !session_.rebuilds.empty();
  view_.awaits_records = session_.awaits_records;
  const bool untried = view_.attempts == 0;
  view_.push_worth_waiting = untried || (pacer_.IsHealthy() && session_.role != "read");
  view_.pull_worth_waiting =
      untried || (pacer_.IsHealthy() && session_.feed_stop == FeedStop::kNone);
  view_.not_before = pacer_.not_before();
  view_.pushed = session_.pushed;
  view_.pulled = session_.pulled;
  board_.Post(view_);
}

Clock::Instant SyncLoop::NextWake() const {
  Clock::Instant next = next_tick_;
  if (syncer_.Next() != ExchangeKind::kNone) next = std::min(next, pacer_.not_before());
  // A hello that is due comes before the channel, and has its own time.
  const bool may_open = session_.open && !session_.hello;
  if (may_open || MayProbe(clock_.Now())) next = std::min(next, channel_.NextDeadline());
  return next;
}

void SyncLoop::Stop() {
  hub_.Stop();
}

void SyncLoop::Finish() {
  channel_.Stop();
  view_.stopped = true;
  board_.Post(view_);
}

}  // namespace contextsync
