#include "server/net/hub_paths.h"

#include "core/base/hex.h"

namespace contextsync {

namespace {

bool IsUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

void Append(std::string& target, std::string_view name, std::string_view value) {
  target.append(target.find('?') == std::string::npos ? "?" : "&");
  target.append(name).append("=").append(PercentEncoded(value));
}

/// What the sender holds; nothing for a reader that stores nothing.
void AppendClaim(std::string& target, const HistoryClaim& claim) {
  if (claim.epoch.empty()) return;
  Append(target, "epoch", claim.epoch.value);
  Append(target, "known", std::to_string(claim.known.value));
  Append(target, "check", claim.check.value);
  if (claim.at_check.empty()) return;
  Append(target, "at", std::to_string(claim.at.value));
  Append(target, "at_check", claim.at_check.value);
}

}  // namespace

std::string PercentEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (IsUnreserved(c)) {
      encoded += c;
    } else {
      encoded.append("%").append(ToHex(std::string_view(&c, 1)));
    }
  }
  return encoded;
}

std::string HubPaths::Changes(const ChangesRequest& request) const {
  std::string target = root_ + "/changes";
  Append(target, "since", std::to_string(request.since.value));
  AppendClaim(target, request.claim);
  Append(target, "device", ToHex16(request.device.value));
  Append(target, "limit", std::to_string(request.limit));
  Append(target, "wait_ms", std::to_string(request.wait.count()));
  return target;
}

std::string HubPaths::Snapshot(const SnapshotRequest& request) const {
  std::string target = root_ + "/snapshot";
  AppendClaim(target, request.claim);
  Append(target, "device", ToHex16(request.device.value));
  if (!request.after.empty()) Append(target, "after", request.after);
  if (request.context) {
    Append(target, "level", ToString(request.context->level));
    Append(target, "context_id", request.context->id);
  }
  return target;
}

std::string HubPaths::Events(const EventsRequest& request) const {
  std::string target = root_ + "/events";
  Append(target, "since", std::to_string(request.since.value));
  AppendClaim(target, request.claim);
  Append(target, "device", ToHex16(request.device.value));
  return target;
}

}  // namespace contextsync
