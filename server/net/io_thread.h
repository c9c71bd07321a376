// IoThread: one thread that owns one io_context. Every Asio and Beast object of the program lives
// and dies on such a thread, so none of them needs a lock or a strand.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace boost::asio {
class io_context;
}

namespace contextsync {

/// Lifetime: destroy what uses `context()` on the thread, or after `Stop`, and before this object.
class IoThread {
 public:
  /// `name` is the thread's; the kernel keeps 15 bytes.
  explicit IoThread(std::string name);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  [[nodiscard]] boost::asio::io_context& context() { return *context_; }

  /// True on the thread itself. Any thread.
  [[nodiscard]] bool IsCurrent() const { return std::this_thread::get_id() == thread_.get_id(); }

  /// Runs `work` on the thread, later. Any thread.
  void Post(std::function<void()> work);

  /// Runs `work` on the thread and waits for it. Precondition: not on the thread itself, and not
  /// after Stop.
  void Run(const std::function<void()>& work);

  /// Ends the thread after the handler that runs now, and joins it. Work still posted is destroyed
  /// with this object, unrun. Idempotent. Not from the thread itself.
  void Stop();

 private:
  const std::unique_ptr<boost::asio::io_context> context_;
  std::jthread thread_;
};

}  // namespace contextsync
