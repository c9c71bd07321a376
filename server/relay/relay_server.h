// RelayServer: serves the processes that relay to this one, which has the notebook open. Each has
// tools of its own, because a process's identity and its session's position are its own; they share
// the notebook and the workers. Source: docs/architecture.md#relay

#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/mutex.h"
#include "core/ports/clock.h"
#include "core/ports/executor.h"
#include "core/tools/waiting_room.h"
#include "core/tools/workspace.h"
#include "server/relay/line_channel.h"

namespace contextsync {

/// Thread-safety: any thread.
class RelayServer {
 public:
  struct Parts {
    Workspace& workspace;
    Clock& clock;
    Random& random;
    Executor& workers;
    WaitingRoom& waiting;
    std::string workspace_name;
    std::string hub;  // of this process; empty: none
    std::string build;
    bool gives_way = false;  // leaves as soon as another process wants the notebook
  };

  /// Lifetime: all references outlive the server; calls it started may outlive it and must have
  /// ended before those references go.
  explicit RelayServer(Parts parts);

  /// Ends every connection and joins its thread.
  ~RelayServer();

  /// Serves a connection whose first bytes were `received`. Returns at once.
  void Adopt(mcp::UniqueFd socket, std::string received);

  /// Ends every connection and takes no more; none hands on a call after this. The calls that run
  /// go on; those who wait for them repeat them elsewhere.
  void Stop();

  [[nodiscard]] std::size_t guests() const;

  /// The sessions of the processes that `client` began.
  [[nodiscard]] std::vector<std::string> SessionsOf(const std::string& client) const;

  /// Another process wants the notebook. False unless this one gives way.
  bool AskToLeave() {
    is_asked_to_leave_ = is_asked_to_leave_ || parts_.gives_way;
    return parts_.gives_way;
  }

  /// Another process wanted the notebook, and this one gives way.
  [[nodiscard]] bool is_asked_to_leave() const { return is_asked_to_leave_; }

 private:
  class Guest;
  struct Place {
    std::shared_ptr<Guest> guest;
    std::atomic<bool> has_left = false;
    std::jthread thread;
  };

  void RemoveLeft() REQUIRES(mu_);

  const Parts parts_;
  std::atomic<bool> is_asked_to_leave_ = false;

  mutable Mutex mu_;
  bool is_stopped_ GUARDED_BY(mu_) = false;
  std::list<Place> places_ GUARDED_BY(mu_);
};

}  // namespace contextsync
