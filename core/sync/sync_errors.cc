#include "core/sync/sync_errors.h"

#include <string>
#include <string_view>

namespace contextsync {
namespace {

struct Text {
  std::string_view code;
  std::string_view message;
  std::string_view hint;
};

constexpr std::string_view kNothingToDo =
    "Nothing to do: writes stay durable here and are sent as soon as the hub answers.";

Text TextOf(HubFault fault) {
  switch (fault) {
    case HubFault::kTransport:
      return {"HUB_UNREACHABLE", "the hub cannot be reached", kNothingToDo};
    case HubFault::kTimeout:
      return {"HUB_TIMEOUT", "the hub did not answer in time", kNothingToDo};
    case HubFault::kRetryLater:
      return {"HUB_BUSY", "the hub asked to come back later", kNothingToDo};
    case HubFault::kUnauthorized:
      return {"UNAUTHORIZED", "the hub refuses this notebook",
              "Check the token and the hub's address. If the hub was replaced on purpose: "
              "contextsync sync --adopt-hub"};
    case HubFault::kMalformed:
      return {"HUB_REFUSED", "the hub does not understand a request", "Run: contextsync doctor"};
    case HubFault::kTooLarge:
      return {"TOO_LARGE", "the hub refuses a single entry as too large",
              "Raise the body limit of the hub or of the proxy before it to 8 MiB."};
    case HubFault::kUpgradeRequired:
      return {"UPGRADE_REQUIRED", "the hub speaks a newer protocol", "Install a newer build."};
    case HubFault::kEpochChanged:
    case HubFault::kDeviceForked:
    case HubFault::kCursorGone:
    case HubFault::kHubInvalid:
      break;
  }
  return {"HUB_INVALID", "the hub contradicts itself", "Run: contextsync doctor"};
}

Text TextOf(std::string_view trouble) {
  if (trouble == "CLOCK_SKEW") {
    return {
        "CLOCK_SKEW", "this machine's clock is ahead of the hub's",
        "Set the clock. Writes that wait get fresh stamps by the hub's time and are sent then."};
  }
  return {"HUB_INVALID", "the hub's answer makes no sense", "Run: contextsync doctor"};
}

SyncError ErrorOf(const Text& text, UnixMillis now) {
  return {std::string(text.code), std::string(text.message), std::string(text.hint), now};
}

}  // namespace

std::optional<SyncError> DescribeTrouble(const Exchange& exchange, UnixMillis now) {
  if (exchange.failure) {
    SyncError error = ErrorOf(TextOf(exchange.failure->fault), now);
    const HubFault fault = exchange.failure->fault;
    const bool is_ours = fault == HubFault::kTransport || fault == HubFault::kTimeout;
    // These messages are made by our own link, the others may hold what the hub wrote.
    if (is_ours && !exchange.failure->message.empty()) {
      error.message += ": " + exchange.failure->message;
    }
    return error;
  }
  if (exchange.error) {
    return SyncError{"STORAGE_UNAVAILABLE", exchange.error->message(),
                     "Free some disk space, then run: contextsync doctor", now};
  }
  if (exchange.trouble.empty()) return std::nullopt;
  return ErrorOf(TextOf(exchange.trouble), now);
}

SyncError DescribeStop(FeedStop stop, UnixMillis now) {
  const bool is_ours = stop == FeedStop::kUpgradeRequired;
  return ErrorOf(is_ours ? TextOf(HubFault::kUpgradeRequired) : TextOf("HUB_INVALID"), now);
}

}  // namespace contextsync
