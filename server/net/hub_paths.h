// HubPaths: the addresses of a workspace's routes at the hub. Source: docs/sync_protocol.md

#pragma once

#include <string>
#include <string_view>

#include "core/ports/hub_messages.h"

namespace contextsync {

/// `text` with everything but A-Z a-z 0-9 - . _ ~ percent-encoded (RFC 3986).
std::string PercentEncoded(std::string_view text);

class HubPaths {
 public:
  explicit HubPaths(const WorkspaceId& workspace)
      : root_("/v1/workspaces/" + PercentEncoded(workspace.value)) {}

  [[nodiscard]] std::string Hello() const { return root_ + "/hello"; }
  [[nodiscard]] std::string Push() const { return root_ + "/push"; }
  [[nodiscard]] std::string Changes(const ChangesRequest& request) const;
  [[nodiscard]] std::string Snapshot(const SnapshotRequest& request) const;
  [[nodiscard]] std::string Events(const EventsRequest& request) const;

 private:
  const std::string root_;
};

}  // namespace contextsync
