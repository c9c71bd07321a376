// NotebookHost: opens the notebook of a workspace in the background and keeps it open: lock, store,
// notebook, hub connection, in this order; closed in reverse. Start-up recovery is what the
// connection does first.

#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "core/base/mutex.h"
#include "core/notebook/notebook.h"
#include "core/ports/clock.h"
#include "core/sync/local_gate.h"
#include "core/tools/workspace.h"
#include "server/app/hub_connection.h"
#include "server/app/owner_socket.h"
#include "storage/rocks/file_high_water_mark.h"
#include "storage/rocks/notebook_lock.h"
#include "storage/rocks/rocks_table_store.h"

namespace contextsync {

struct NotebookHostOptions {
  std::filesystem::path data_dir;
  HubConnectionOptions connection;  // hub empty: local only
};

/// The directory of a workspace's notebook.
std::filesystem::path NotebookDirectory(const std::filesystem::path& data_dir,
                                        const WorkspaceId& workspace);

/// Thread-safety: any thread.
class NotebookHost final : public Workspace {
 public:
  /// Begins to open at the first Acquire that may wait, or a moment after construction: a client's
  /// throw-away probe process must not take the lock. Lifetime: clock and random must outlive the
  /// host.
  NotebookHost(NotebookHostOptions options, Clock& clock, Random& random);
  ~NotebookHost() override;

  Checked<OpenWorkspace> Acquire(Clock::Instant deadline) override;
  [[nodiscard]] NotebookHealth Health() const override;
  [[nodiscard]] bool HasHub() const override { return !options_.connection.hub.empty(); }

  /// Gives what is pending a last chance to reach the hub. An optimisation: the journal is the
  /// guarantee.
  void Flush(Clock::Instant deadline);

 private:
  struct Opened;

  void OpenInBackground(const std::stop_token& stop);
  void ListenForOwner(Opened& opened) const;
  Status TryOpen();
  void WaitForNeed(const std::stop_token& stop);
  bool WaitToRetry(const std::stop_token& stop, std::chrono::milliseconds pause);
  void WaitToCatchUp(const std::stop_token& stop);

  // Constant after construction.
  const NotebookHostOptions options_;
  Clock& clock_;
  Random& random_;

  mutable Mutex mu_;
  CondVar changed_;
  bool is_needed_ GUARDED_BY(mu_) = false;
  std::string trouble_ GUARDED_BY(mu_);       // why it is not open
  bool is_hopeless_ GUARDED_BY(mu_) = false;  // nothing but a person mends it
  bool is_damaged_ GUARDED_BY(mu_) = false;
  std::unique_ptr<Opened> opened_ GUARDED_BY(mu_);  // set once
  std::atomic<Opened*> ready_ = nullptr;            // the same, for readers without the lock

  std::jthread opener_;  // last: joined before anything it uses goes
};

}  // namespace contextsync
