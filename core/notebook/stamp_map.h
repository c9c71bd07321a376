// StampMap: which clock readings become which when own entries are restamped.

#pragma once

#include <map>
#include <set>
#include <string>

#include "core/document/state.h"
#include "core/notebook/records.h"
#include "core/ports/clock.h"

namespace contextsync {

class StampMap {
 public:
  /// Moves stamps of the notebook's own devices, and of others only where they are above `limit`:
  /// no hub has let those in.
  StampMap(const Meta& meta, Hlc limit);

  /// `hlc` needs a fresh reading.
  void Add(Hlc hlc) { fresh_.emplace(hlc, Hlc{}); }

  /// Every reading above the limit in `delta` does.
  void AddAhead(const Delta& delta);

  /// If `state` holds own log elements born at `before`, elements named as born at `now` are those.
  void NameAsBefore(Hlc now, Hlc before, const State& state);

  /// Draws the fresh readings, in the order of the old ones, from the clock in `meta`.
  /// Errors: kInternal when the clock stands beyond the year 9999.
  Status Draw(Meta& meta, const Clock& clock);

  /// `delta` with fresh stamps. Log keys hold stamps too: a later entry that removes an element of
  /// an earlier one must still name it.
  [[nodiscard]] Delta Apply(const Delta& delta) const;

  [[nodiscard]] Hlc Of(Hlc hlc) const;

 private:
  [[nodiscard]] bool Moves(const Stamp& stamp) const;
  [[nodiscard]] Stamp Of(Stamp stamp) const;
  [[nodiscard]] Cell Apply(const Cell& cell) const;
  [[nodiscard]] std::string Renamed(const std::string& key) const;

  std::set<DeviceId> own_;
  Hlc limit_;
  std::map<Hlc, Hlc> fresh_;
  std::map<Hlc, Hlc> names_;  // of log elements only
};

}  // namespace contextsync
