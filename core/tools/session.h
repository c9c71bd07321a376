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
  std::vector<ChangePosition> shown = {};  // beyond `noticed`, otherwise than as notices

  /// Two views of one session: what either has shown was shown.
  void Include(const SessionPosition& other) {
    has_started = has_started || other.has_started;
    noticed = {std::max(noticed.seq, other.noticed.seq),
               std::max(noticed.local, other.noticed.local)};
    looked = {std::max(looked.seq, other.looked.seq), std::max(looked.local, other.looked.local)};
    NoteShown(other.shown);
    ForgetNoticed();
  }

  /// Each once, unless it was noticed anyway.
  void NoteShown(const std::vector<ChangePosition>& places) {
    for (const auto& place : places) {
      const bool is_known = std::find(shown.begin(), shown.end(), place) != shown.end();
      if (!IsNoticed(place) && !is_known && shown.size() < kMaxShown) shown.push_back(place);
    }
  }

  /// To be called after `noticed` has moved.
  void ForgetNoticed() {
    std::erase_if(shown, [this](const ChangePosition& place) { return IsNoticed(place); });
  }

 private:
  // Beyond it a change may be shown twice: better than unbounded memory, and than not at all.
  static constexpr std::size_t kMaxShown = 1'000;

  [[nodiscard]] bool IsNoticed(const ChangePosition& place) const {
    return place.seq <= noticed.seq && place.local <= noticed.local;
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
    if (position_.has_started) return;
    position_.has_started = true;
    position_.noticed = now;
    position_.looked = now;
  }

  [[nodiscard]] SessionPosition position() const {
    const MutexLock lock(mu_);
    return position_;
  }

  /// Goes on where it stood in another process.
  void Resume(const SessionPosition& position) {
    const MutexLock lock(mu_);
    position_.Include(position);
  }

  /// Up to where changes were shown as notices.
  [[nodiscard]] ChangePosition noticed() const {
    const MutexLock lock(mu_);
    return position_.noticed;
  }
  void set_noticed(const ChangePosition& position) {
    const MutexLock lock(mu_);
    position_.noticed = Later(position_.noticed, position);
    position_.ForgetNoticed();
  }

  /// Changes beyond `noticed` that were shown otherwise, each by its number in one stream.
  [[nodiscard]] std::vector<ChangePosition> shown() const {
    const MutexLock lock(mu_);
    return position_.shown;
  }
  void NoteShown(const std::vector<ChangePosition>& places) {
    const MutexLock lock(mu_);
    position_.NoteShown(places);
  }

  /// Up to where the agent looked with `changes` or `watch`.
  [[nodiscard]] ChangePosition looked() const {
    const MutexLock lock(mu_);
    return position_.looked;
  }
  void set_looked(const ChangePosition& position) {
    const MutexLock lock(mu_);
    position_.looked = Later(position_.looked, position);
  }

 private:
  static ChangePosition Later(const ChangePosition& a, const ChangePosition& b) {
    return {std::max(a.seq, b.seq), std::max(a.local, b.local)};
  }

  const std::string id_;
  const std::string client_name_;
  mutable Mutex mu_;
  SessionPosition position_ GUARDED_BY(mu_);
};

}  // namespace contextsync
