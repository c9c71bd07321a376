// What writer and reader of wire.h must spell alike.

#pragma once

#include <array>
#include <string_view>

namespace contextsync {

inline constexpr int kWireVersion = 1;

/// In the order of CellKind.
inline constexpr std::array<std::string_view, 4> kKindNames = {"del", "obj", "list", "atom"};

}  // namespace contextsync
