#include "server/hub/routes.h"

#include <algorithm>
#include <array>

#include "core/base/limits.h"
#include "server/hub/tuning.h"

namespace contextsync {

namespace {

constexpr std::string_view kWorkspaces = "/v1/workspaces/";

constexpr std::array<Route, 7> kRoutes = {{
    {RouteId::kHealth, "GET", "/healthz", false, std::nullopt, kSmallBodyBytes},
    // Open, because probes carry no token; it says yes or no and nothing else.
    {RouteId::kReady, "GET", "/readyz", false, std::nullopt, kSmallBodyBytes},
    {RouteId::kHello, "POST", "hello", true, Role::kRead, kSmallBodyBytes},
    {RouteId::kPush, "POST", "push", true, Role::kWrite, limits::kPushBodyBytes},
    {RouteId::kChanges, "GET", "changes", true, Role::kRead, kSmallBodyBytes},
    {RouteId::kSnapshot, "GET", "snapshot", true, Role::kRead, kSmallBodyBytes},
    {RouteId::kEvents, "GET", "events", true, Role::kRead, kSmallBodyBytes},
}};

const Route* Find(std::string_view path, bool in_workspace) {
  const auto* const found = std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& route) {
    return route.in_workspace == in_workspace && route.path == path;
  });
  return found == kRoutes.end() ? nullptr : found;
}

}  // namespace

std::span<const Route> Routes() {
  return kRoutes;
}

std::optional<RouteMatch> MatchRoute(std::string_view path) {
  std::string_view workspace;
  const bool in_workspace = path.starts_with(kWorkspaces);
  if (in_workspace) {
    path.remove_prefix(kWorkspaces.size());
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    workspace = path.substr(0, slash);
    path.remove_prefix(slash + 1);
  }
  const Route* route = Find(path, in_workspace);
  if (route == nullptr) return std::nullopt;
  return RouteMatch{route, workspace};
}

}  // namespace contextsync
