// WaitingRoom: calls that wait for a change of the notebook, without a thread of their own. When
// something changed it looks again for each, when a call's time is over it answers that, and a call
// nobody wants any more leaves at once. It holds no thread either: whoever owns it runs `Step` when
// it is woken and when the time `Step` said has come.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/mutex.h"
#include "core/ports/clock.h"
#include "core/tools/tool.h"

namespace contextsync {

struct Waiter {
  std::string session_id;
  std::stop_token cancelled;
  std::uint64_t seen = 0;  // WaitingRoom::changes() before the call first looked
  std::unique_ptr<WaitingCall> call;
  std::function<void(std::optional<ToolResult>)> done;  // called once; nothing: it was cancelled
};

/// Thread-safety: any thread, `Step` one at a time. `done` is called outside the lock, by Park or
/// by Step.
class WaitingRoom {
 public:
  // What waits costs memory and one look per change. A client has one watch open, or a few; many
  // clients may share a process.
  static constexpr std::size_t kMaxWaiters = 1'024;
  static constexpr std::size_t kMaxWaitersOfSession = 16;

  /// `wake` is called when there is something to do before the time `Step` said; it must not block.
  WaitingRoom(Clock& clock, std::function<void()> wake);
  ~WaitingRoom();
  WaitingRoom(const WaitingRoom&) = delete;
  WaitingRoom& operator=(const WaitingRoom&) = delete;

  /// Counts the changes so far.
  [[nodiscard]] std::uint64_t changes() const;

  /// Keeps a call until it is answered; refuses it when too many wait.
  void Park(Waiter waiter);

  /// The notebook changed. Never blocks.
  void Ring();

  /// Nothing more comes from this session's client: what it waits for is answered as it stands.
  void EndSession(const std::string& session_id);

  /// Serves everyone for whom there is something to do, and returns when to come again at the
  /// latest.
  Clock::Instant Step();

  [[nodiscard]] std::size_t waiting() const;

 private:
  struct Seat;
  using Seats = std::vector<std::shared_ptr<Seat>>;

  [[nodiscard]] std::optional<std::size_t> LimitReached(const std::string& session_id) const
      REQUIRES(mu_);
  [[nodiscard]] Seats FindDue() REQUIRES(mu_);

  // Constant after construction.
  Clock& clock_;
  const std::function<void()> wake_;

  mutable Mutex mu_;
  std::uint64_t changes_ GUARDED_BY(mu_) = 0;
  Seats seats_ GUARDED_BY(mu_);                   // those whom a step just serves too
  std::set<std::string> ending_ GUARDED_BY(mu_);  // sessions, until the next step
};

}  // namespace contextsync
