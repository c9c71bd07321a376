#include "server/mcp/call_table.h"

#include <utility>

#include "server/mcp/tuning.h"

namespace contextsync::mcp {

bool CallTable::InFlight(const RequestId& id) const {
  const MutexLock lock(mu_);
  return open_.contains(id.wire);
}

bool CallTable::HasRoomFor(std::size_t bytes) const {
  if (running_ + listens_ >= kCallsInFlight) return false;
  return running_ == 0 || running_bytes_ + bytes <= kCallBytesInFlight;
}

std::shared_ptr<Call> CallTable::Begin(const RequestId& id, CallKind kind, std::size_t bytes) {
  const MutexLock lock(mu_);
  if (!HasRoomFor(bytes)) return nullptr;
  auto call = std::make_shared<Call>(Call{.id = id, .kind = kind, .bytes = bytes, .stop = {}});
  open_.emplace(id.wire, call);
  if (kind == CallKind::kListen) {
    ++listens_;
  } else {
    ++running_;
    running_bytes_ += bytes;
  }
  return call;
}

bool CallTable::Claim(Call& call) {
  const MutexLock lock(mu_);
  if (!std::exchange(call.is_open, false)) return false;
  open_.erase(call.id.wire);
  return true;
}

bool CallTable::End(const Call& call) {
  const MutexLock lock(mu_);
  --running_;
  running_bytes_ -= call.bytes;
  return running_ == 0;
}

void CallTable::Cancel(const RequestId& id) {
  std::shared_ptr<Call> call;
  {
    const MutexLock lock(mu_);
    const auto found = open_.find(id.wire);
    if (found == open_.end()) return;
    call = std::move(found->second);
    call->is_open = false;
    open_.erase(found);
    if (call->kind == CallKind::kListen) --listens_;
  }
  call->stop.request_stop();  // runs the tool's stop callbacks, so not under the lock
}

std::vector<RequestId> CallTable::TakeListens() {
  const MutexLock lock(mu_);
  std::vector<RequestId> ids;
  for (auto it = open_.begin(); it != open_.end();) {
    if (it->second->kind != CallKind::kListen) {
      ++it;
      continue;
    }
    it->second->is_open = false;
    ids.push_back(it->second->id);
    it = open_.erase(it);
  }
  listens_ = 0;
  return ids;
}

void CallTable::CancelAll() {
  OpenCalls cancelled;
  {
    const MutexLock lock(mu_);
    cancelled.swap(open_);
    for (const auto& [id, call] : cancelled)
      call->is_open = false;
    listens_ = 0;
  }
  for (const auto& [id, call] : cancelled)
    call->stop.request_stop();
}

std::size_t CallTable::running() const {
  const MutexLock lock(mu_);
  return running_;
}

}  // namespace contextsync::mcp
