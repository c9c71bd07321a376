// CurlHubLink: the hub's HTTP routes through libcurl, with every option that matters pinned down.

#pragma once

#include <memory>
#include <string>

#include "core/ports/hub_link.h"
#include "server/net/hub_paths.h"

namespace contextsync {

struct CurlHubLinkOptions {
  std::string hub;  // validated address, without a trailing slash
  WorkspaceId workspace;
  std::string token;  // goes into the Authorization header and nowhere else; empty: none
};

/// One keep-alive connection. Follows no redirect, uses no proxy, asks for no compression.
class CurlHubLink final : public HubLink {
 public:
  static Result<std::unique_ptr<CurlHubLink>> Open(CurlHubLinkOptions options);
  ~CurlHubLink() override;

  HubReply<HelloResponse> Hello(const HelloRequest& request, Clock::Instant deadline) override;
  HubReply<PushResponse> Push(const PushRequest& request, Clock::Instant deadline) override;
  HubReply<ChangesPage> Changes(const ChangesRequest& request, Clock::Instant deadline) override;
  HubReply<SnapshotPage> Snapshot(const SnapshotRequest& request, Clock::Instant deadline) override;
  void Cancel() override;

  /// For the requests that begin from now on. Any thread.
  void SetToken(std::string token);

 private:
  class Transfer;

  CurlHubLink(std::string hub, const WorkspaceId& workspace, std::unique_ptr<Transfer> transfer);

  const std::string hub_;
  const HubPaths paths_;
  const std::unique_ptr<Transfer> transfer_;
};

}  // namespace contextsync
