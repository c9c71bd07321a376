// Session: one client connection, and what it has been shown.

#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "core/notebook/requests.h"

namespace contextsync {

/// What a session knows of itself; it can go on from there in another process.
struct SessionPosition {
  bool has_started = false;
  ChangePosition noticed;
  ChangePosition looked;

  /// Two views of one session: what either has shown was shown.
  void Include(const SessionPosition& other) {
    has_started = has_started || other.has_started;
    noticed = {std::max(noticed.seq, other.noticed.seq),
               std::max(noticed.local, other.noticed.local)};
    looked = {std::max(looked.seq, other.looked.seq), std::max(looked.local, other.looked.local)};
  }
};

/// Thread-safety: any thread.
class Session {
 public:
  Session(std::string id, std::string client_name)
      : id_(std::move(id)), client_name_(std::move(client_name)) {}

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::string& client_name() const { return client_name_; }

  /// Starts the session at `now` unless it has started: what the notebook held before is never
  /// noticed.
  void StartAt(const ChangePosition& now) {
    const MutexLock lock(mu_);
    if (started_) return;
    started_ = true;
    noticed_ = now;
    looked_ = now;
  }

  [[nodiscard]] SessionPosition position() const {
    const MutexLock lock(mu_);
    return {started_, noticed_, looked_};
  }

  /// Goes on where it stood in another process.
  void Resume(const SessionPosition& position) {
    const MutexLock lock(mu_);
    SessionPosition both{started_, noticed_, looked_};
    both.Include(position);
    started_ = both.has_started;
    noticed_ = both.noticed;
    looked_ = both.looked;
  }

  /// Up to where changes were shown as notices.
  [[nodiscard]] ChangePosition noticed() const {
    const MutexLock lock(mu_);
    return noticed_;
  }
  void set_noticed(const ChangePosition& position) {
    const MutexLock lock(mu_);
    noticed_ = Later(noticed_, position);
    std::erase_if(shown_, [this](const ChangePosition& place) {
      return place.seq <= noticed_.seq && place.local <= noticed_.local;
    });
  }

  /// Changes beyond `noticed` that were shown otherwise, each by its number in one stream.
  [[nodiscard]] std::vector<ChangePosition> shown() const {
    const MutexLock lock(mu_);
    return shown_;
  }
  void NoteShown(const std::vector<ChangePosition>& places) {
    const MutexLock lock(mu_);
    for (const auto& place : places) {
      const bool is_noticed = place.seq <= noticed_.seq && place.local <= noticed_.local;
      const bool is_known = std::find(shown_.begin(), shown_.end(), place) != shown_.end();
      if (!is_noticed && !is_known && shown_.size() < kMaxShown) shown_.push_back(place);
    }
  }

  /// Up to where the agent looked with `changes` or `watch`.
  [[nodiscard]] ChangePosition looked() const {
    const MutexLock lock(mu_);
    return looked_;
  }
  void set_looked(const ChangePosition& position) {
    const MutexLock lock(mu_);
    looked_ = Later(looked_, position);
  }

 private:
  // Beyond it a change may be shown twice: better than unbounded memory, and than not at all.
  static constexpr std::size_t kMaxShown = 1'000;

  static ChangePosition Later(const ChangePosition& a, const ChangePosition& b) {
    return {std::max(a.seq, b.seq), std::max(a.local, b.local)};
  }

  const std::string id_;
  const std::string client_name_;
  mutable Mutex mu_;
  bool started_ GUARDED_BY(mu_) = false;
  ChangePosition noticed_ GUARDED_BY(mu_);
  ChangePosition looked_ GUARDED_BY(mu_);
  std::vector<ChangePosition> shown_ GUARDED_BY(mu_);
};

}  // namespace contextsync
