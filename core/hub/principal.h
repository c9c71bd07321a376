// Principal: who asks, as the listener authenticated it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace contextsync {

/// Each role may do what the ones before it may. The numbers are stored. Do not change them.
enum class Role : std::uint8_t { kRead = 0, kWrite = 1, kAdmin = 2 };

/// read, write, admin.
std::string_view RoleName(Role role);
std::optional<Role> ParseRole(std::string_view name);

struct Principal {
  std::string name;  // the token's name; empty under --no-auth
  Role role = Role::kWrite;
};

}  // namespace contextsync
