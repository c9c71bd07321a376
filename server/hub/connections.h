// Connections: who is connected, how many may be, and how all of them are told to end.

#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/base/mutex.h"
#include "core/ports/clock.h"
#include "server/hub/http_message.h"

namespace contextsync {

/// One open connection. All calls on the io thread.
class Connection {
 public:
  virtual ~Connection() = default;

  /// About once a second.
  virtual void Tick(Clock::Instant now) = 0;

  /// No new work: ends now if idle, else after what it is doing.
  virtual void BeginStop() = 0;

  /// Closes the socket.
  virtual void Abort() = 0;
};

/// Thread-safety: used on the io thread, but for WaitUntilNone and what a Ticket's destructor does.
class Connections : public std::enable_shared_from_this<Connections> {
 public:
  struct Caps {
    std::size_t total = 1024;
    std::size_t per_address = 64;  // loopback is exempt
  };

  /// A connection's place. Gives it back when destroyed.
  class Ticket {
   public:
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    /// From now on `connection` gets the calls.
    void Attach(std::weak_ptr<Connection> connection);
    [[nodiscard]] const PeerAddress& peer() const { return peer_; }

   private:
    friend class Connections;
    Ticket(std::shared_ptr<Connections> owner, PeerAddress peer)
        : owner_(std::move(owner)), peer_(std::move(peer)) {}

    const std::shared_ptr<Connections> owner_;
    const PeerAddress peer_;
    std::list<std::weak_ptr<Connection>>::iterator place_;
  };

  explicit Connections(Caps caps) : caps_(caps) {}

  /// Null: there are too many.
  std::unique_ptr<Ticket> Admit(PeerAddress peer);

  void Tick(Clock::Instant now);
  void BeginStop();
  void AbortAll();

  /// Any thread. Returns false when some were still open at `deadline`.
  bool WaitUntilNone(Clock::Instant deadline);

 private:
  template <typename Action>
  void ForEach(Action action);
  void Release(const Ticket& ticket);

  const Caps caps_;
  Mutex mu_;
  CondVar none_left_;
  std::list<std::weak_ptr<Connection>> open_ GUARDED_BY(mu_);
  std::unordered_map<std::string, std::size_t> per_address_ GUARDED_BY(mu_);
};

}  // namespace contextsync
