// AdminSocket: a running process's door for its owner: commands through a Unix socket in the data
// directory. One JSON object a line, one answer line for each. The hub listens as `hub.sock`, the
// process that has a notebook open beside that notebook.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "server/net/io_thread.h"

namespace contextsync {

/// Thread-safety: any thread but the io thread.
/// Lifetime:      `io` is stopped after it is destroyed.
class AdminSocket {
 public:
  static constexpr std::string_view kName = "hub.sock";

  /// Answers one line; called on the io thread, must hand the work on. `reply` is called once, on
  /// any thread.
  using Handler = std::function<void(std::string line, std::function<void(std::string)> reply)>;

  /// Takes connections over that are no commands. Both are called on the io thread and return at
  /// once.
  struct Adopter {
    std::function<bool(std::string_view line)> wants;
    std::function<void(int socket, std::string received)> take;  // the descriptor is the taker's
  };

  /// Replaces a socket that an earlier hub left behind.
  /// Precondition: the caller holds the directory's lock.
  /// Errors: kUnavailable.
  static Result<std::unique_ptr<AdminSocket>> Listen(IoThread& io, const std::string& directory,
                                                     Handler handler, std::string_view name = kName,
                                                     Adopter adopter = {});
  ~AdminSocket();
  AdminSocket(const AdminSocket&) = delete;
  AdminSocket& operator=(const AdminSocket&) = delete;

 private:
  class Door;
  AdminSocket(IoThread& io, std::shared_ptr<Door> door, std::string path)
      : io_(io), door_(std::move(door)), path_(std::move(path)) {}

  IoThread& io_;
  const std::shared_ptr<Door> door_;
  const std::string path_;
};

/// Sends `line` to the process that listens as `name` in `directory` and returns its answer line.
/// Blocks.
/// Errors: kUnavailable when none listens; kTimeout when it gave no answer, and may have acted all
/// the same.
Result<std::string> AskHub(const std::string& directory, std::string_view line,
                           std::chrono::milliseconds timeout,
                           std::string_view name = AdminSocket::kName);

}  // namespace contextsync
