#include "server/hub/connections.h"

#include <utility>
#include <vector>

namespace contextsync {

Connections::Ticket::~Ticket() {
  owner_->Release(*this);
}

void Connections::Ticket::Attach(std::weak_ptr<Connection> connection) {
  const MutexLock lock(owner_->mu_);
  *place_ = std::move(connection);
}

std::unique_ptr<Connections::Ticket> Connections::Admit(PeerAddress peer) {
  const MutexLock lock(mu_);
  if (open_.size() >= caps_.total) return nullptr;
  std::size_t& same_address = per_address_[peer.key];
  if (!peer.is_loopback && same_address >= caps_.per_address) return nullptr;
  ++same_address;
  std::unique_ptr<Ticket> ticket(new Ticket(shared_from_this(), std::move(peer)));
  ticket->place_ = open_.insert(open_.end(), std::weak_ptr<Connection>());
  return ticket;
}

void Connections::Release(const Ticket& ticket) {
  const MutexLock lock(mu_);
  open_.erase(ticket.place_);
  const auto address = per_address_.find(ticket.peer_.key);
  if (--address->second == 0) per_address_.erase(address);
  if (open_.empty()) none_left_.NotifyAll();
}

template <typename Action>
void Connections::ForEach(Action action) {
  std::vector<std::shared_ptr<Connection>> open;
  {
    const MutexLock lock(mu_);
    open.reserve(open_.size());
    for (const auto& weak : open_) {
      if (auto connection = weak.lock()) open.push_back(std::move(connection));
    }
  }
  for (const auto& connection : open)
    action(*connection);
}

void Connections::Tick(Clock::Instant now) {
  ForEach([now](Connection& connection) { connection.Tick(now); });
}

void Connections::BeginStop() {
  ForEach([](Connection& connection) { connection.BeginStop(); });
}

void Connections::AbortAll() {
  ForEach([](Connection& connection) { connection.Abort(); });
}

bool Connections::WaitUntilNone(Clock::Instant deadline) {
  const MutexLock lock(mu_);
  while (!open_.empty()) {
    if (!none_left_.WaitUntil(mu_, deadline)) return open_.empty();
  }
  return true;
}

}  // namespace contextsync
