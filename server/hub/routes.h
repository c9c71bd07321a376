// The route table: every path the hub answers, who may use it and how much it may send. A new route
// is one row here and one case in HubApi; tests walk this table.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "core/hub/principal.h"

namespace contextsync {

enum class RouteId { kHealth, kReady, kHello, kPush, kChanges, kSnapshot, kEvents };

struct Route {
  RouteId id;
  std::string_view method;
  std::string_view path;  // under /v1/workspaces/{w}/ when `in_workspace`, else whole
  bool in_workspace;
  std::optional<Role>
      role;  // the least that may; nothing: open to everybody, and says nothing of any workspace
  std::size_t body_bytes;
};

std::span<const Route> Routes();

struct RouteMatch {
  const Route* route = nullptr;  // never null in a match
  std::string_view workspace;    // as in the path, still escaped
};

/// Nothing: no such path.
std::optional<RouteMatch> MatchRoute(std::string_view path);

}  // namespace contextsync
