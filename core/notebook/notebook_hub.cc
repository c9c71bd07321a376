// The hub's side of a notebook: what core/sync reads of it and has it store.

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "core/notebook/adoption.h"
#include "core/notebook/containment.h"
#include "core/notebook/feed_page.h"
#include "core/notebook/fork.h"
#include "core/notebook/install.h"
#include "core/notebook/journal.h"
#include "core/notebook/notebook.h"
#include "core/notebook/notebook_core.h"
#include "core/notebook/parking.h"
#include "core/notebook/push_results.h"
#include "core/notebook/restamp.h"
#include "core/ports/protocol_mutant.h"

namespace contextsync {

namespace {

// A smaller step of the measured offset is noise, not worth a batch.
constexpr std::int64_t kOffsetStepMillis = 50;

// By so much a notebook may seem older after a restart than it was: a quarter of what is green.
constexpr UnixMillis kLastSyncStepMillis = 15'000;

constexpr std::string_view kForkedMessage =
    "The hub knew the device id of this notebook from another copy of it, or from another token. "
    "It took a new one; nothing was lost.";

}  // namespace

std::string Notebook::HubOrigin() const {
  return core_->meta()->hub_origin;
}

Status Notebook::PinHubOrigin(const std::string& origin) {
  if (core_->meta()->hub_origin == origin) return {};
  CONTEXTSYNC_RETURN_IF_ERROR(core_->Run([&](Changeset& changes) {
    changes.meta().hub_origin = origin;
    changes.meta().last_sync_at = 0;  // it was of another hub; what this one said is noted anew
    return WorkEnd::kKeepSynced;
  }));
  PassFailpoint(Failpoint::kHubPinned);
  return {};
}

SyncPosition Notebook::Position() const {
  const auto committed = core_->strand.committed();
  const Meta& meta = *committed.visible;
  const Meta& durable = *committed.durable;
  SyncPosition position;
  position.device = meta.device;
  position.former = meta.former;
  position.next_n = meta.next_n;
  position.cursor = meta.cursor;
  position.check = meta.check;
  position.durable_cursor = std::min(durable.cursor, meta.cursor);
  position.claim = {meta.epoch, meta.known, meta.known_check, meta.cursor, meta.check};
  position.head = meta.head;
  position.unsent = meta.next_n.value - meta.acked_n.Next().value;
  position.hlc = meta.hlc;
  if (meta.last_sync_at != 0) position.last_sync_at = meta.last_sync_at;
  position.hub = meta.hub_origin;
  position.low_base = position.durable_cursor;
  // What a hub never gave its word on was never acknowledged, though it may have been folded here.
  if (!meta.epoch.empty()) position.acked_n = std::min(durable.acked_n, meta.acked_n);
  if (MutantActive(ProtocolMutant::kAckedAheadOfFsync)) position.acked_n = meta.acked_n;
  auto low = journal::LowBase(core_->strand.tables(), meta);
  if (low.ok()) position.low_base = std::min(position.low_base, low.value());
  // An entry that left the journal since the last fsync may be back after a power cut, with
  // whatever base it had.
  if (durable.first_n < std::min(durable.next_n, meta.first_n)) position.low_base = HubSequence();
  auto marked = MarkedRebuilds(core_->strand.tables());
  if (marked.ok()) position.rebuild = std::move(marked).value();
  // A twin is trimmed, so its context waits for a rebuild.
  if (!position.rebuild.empty()) {
    auto after_twin = FirstAfterTwin(core_->strand.tables(), meta);
    if (after_twin.ok()) position.restamp_from = after_twin.value();
  }
  return position;
}

Result<std::vector<PushEntry>> Notebook::NextPush(std::size_t max_entries,
                                                  std::size_t max_bytes) const {
  const auto meta = core_->meta();
  return journal::NextPush(core_->strand.tables(), *meta, {max_entries, max_bytes});
}

Result<PushEffects> Notebook::NoteResults(const PushResponse& response) {
  PushEffects effects;
  const UnixMillis now = core_->clock.WallMillis();
  CONTEXTSYNC_RETURN_IF_ERROR(core_->Run([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(effects, contextsync::NoteResults(changes, response, now));
    PassFailpoint(Failpoint::kResultsStaged);
    return WorkEnd::kKeepBuffered;
  }));
  PassFailpoint(Failpoint::kResultsNoted);
  return effects;
}

Result<PageEffects> Notebook::ApplyPage(const ChangesPage& page) {
  PageEffects effects;
  CONTEXTSYNC_RETURN_IF_ERROR(core_->Run([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(effects, contextsync::ApplyPage(changes, page));
    PassFailpoint(Failpoint::kPageStaged);
    return effects.applied == 0 ? WorkEnd::kDiscard : WorkEnd::kKeepBuffered;
  }));
  PassFailpoint(Failpoint::kPageApplied);
  return effects;
}

Status Notebook::InstallContext(const SnapshotPage& page) {
  if (page.contexts.size() != 1)
    return Error(ErrorCode::kInvalidArgument, "a rebuild needs exactly one context");
  return InstallContext(page.contexts.front().context, page);
}

Status Notebook::InstallContext(const ContextRef& context, const SnapshotPage& page) {
  Status done = core_->Run([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_RETURN_IF_ERROR(contextsync::InstallContext(changes, context, page));
    PassFailpoint(Failpoint::kRebuildStaged);
    return WorkEnd::kKeepBuffered;
  });
  if (done.ok()) PassFailpoint(Failpoint::kRebuildInstalled);
  return done;
}

Status Notebook::AdoptEpoch(const HelloResponse& hello, const std::vector<SnapshotPage>& snapshot) {
  Status done = core_->Run([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_RETURN_IF_ERROR(
        contextsync::AdoptEpoch(changes, hello, snapshot, {core_->clock, core_->random}));
    PassFailpoint(Failpoint::kAdoptionStaged);
    return WorkEnd::kKeepSynced;
  });
  if (done.ok()) PassFailpoint(Failpoint::kAdoptionDone);
  return done;
}

Status Notebook::InstallSnapshot(const std::vector<SnapshotPage>& snapshot) {
  Status done = core_->RunAlone([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_RETURN_IF_ERROR(
        contextsync::InstallSnapshot(changes, core_->store, core_->clock, snapshot));
    PassFailpoint(Failpoint::kSnapshotStaged);
    return WorkEnd::kKeepSynced;
  });
  if (done.ok()) PassFailpoint(Failpoint::kSnapshotInstalled);
  return done;
}

Result<std::vector<ContextRef>> Notebook::ContextsToRestamp(EntryNumber from) const {
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto contexts,
      contextsync::ContextsToRestamp(core_->strand.tables(), *core_->meta(), from));
  return std::vector<ContextRef>(contexts.begin(), contexts.end());
}

Status Notebook::Restamp(const RestampOrder& order) {
  Status done = core_->RunAlone([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_RETURN_IF_ERROR(contextsync::Restamp(changes, order, core_->clock));
    PassFailpoint(Failpoint::kRestampStaged);
    return WorkEnd::kKeepSynced;
  });
  if (done.ok()) PassFailpoint(Failpoint::kRestampDone);
  return done;
}

Status Notebook::GiveUp(EntryNumber n, std::string_view code) {
  return core_->RunLocal([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto entry, journal::Find(changes.tables(), n));
    if (!entry || entry->outcome) return WorkEnd::kDiscard;
    entry->given_up = code;
    journal::Update(changes, *entry);
    return WorkEnd::kKeepSynced;
  });
}

Result<std::size_t> Notebook::OfferSuspects(bool all) {
  std::size_t offered = 0;
  if (core_->meta()->parked == 0) return offered;
  CONTEXTSYNC_RETURN_IF_ERROR(core_->RunLocal([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(offered, parking::RetrySuspects(changes, all, core_->clock));
    return offered == 0 ? WorkEnd::kDiscard : WorkEnd::kKeepSynced;
  }));
  return offered;
}

Status Notebook::TakeNewDevice() {
  Status done = core_->Run([&](Changeset& changes) -> Result<WorkEnd> {
    auto& recovery = changes.meta().recovery;
    const bool tells_a_loss = recovery && recovery->lost_to != EntryNumber();
    if (!tells_a_loss)
      recovery = Recovery{core_->clock.WallMillis(), {}, {}, std::string(kForkedMessage)};
    CONTEXTSYNC_RETURN_IF_ERROR(contextsync::TakeNewDevice(changes, core_->random));
    PassFailpoint(Failpoint::kDeviceStaged);
    return WorkEnd::kKeepSynced;
  });
  if (done.ok()) PassFailpoint(Failpoint::kDeviceTaken);
  return done;
}

Status Notebook::BecomeCopy(const std::string& message) {
  Status renumbered;
  CONTEXTSYNC_RETURN_IF_ERROR(core_->strand.RunAlone([&](Changeset& changes) {
    changes.meta().recovery = Recovery{core_->clock.WallMillis(), {}, {}, message};
    renumbered = contextsync::TakeNewDevice(changes, core_->random);
    return renumbered.ok() ? WorkEnd::kKeepSynced : WorkEnd::kDiscard;
  }));
  return renumbered;
}

Status Notebook::NoteHub(HubSequence head, HubSequence gc_floor, std::int64_t clock_offset_ms) {
  const auto meta = core_->meta();
  const std::int64_t step = clock_offset_ms - meta->offset_ms;
  const bool is_same_offset = step > -kOffsetStepMillis && step < kOffsetStepMillis;
  if (is_same_offset && head <= meta->head && gc_floor == meta->gc_floor) return {};
  return core_->strand.Run([&](Changeset& changes) {
    changes.meta().head = std::max(changes.meta().head, head);
    changes.meta().gc_floor = gc_floor;
    if (!is_same_offset) changes.meta().offset_ms = clock_offset_ms;
    return WorkEnd::kKeepBuffered;
  });
}

void Notebook::HubSpoke(const HubWord& word) {
  core_->Hear(word);
  const auto meta = core_->meta();
  const UnixMillis age = core_->clock.WallMillis() - meta->last_sync_at;
  const bool is_known = age >= 0 && age < kLastSyncStepMillis;
  if (is_known || !word.IsMetBy(meta->epoch, meta->cursor)) return;
  // Without it a notebook that is only looked at seems old after a restart; nothing worse.
  if (const Status kept = core_->KeepLastSync(); !kept.ok())
    CONTEXTSYNC_LOG(kDebug, "time of the last sync not stored",
                    {{"error", kept.error().message()}});
}

}  // namespace contextsync
