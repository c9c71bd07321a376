// Fiber: a function that can wait in the middle. The engine's calls to the hub block; under virtual
// time such a wait has to let the rest of the world go on, in one thread and in one order.

#pragma once

#include <ucontext.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace contextsync::simulation {

/// Thread-safety: one thread.
class Fiber {
 public:
  explicit Fiber(std::function<void()> body);

  /// Precondition: is_finished(), or it was never resumed.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Runs the body until it yields or ends. Precondition: not finished, and not called inside it.
  void Resume();

  /// Inside the body: goes back to whoever resumed it.
  void Yield();

  [[nodiscard]] bool is_finished() const { return is_finished_; }
  [[nodiscard]] bool is_running() const { return is_running_; }

 private:
  using Stack = std::unique_ptr<std::byte[]>;

  static void Enter(unsigned high, unsigned low);

  std::function<void()> body_;
  Stack stack_;
  ucontext_t inside_{};
  ucontext_t outside_{};
  bool is_finished_ = false;
  bool is_running_ = false;
};

}  // namespace contextsync::simulation
