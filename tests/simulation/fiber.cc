#include "tests/simulation/fiber.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/check.h"

namespace contextsync::simulation {

namespace {

constexpr std::size_t kStackBytes = 512 * 1024;  // rendering and JSON recurse; pages come lazily

/// Stacks of ended fibers: a seed restarts machines dozens of times, and fresh pages are slow.
std::vector<std::unique_ptr<std::byte[]>>& SpareStacks() {
  static std::vector<std::unique_ptr<std::byte[]>> spare;
  return spare;
}

std::unique_ptr<std::byte[]> TakeStack() {
  auto& spare = SpareStacks();
  // Not value-initialised on purpose: that would touch every page.
  if (spare.empty()) return std::unique_ptr<std::byte[]>(new std::byte[kStackBytes]);
  auto stack = std::move(spare.back());
  spare.pop_back();
  return stack;
}

}  // namespace

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)), stack_(TakeStack()) {
  CONTEXTSYNC_CHECK(getcontext(&inside_) == 0);
  inside_.uc_stack.ss_sp = stack_.get();
  inside_.uc_stack.ss_size = kStackBytes;
  inside_.uc_link = &outside_;
  // makecontext hands on ints only.
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&inside_, reinterpret_cast<void (*)()>(&Fiber::Enter), 2,
              static_cast<unsigned>(self >> 32U), static_cast<unsigned>(self & 0xFFFFFFFFU));
}

Fiber::~Fiber() {
  SpareStacks().push_back(std::move(stack_));
}

void Fiber::Enter(unsigned high, unsigned low) {
  const std::uintptr_t self = (std::uintptr_t{high} << 32U) | low;
  auto* const fiber = reinterpret_cast<Fiber*>(self);
  fiber->body_();
  fiber->is_finished_ = true;
}

void Fiber::Resume() {
  CONTEXTSYNC_CHECK(!is_finished_ && !is_running_);
  is_running_ = true;
  CONTEXTSYNC_CHECK(swapcontext(&outside_, &inside_) == 0);
  is_running_ = false;
}

void Fiber::Yield() {
  CONTEXTSYNC_CHECK(swapcontext(&inside_, &outside_) == 0);
}

}  // namespace contextsync::simulation
