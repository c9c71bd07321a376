// Replica: one notebook's copy of one context, as tests write to it, ship deltas from it and join
// into it.

#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/document/compile.h"

namespace contextsync {

/// Parses test JSON. Precondition: `text` is storable.
Json J(std::string_view text);

/// An update with `data` alone.
Update Data(std::string_view text);

class Replica {
 public:
  explicit Replica(std::uint64_t device, UnixMillis now = 1'700'000'000'000)
      : device_(device), now_(now) {}

  /// Compiles and takes in; aborts the test on a compile error.
  Compiled Write(const Update& update);
  Compiled Write(std::string_view data) { return Write(Data(data)); }

  /// The same without taking it in.
  Outcome<Compiled, CompileError> Try(const Update& update);

  /// Joins a foreign delta and raises the clock above it.
  void Take(const Delta& delta);

  [[nodiscard]] std::string Text() const { return CanonicalBytes(view_.data); }
  [[nodiscard]] const State& state() const { return state_; }
  [[nodiscard]] const View& view() const { return view_; }

  Policy policy = Policy::BuiltIn();
  Level level = Level::kTask;
  void set_now(UnixMillis now) { now_ = now; }

 private:
  DeviceId device_;
  UnixMillis now_;
  Hlc last_;
  State state_;
  View view_;
};

/// A policy from its JSON text.
Policy PolicyOf(std::string_view text);

/// The number behind environment variable `name`, or `fallback`.
std::uint64_t FromEnvironment(const char* name, std::uint64_t fallback);

/// How many random states a property is tried on: 3,000, and fewer where CONTEXTSYNC_SCHEDULES asks
/// for fewer schedules, as under a sanitizer.
std::uint64_t ManyStates();

/// CONTEXTSYNC_SEED, or a fixed seed; printed so that a failure can be repeated.
std::uint64_t TestSeed();

}  // namespace contextsync
