#include "core/sync/syncer.h"

#include "core/ports/protocol_mutant.h"

namespace contextsync {

Syncer::Syncer(Replica& replica, HubCalls& hub, HubIdentity identity)
    : greeter_(replica, hub, session_, std::move(identity)),
      installer_(replica, hub, session_),
      restamping_(replica, hub, session_),
      pusher_(replica, hub, session_),
      puller_(replica, hub, session_) {
  session_.push = !MutantActive(ProtocolMutant::kNotArmedAfterRestart);
}

ExchangeKind Syncer::Next() const {
  if (session_.hello) return ExchangeKind::kHello;
  if (session_.install) return ExchangeKind::kSnapshot;
  if (!session_.open) return ExchangeKind::kNone;
  const bool may_pull = session_.pull && session_.feed_stop == FeedStop::kNone;
  const bool pulls_first = session_.rebuild_lacks_something && may_pull;
  if (session_.restamp && !pulls_first) return ExchangeKind::kRestamp;
  if (!session_.rebuilds.empty() && !pulls_first) return ExchangeKind::kRebuild;
  const bool may_push = session_.push && session_.role != "read";
  // They take turns: a long journal must not keep others' changes away, nor a long feed ours.
  if (may_push && !pulls_first && !(may_pull && push_was_last_)) return ExchangeKind::kPush;
  return may_pull ? ExchangeKind::kPull : ExchangeKind::kNone;
}

Exchange Syncer::Run() {
  const ExchangeKind kind = Next();
  push_was_last_ = kind == ExchangeKind::kPush;
  switch (kind) {
    case ExchangeKind::kHello:
      return greeter_.Run();
    case ExchangeKind::kSnapshot:
      return installer_.RunSnapshot();
    case ExchangeKind::kRestamp:
      return restamping_.Run();
    case ExchangeKind::kRebuild:
      return installer_.RunRebuild();
    case ExchangeKind::kPush:
      return pusher_.Run();
    case ExchangeKind::kPull:
      return puller_.Run();
    case ExchangeKind::kNone:
      break;
  }
  return Exchange::Nothing();
}

}  // namespace contextsync
