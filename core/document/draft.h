// Draft: the working copy one compile writes into: the state so far, the delta so far, and the way
// back.

#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/document/patch.h"
#include "core/document/state.h"

namespace contextsync {

class Draft {
 public:
  /// Every component written gets the next index of (hlc, device).
  Draft(State state, Hlc hlc, DeviceId device) : state_(std::move(state)), next_{hlc, device, 0} {}

  [[nodiscard]] const State& state() const { return state_; }
  [[nodiscard]] const Delta& delta() const { return delta_; }

  void PutHead(const std::string& path, CellKind kind, std::string bytes = {});
  void PutClear(const std::string& path);
  void AddElement(const std::string& path, const std::string& key, std::string bytes);
  void AppendToLog(const std::string& path, std::string bytes);
  void RemoveElement(const std::string& path, const std::string& key);

  /// Heads of the delta that kept the shape shown before, for PatchView.
  [[nodiscard]] KeptShapes FindKeptShapes() const;

  struct Mark {
    std::size_t undo_count = 0;
    std::uint32_t next_index = 0;
  };
  [[nodiscard]] Mark Now() const { return {undo_.size(), next_.index}; }

  /// Takes back everything written since `mark`, indices included.
  void RollBack(const Mark& mark);

  State TakeState() { return std::move(state_); }
  Delta TakeDelta() { return std::move(delta_); }

 private:
  // What one component was in state and delta before it was written.
  struct Undo {
    std::string path;
    Cell written;  // exactly the component written
    Cell in_state;
    Cell in_delta;
  };

  void Write(const std::string& path, Cell component);

  State state_;
  Delta delta_;
  Stamp next_;
  std::vector<Undo> undo_;
  std::set<std::string, std::less<>> reshaped_;
};

}  // namespace contextsync
