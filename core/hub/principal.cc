#include "core/hub/principal.h"

#include <algorithm>
#include <array>
#include <utility>

namespace contextsync {

namespace {

constexpr std::array<std::pair<Role, std::string_view>, 3> kNames = {
    {{Role::kRead, "read"}, {Role::kWrite, "write"}, {Role::kAdmin, "admin"}}};

}  // namespace

std::string_view RoleName(Role role) {
  return kNames.at(static_cast<std::size_t>(role)).second;
}

std::optional<Role> ParseRole(std::string_view name) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [&](const auto& row) { return row.second == name; });
  if (found == kNames.end()) return std::nullopt;
  return found->first;
}

}  // namespace contextsync
