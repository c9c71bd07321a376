#include "server/hub/query_requests.h"

#include <algorithm>
#include <string>

#include "core/base/hex.h"

namespace contextsync {

namespace {

Error MalformedParameter(std::string_view name) {
  return {ErrorCode::kInvalidArgument, "parameter " + std::string(name) + " is malformed"};
}

Result<std::string> HexText(const UrlQuery& query, std::string_view name, std::size_t digits) {
  const std::string_view text = query.Text(name);
  if (!text.empty() && !IsHex(text, digits)) return MalformedParameter(name);
  return std::string(text);
}

Result<DeviceId> Device(const UrlQuery& query) {
  if (query.Text("device").empty()) return DeviceId();
  const std::optional<std::uint64_t> id = FromHex16(query.Text("device"));
  if (!id) return MalformedParameter("device");
  return DeviceId(*id);
}

Result<HubSequence> Sequence(const UrlQuery& query, std::string_view name) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::uint64_t value, query.Number(name, 0));
  return HubSequence(value);
}

Result<HistoryClaim> Claim(const UrlQuery& query) {
  HistoryClaim claim;
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::string epoch, HexText(query, "epoch", 32));
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::string check, HexText(query, "check", 16));
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::string at_check, HexText(query, "at_check", 16));
  CONTEXTSYNC_ASSIGN_OR_RETURN(claim.known, Sequence(query, "known"));
  CONTEXTSYNC_ASSIGN_OR_RETURN(claim.at, Sequence(query, "at"));
  claim.epoch = Epoch(std::move(epoch));
  claim.check = FeedCheck(std::move(check));
  claim.at_check = FeedCheck(std::move(at_check));
  return claim;
}

Result<std::optional<ContextRef>> OneContext(const UrlQuery& query) {
  if (!query.Has("level") && !query.Has("context_id")) return std::optional<ContextRef>();
  const std::optional<Level> level = ParseLevel(query.Text("level"));
  if (!level) return MalformedParameter("level");
  ContextRef ref{*level, std::string(query.Text("context_id"))};
  CONTEXTSYNC_RETURN_IF_ERROR(ValidateContextRef(ref));
  return std::optional<ContextRef>(std::move(ref));
}

}  // namespace

Result<ChangesRequest> ChangesFromQuery(const UrlQuery& query) {
  ChangesRequest request;
  CONTEXTSYNC_ASSIGN_OR_RETURN(request.device, Device(query));
  CONTEXTSYNC_ASSIGN_OR_RETURN(request.since, Sequence(query, "since"));
  CONTEXTSYNC_ASSIGN_OR_RETURN(request.claim, Claim(query));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::uint64_t limit,
                               query.Number("limit", limits::kPageItems));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::uint64_t wait, query.Number("wait_ms", 0));
  if (limit == 0) return MalformedParameter("limit");
  constexpr std::uint64_t kAnHour = 3'600'000;  // far above what is granted, far below overflow
  request.limit = std::min<std::uint64_t>(limit, limits::kPageItems);
  request.wait = std::chrono::milliseconds(std::min(wait, kAnHour));
  return request;
}

Result<SnapshotRequest> SnapshotFromQuery(const UrlQuery& query) {
  SnapshotRequest request;
  CONTEXTSYNC_ASSIGN_OR_RETURN(request.device, Device(query));
  CONTEXTSYNC_ASSIGN_OR_RETURN(request.claim, Claim(query));
  CONTEXTSYNC_ASSIGN_OR_RETURN(request.context, OneContext(query));
  request.after = query.Text("after");
  return request;
}

Result<EventsRequest> EventsFromQuery(const UrlQuery& query) {
  EventsRequest request;
  CONTEXTSYNC_ASSIGN_OR_RETURN(request.since, Sequence(query, "since"));
  CONTEXTSYNC_ASSIGN_OR_RETURN(request.claim, Claim(query));
  CONTEXTSYNC_ASSIGN_OR_RETURN(request.device, Device(query));
  return request;
}

}  // namespace contextsync
