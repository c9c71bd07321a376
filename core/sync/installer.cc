#include "core/sync/installer.h"

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"

namespace contextsync {

Exchange Installer::RunSnapshot() {
  // Pages of an interrupted fetch are good as long as the hub has the same history.
  if (fetched_from_ != session_.install->hello.epoch) {
    pages_.clear();
    complete_ = false;
    fetched_from_ = session_.install->hello.epoch;
  }
  return complete_ ? Install() : FetchPage();
}

Exchange Installer::FetchPage() {
  const SyncPosition position = replica_.Position();
  const std::string after = pages_.empty() ? std::string() : pages_.back().next;
  SnapshotRequest request;
  request.device = position.device;
  request.after = after;
  // A history that is being left would be refused: the reader then claims nothing.
  if (session_.install->purpose == InstallPurpose::kReplace) request.claim = position.claim;
  auto reply = hub_.Snapshot(request);
  if (!reply.ok()) {
    if (reply.failure().fault == HubFault::kCursorGone) return StartOver();
    if (auto detour = TakeDetour(reply.failure(), replica_, session_)) return *detour;
    return Exchange::HubFailed(std::move(reply).failure());
  }
  PassFailpoint(Failpoint::kSnapshotAnswered);
  SnapshotPage page = std::move(reply).value();
  const bool stands_still = !page.next.empty() && page.next == after;
  if (page.epoch != fetched_from_ || stands_still || IsStale(page, position)) return StartOver();
  complete_ = page.next.empty();
  session_.head = std::max(session_.head, page.head);
  pages_.push_back(std::move(page));
  return complete_ ? Install() : Exchange::Done();
}

Exchange Installer::Install() {
  const InstallOrder& order = *session_.install;
  const bool adopts = order.purpose == InstallPurpose::kAdoptEpoch;
  const SyncPosition before = replica_.Position();
  // What the hub still remembers decides which entries must be reissued.
  Status noted;
  if (!adopts) noted = replica_.NoteHub(session_.head, session_.gc_floor, hub_.WallOffset());
  if (!noted.ok()) return Exchange::LocalFailed(std::move(noted).error());
  Status done =
      adopts ? replica_.AdoptEpoch(order.hello, pages_) : replica_.InstallSnapshot(pages_);
  if (!done.ok() && done.error().code() == ErrorCode::kConflict) return StartOver();
  if (!done.ok()) return Exchange::LocalFailed(std::move(done).error());
  pages_.clear();
  complete_ = false;
  fetched_from_ = Epoch();
  session_.install.reset();
  session_.adopt_anyway = false;
  session_.open = true;
  adopts ? NoteRenumbered(before, replica_, session_) : NoteNewGround(replica_, session_);
  return Exchange::Done();
}

Exchange Installer::StartOver() {
  pages_.clear();
  complete_ = false;
  session_.install.reset();
  session_.hello = true;
  return Exchange::Detour();
}

bool Installer::IsStale(const SnapshotPage& page, const SyncPosition& position) const {
  // A node that lags behind what was acknowledged to us would take it away again.
  return session_.install->purpose == InstallPurpose::kReplace && page.start < position.claim.known;
}

Exchange Installer::RunRebuild() {
  const ContextRef context = *session_.rebuilds.begin();
  const SyncPosition position = replica_.Position();
  auto reply = hub_.Snapshot(
      {.device = position.device, .claim = position.claim, .after = {}, .context = context});
  if (!reply.ok()) {
    if (auto detour = TakeDetour(reply.failure(), replica_, session_)) return *detour;
    return Exchange::HubFailed(std::move(reply).failure());
  }
  PassFailpoint(Failpoint::kRebuildAnswered);
  auto installed = replica_.InstallContext(context, reply.value());
  session_.rebuild_lacks_something =
      !installed.ok() && installed.error().code() == ErrorCode::kConflict;
  if (session_.rebuild_lacks_something) {
    // What it lacks comes with the feed, or was forgotten meanwhile, as a hello tells.
    session_.pull = session_.hello = true;
    return Exchange::BackOff();
  }
  if (!installed.ok()) return Exchange::LocalFailed(std::move(installed).error());
  session_.rebuilds.erase(context);
  return Exchange::Done();
}

}  // namespace contextsync
