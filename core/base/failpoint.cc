#include "core/base/failpoint.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

namespace contextsync {

namespace {

constexpr auto kDelayTime = std::chrono::milliseconds(300);

// In the order of the enumerators.
constexpr std::array<std::string_view, static_cast<std::size_t>(Failpoint::kCount)> kNames = {
    "open.locked",
    "open.store.ready",
    "open.mark.ready",
    "open.journal.checked",
    "open.generation.dropped",
    "open.meta.written",
    "open.connected",
    "store.database.made",
    "store.tables.made",
    "store.marker.made",
    "commit.staged",
    "commit.stored",
    "commit.marked",
    "commit.published",
    "flush.store.synced",
    "write.compiled",
    "write.durable",
    "answer.ready",
    "hello.sending",
    "hello.answered",
    "hello.noted",
    "push.sending",
    "push.answered",
    "pull.sending",
    "pull.answered",
    "event.arrived",
    "snapshot.answered",
    "rebuild.answered",
    "answer.arriving",
    "results.staged",
    "results.noted",
    "entry.parking",
    "page.staged",
    "page.applied",
    "rebuild.staged",
    "rebuild.installed",
    "restamp.staged",
    "restamp.done",
    "adoption.staged",
    "adoption.done",
    "snapshot.contexts.written",
    "snapshot.staged",
    "snapshot.installed",
    "device.staged",
    "device.taken",
    "hub.pinned",
    "purge.staged",
    "purge.stored",
    "purge.indexed",
    "purge.scrubbed",
    "end.of.input",
    "end.flushed",
    "end.workers.idle",
    "close.synced",
    "close.done",
    "copy.taken",
    "backup.files.copied",
    "backup.manifest.written",
    "restore.files.copied",
    "restore.prepared",
    "restore.exchanged",
    "restore.in.place",
    "hub.store.ready",
    "hub.listening",
    "hub.workspace.made",
    "hub.hello.staged",
    "hub.hello.stored",
    "hub.push.staged",
    "hub.push.stored",
    "hub.push.answered",
    "hub.fanned.out",
    "hub.scrubbed",
    "hub.subscribed",
    "hub.token.made",
    "hub.token.stored",
    "hub.token.revoked",
    "hub.uses.saving",
    "hub.stopping",
    "hub.idle"};

enum class Action : std::uint8_t { kCrash, kError, kDelay, kTrace };

constexpr std::array<std::string_view, 4> kActions = {"crash", "error", "delay", "trace"};

/// Constant once other threads run, but for the countdown.
struct Armed {
  std::optional<Failpoint> point;  // nothing: all of them
  Action action = Action::kCrash;
  std::atomic<std::uint64_t> left = 1;
};

Armed armed;

std::string_view NameOf(Failpoint point) {
  return kNames.at(static_cast<std::size_t>(point));
}

template <std::size_t size>
std::optional<std::size_t> IndexOf(const std::array<std::string_view, size>& names,
                                   std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

Error Unknown(std::string_view what, std::string_view name) {
  return {ErrorCode::kInvalidArgument,
          "CONTEXTSYNC_FAILPOINT: there is no " + std::string(what) + " " + std::string(name)};
}

/// Takes what follows the last `separator` off `text`.
std::optional<std::string_view> TakeAfter(std::string_view& text, char separator) {
  const auto at = text.rfind(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const auto after = text.substr(at + 1);
  text = text.substr(0, at);
  return after;
}

Status SetCount(std::string_view digits) {
  std::uint64_t count = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  const bool is_whole = read.ec == std::errc{} && read.ptr == digits.data() + digits.size();
  if (!is_whole || count == 0) return Unknown("count", digits);
  armed.left = count;
  return {};
}

void Tell(std::string_view name) {
  // One call, so that lines of several threads do not mix.
  const std::string line = "failpoint " + std::string(name) + "\n";
  static_cast<void>(std::fwrite(line.data(), 1, line.size(), stderr));
}

}  // namespace

Status ArmFailpoint(std::string_view specification) {
  armed.point.reset();
  armed.action = Action::kCrash;
  armed.left = 1;
  std::string_view name = specification;
  if (const auto action = TakeAfter(name, '=')) {
    const auto index = IndexOf(kActions, *action);
    if (!index) return Unknown("action", *action);
    armed.action = static_cast<Action>(*index);
  }
  if (const auto count = TakeAfter(name, ':')) CONTEXTSYNC_RETURN_IF_ERROR(SetCount(*count));
  if (name != "*") {
    const auto index = IndexOf(kNames, name);
    if (!index) return Unknown("failpoint", name);
    armed.point = static_cast<Failpoint>(*index);
  }
  failpoint_internal::is_armed = true;
  return {};
}

std::vector<std::string_view> FailpointNames() {
  return {kNames.begin(), kNames.end()};
}

namespace failpoint_internal {

Status Reach(Failpoint point) {
  if (armed.point && *armed.point != point) return {};
  if (armed.action == Action::kTrace) {
    Tell(NameOf(point));
    return {};
  }
  if (armed.left.fetch_sub(1) != 1) return {};
  switch (armed.action) {
    case Action::kCrash:
      // Not abort: nothing of ours or of a library's may run any more, as when the power goes.
      static_cast<void>(std::raise(SIGKILL));
      break;
    case Action::kDelay:
      std::this_thread::sleep_for(kDelayTime);
      break;
    case Action::kError:
      return Error(ErrorCode::kUnavailable, "failpoint " + std::string(NameOf(point)));
    case Action::kTrace:
      break;
  }
  return {};
}

}  // namespace failpoint_internal

}  // namespace contextsync
