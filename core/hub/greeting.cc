#include "core/hub/greeting.h"

#include "core/hub/history_check.h"
#include "core/hub/push_batch.h"

namespace contextsync {

namespace {

Result<HelloVerdict> Judge(HubStage& stage, const HubDevice& device, const HelloRequest& request) {
  const WorkspaceHead& head = stage.head();
  if (request.claim.epoch.empty()) {
    // It pushed before, so it knew the epoch before: this is an old copy of the notebook.
    return device.last_n == EntryNumber() ? HelloVerdict::kFirst : HelloVerdict::kDeviceForked;
  }
  if (request.claim.epoch != head.epoch) return HelloVerdict::kEpochChanged;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_shared, SharesHistory(stage, request.claim));
  if (!is_shared) return HelloVerdict::kEpochChanged;
  // We took a number that it has not given out yet: a copy of it did.
  if (request.next_n <= device.last_n) return HelloVerdict::kDeviceForked;
  return request.cursor < head.gc_floor ? HelloVerdict::kCursorGone : HelloVerdict::kOk;
}

HelloResponse Describe(const WorkspaceHead& head, const Principal& principal, UnixMillis now) {
  HelloResponse response;
  response.epoch = head.epoch;
  response.head = head.seq;
  response.check = head.check;
  response.gc_floor = head.gc_floor;
  response.hub_device = head.hub_device;
  response.role = RoleName(principal.role);
  response.build = CONTEXTSYNC_VERSION;
  response.server_time = now;
  return response;
}

}  // namespace

Result<HelloResponse> RunHello(HubStage& stage, const Principal& principal,
                               const HelloRequest& request, UnixMillis now) {
  HelloResponse response = Describe(stage.head(), principal, now);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const HubDevice* known, stage.Device(request.device));
  HubDevice device;
  if (known != nullptr) {
    device = *known;
  } else {
    device.id = request.device;
    device.principal = principal.name;
  }
  if (device.principal != principal.name) {
    response.verdict = HelloVerdict::kDeviceForked;
    return response;
  }
  response.last_n = device.last_n;
  CONTEXTSYNC_ASSIGN_OR_RETURN(response.verdict, Judge(stage, device, request));
  CONTEXTSYNC_ASSIGN_OR_RETURN(response.fork_seq, ForkSequence(stage, request.claim));
  if (response.verdict == HelloVerdict::kOk) {
    NoteProgress(stage, device, request.acked_n);
    device.cursor = request.cursor;
    device.low_base = request.low_base;
  }
  device.seen_at = now;
  stage.PutDevice(std::move(device));
  return response;
}

}  // namespace contextsync
