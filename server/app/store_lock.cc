#include "server/app/store_lock.h"

#include <chrono>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/ports/json_reader.h"
#include "server/hub/admin_socket.h"
#include "server/hub/token_admin.h"

namespace contextsync {

namespace {

constexpr std::chrono::seconds kLeavePatience{3};
constexpr std::chrono::milliseconds kLeavePause{20};
constexpr std::chrono::milliseconds kLeaveAnswer{1'000};
constexpr const char* kLeaveCommand = "leave";

bool AgreesToLeave(const StorePlace& place) {
  const auto line =
      AskHub(place.socket_directory, CompactText(LeaveRequest()), kLeaveAnswer, place.socket_name);
  if (!line.ok()) return false;
  auto answer = ParseStrict(line.value());
  return answer.ok() && TokenResultFromJson(std::move(answer).value()).ok();
}

}  // namespace

Result<NotebookLock> LockStore(const StorePlace& place) {
  Result<NotebookLock> lock = NotebookLock::Acquire(place.directory);
  if (lock.ok() || lock.error().code() != ErrorCode::kConflict || !AgreesToLeave(place))
    return lock;
  const auto give_up = std::chrono::steady_clock::now() + kLeavePatience;
  while (!lock.ok() && lock.error().code() == ErrorCode::kConflict &&
         std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(kLeavePause);
    lock = NotebookLock::Acquire(place.directory);
  }
  return lock;
}

Json LeaveRequest() {
  return {{"command", kLeaveCommand}};
}

bool IsLeaveRequest(const Json& request) {
  JsonReader reader(request);
  return reader.TextOr("command", "") == kLeaveCommand;
}

}  // namespace contextsync
