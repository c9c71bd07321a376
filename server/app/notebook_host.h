// NotebookHost: opens the notebook of a workspace in the background and keeps it open: lock, store,
// notebook, hub connection, in this order; closed in reverse. Start-up recovery is what the
// connection does first.

#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/mutex.h"
#include "core/notebook/notebook.h"
#include "core/ports/clock.h"
#include "core/sync/local_gate.h"
#include "core/tools/commit_bell.h"
#include "core/tools/workspace.h"
#include "server/app/hub_connection.h"
#include "server/app/owner_socket.h"
#include "storage/rocks/file_high_water_mark.h"
#include "storage/rocks/notebook_lock.h"
#include "storage/rocks/rocks_table_store.h"

namespace contextsync {

struct HookDoor;

struct NotebookHostOptions {
  std::filesystem::path data_dir;
  HubConnectionOptions connection;  // hub empty: local only
};

/// The directory of a workspace's notebook.
std::filesystem::path NotebookDirectory(const std::filesystem::path& data_dir,
                                        const WorkspaceId& workspace);

/// What a host does about the other processes that use the same notebook.
///
/// Thread-safety: called on the opener's thread alone, but where said otherwise.
class NotebookSharing {
 public:
  NotebookSharing() = default;
  NotebookSharing(const NotebookSharing&) = delete;
  NotebookSharing& operator=(const NotebookSharing&) = delete;
  virtual ~NotebookSharing() = default;

  /// Calls wait here from now on: the lock is this process's, or only this process knows why the
  /// notebook does not open.
  virtual void TakeCalls() = 0;

  /// Another process has the lock. Returns when it is worth trying again; true when the other one
  /// had been reached.
  virtual bool VisitHolder(const std::stop_token& stop) = 0;

  /// Between two attempts.
  virtual void Tick() = 0;

  /// The session, here or relaying, of the one client among the processes `above` a hook, nearest
  /// first; empty: none, or more than one. Any thread.
  virtual std::string SessionOf(const std::vector<std::string>& above) = 0;

  /// Lets in who wants to relay to this process. Any thread.
  virtual RelayServer& relays() = 0;
};

/// Thread-safety: any thread.
class NotebookHost final : public Workspace {
 public:
  /// Lifetime: clock and random must outlive the host.
  NotebookHost(NotebookHostOptions options, Clock& clock, Random& random);
  ~NotebookHost() override;

  /// Begins to open at the first need, or a moment after this: a client's throw-away probe process
  /// must not take the lock. Without `sharing` it only waits for other processes to let go.
  ///
  /// Lifetime: `sharing` is used until StopOpening and CloseDoor.
  void Start(NotebookSharing* sharing = nullptr);

  /// Opens no more; what is open stays open. Idempotent.
  void StopOpening();

  /// Takes no more commands or relays, and waits for the commands that run. Synchronises no more.
  /// Precondition: StopOpening; no call waits for the hub.
  void CloseDoor();

  /// Somebody waits for the notebook.
  void Need();

  Checked<OpenWorkspace> Acquire(Clock::Instant deadline) override;
  [[nodiscard]] NotebookHealth Health() const override;
  [[nodiscard]] bool HasHub() const override { return !options_.connection.hub.empty(); }

  /// Rung at each change of the notebook.
  [[nodiscard]] CommitBell& commits() { return commits_; }

  /// Gives what is pending a last chance to reach the hub. An optimisation: the journal is the
  /// guarantee.
  void Flush(Clock::Instant deadline);

  /// It is open in this process.
  [[nodiscard]] bool IsOpen() const { return ready_.load(std::memory_order_acquire) != nullptr; }

  /// Writes the hub does not have yet; 0 unless it is open here and has a hub.
  [[nodiscard]] std::uint64_t Pending() const;

 private:
  struct Opened;
  /// Nothing when the request is of another family. Called by several threads at once.
  using OwnerAnswer = std::function<std::optional<Result<Json>>(const Json& request)>;

  void OpenInBackground(const std::stop_token& stop);
  std::vector<OwnerAnswer> OwnerAnswers(Opened& opened);
  void ListenForOwner(Opened& opened);
  [[nodiscard]] HookDoor DoorFor(Opened& opened) const;
  [[nodiscard]] std::optional<Result<Json>> AnswerLeaveRequest(const Json& request) const;
  void PublishNote(Opened& opened) const;
  void TakeCalls();
  void NoteOutcome(const Status& status);
  std::chrono::milliseconds PauseAfter(const Error& error, const std::stop_token& stop);
  Status TryOpen();
  void WaitForNeed(const std::stop_token& stop);
  bool WaitToRetry(const std::stop_token& stop, std::chrono::milliseconds pause);
  void WaitToCatchUp(const std::stop_token& stop);

  // Constant after construction.
  const NotebookHostOptions options_;
  Clock& clock_;
  Random& random_;
  NotebookSharing* sharing_ = nullptr;  // constant after Start

  // Of the opener's thread.
  std::chrono::milliseconds pause_{};
  bool is_told_ = false;

  CommitBell commits_;

  mutable Mutex mu_;
  CondVar changed_;
  bool is_needed_ GUARDED_BY(mu_) = false;
  std::string trouble_ GUARDED_BY(mu_);       // why it is not open
  bool is_hopeless_ GUARDED_BY(mu_) = false;  // nothing but a person mends it
  bool is_damaged_ GUARDED_BY(mu_) = false;
  bool is_elsewhere_ GUARDED_BY(mu_) = false;       // and calls go there, not through Acquire
  std::unique_ptr<Opened> opened_ GUARDED_BY(mu_);  // set once
  std::atomic<Opened*> ready_ = nullptr;            // the same, for readers without the lock

  std::jthread opener_;  // last: joined before anything it uses goes
};

}  // namespace contextsync
