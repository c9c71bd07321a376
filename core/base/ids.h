// Strong identifier types: swapping a hub sequence and a local entry number must not compile.

#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace contextsync {

/// A number with a name. `T{}` is zero, which stands for "before the first".
template <typename Tag>
struct StrongNumber {
  std::uint64_t value = 0;

  constexpr StrongNumber() = default;
  constexpr explicit StrongNumber(std::uint64_t v) : value(v) {}
  friend constexpr auto operator<=>(StrongNumber, StrongNumber) = default;
  [[nodiscard]] constexpr StrongNumber Next() const { return StrongNumber(value + 1); }
};

/// The hub's gap-free number of a change within one workspace: 1, 2, 3 …
using HubSequence = StrongNumber<struct HubSequenceTag>;

/// This notebook's gap-free number of a journal entry: 1, 2, 3 … per (device, epoch).
using EntryNumber = StrongNumber<struct EntryNumberTag>;

/// A notebook directory's random identity. Wire form: 16 hex digits.
using DeviceId = StrongNumber<struct DeviceIdTag>;

/// Text with a name.
template <typename Tag>
struct StrongText {
  std::string value;

  StrongText() = default;
  explicit StrongText(std::string v) : value(std::move(v)) {}
  friend auto operator<=>(const StrongText&, const StrongText&) = default;
  [[nodiscard]] bool empty() const { return value.empty(); }
};

/// `[A-Za-z0-9._:-]{1,128}`; it stands in a URL.
using WorkspaceId = StrongText<struct WorkspaceIdTag>;

/// One incarnation of a workspace at the hub: 32 hex digits, minted at creation and at restore.
using Epoch = StrongText<struct EpochTag>;

/// Running hash of the feed up to a sequence: 16 hex digits. Two histories differ ⇒ their checks
/// differ.
using FeedCheck = StrongText<struct FeedCheckTag>;

/// UUIDv7 of a journal entry; kept through renumbering and restamping.
using EntryId = StrongText<struct EntryIdTag>;

}  // namespace contextsync

template <typename Tag>
struct std::hash<contextsync::StrongNumber<Tag>> {
  std::size_t operator()(contextsync::StrongNumber<Tag> id) const noexcept {
    return std::hash<std::uint64_t>{}(id.value);
  }
};
template <typename Tag>
struct std::hash<contextsync::StrongText<Tag>> {
  std::size_t operator()(const contextsync::StrongText<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
