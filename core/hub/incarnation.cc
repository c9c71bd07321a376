#include "core/hub/incarnation.h"

#include <utility>

#include "core/base/hex.h"
#include "core/hub/sequencer.h"

namespace contextsync {

WorkspaceHead MintHead(Random& random) {
  WorkspaceHead head;
  head.epoch = Epoch(ToHex16(random.Next()) + ToHex16(random.Next()));
  head.hub_device = DeviceId(random.Next());
  head.check = FirstCheck(head.epoch);
  return head;
}

WorkspaceHead MintNextLife(const WorkspaceHead& head, Random& random) {
  const WorkspaceHead minted = MintHead(random);
  WorkspaceHead next = head;
  next.epoch = minted.epoch;
  next.hub_device = minted.hub_device;
  next.previous_epoch = head.epoch;
  next.fork_seq = head.seq;
  // The feed goes on, so its running hash does; an empty one begins with its epoch.
  if (head.seq == HubSequence()) next.check = minted.check;
  return next;
}

Status BeginNewLives(HubStore& store, Random& random) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::vector<WorkspaceId> workspaces, store.Workspaces());
  for (const WorkspaceId& workspace : workspaces) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<WorkspaceHead> head,
                                 store.ReadHead(workspace));
    if (!head) continue;
    HubCommit commit;
    commit.head = MintNextLife(*head, random);
    CONTEXTSYNC_RETURN_IF_ERROR(store.Commit(workspace, commit));
  }
  return {};
}

}  // namespace contextsync
