// StubServer: an HTTP server on loopback that says exactly what a test wants, however wrong.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace contextsync {

/// Serves one connection after the other in its own thread. Keeps a connection as long as the
/// client does.
class StubServer {
 public:
  /// The raw answer to a raw request; an empty one means silence until the client gives up.
  using Answer = std::function<std::string(const std::string& request)>;

  explicit StubServer(Answer answer)
      : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): how sockets take addresses.
    is_up_ = bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
             listen(listener_, SOMAXCONN) == 0 &&
             getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { Serve(stop); });
  }

  ~StubServer() {
    thread_.request_stop();
    thread_.join();
    close(listener_);
  }
  StubServer(const StubServer&) = delete;
  StubServer& operator=(const StubServer&) = delete;

  [[nodiscard]] bool is_up() const { return is_up_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int connections() const { return connections_; }

  [[nodiscard]] std::vector<std::string> requests() const {
    const std::lock_guard lock(mu_);
    return requests_;
  }

 private:
  static constexpr int kPollMilliseconds = 5;

  static bool IsReadable(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return poll(&waiting, 1, kPollMilliseconds) > 0;
  }

  void Serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!IsReadable(listener_)) continue;
      const int peer = accept(listener_, nullptr, nullptr);
      if (peer < 0) continue;
      ++connections_;
      Talk(peer, stop);
      close(peer);
    }
  }

  void Talk(int peer, const std::stop_token& stop) {
    std::string received;
    while (!stop.stop_requested()) {
      if (!IsReadable(peer)) continue;
      char chunk[4096];
      const ssize_t count = recv(peer, chunk, sizeof(chunk), 0);
      if (count <= 0) return;
      received.append(chunk, static_cast<std::size_t>(count));
      if (!IsComplete(received)) continue;
      if (!Send(peer, Note(std::exchange(received, {})))) return;
    }
  }

  std::string Note(const std::string& request) {
    {
      const std::lock_guard lock(mu_);
      requests_.push_back(request);
    }
    return answer_(request);
  }

  static bool IsComplete(const std::string& request) {
    const std::size_t end = request.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t length = request.find(kLength);
    if (length == std::string::npos || length > end) return true;
    return request.size() >= end + 4 + std::stoul(request.substr(length + kLength.size()));
  }

  static bool Send(int peer, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  const Answer answer_;
  const int listener_;
  std::uint16_t port_ = 0;
  bool is_up_ = false;
  std::atomic<int> connections_ = 0;
  mutable std::mutex mu_;
  std::vector<std::string> requests_;
  std::jthread thread_;  // last: it uses everything above
};

/// A complete answer with `body`.
inline std::string HttpAnswer(int status, const std::string& body,
                              const std::string& headers = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" +
         headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace contextsync
