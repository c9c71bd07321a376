// A small blocking HTTP and WebSocket client that can also send what no well-behaved client would.
// Everything has a deadline; what does not arrive in time is a test failure, not a hang.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace contextsync {

/// A TCP connection to a port of this machine.
class TestSocket {
 public:
  static constexpr std::chrono::seconds kDeadline{10};

  explicit TestSocket(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how sockets take addresses.
    is_connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~TestSocket() { Close(); }
  TestSocket(TestSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        is_connected_(other.is_connected_),
        inbound_(std::move(other.inbound_)) {}
  TestSocket(const TestSocket&) = delete;
  TestSocket& operator=(const TestSocket&) = delete;

  [[nodiscard]] bool is_connected() const { return is_connected_; }

  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

  /// False when the peer did not take all of it in time.
  bool Send(std::string_view bytes) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!bytes.empty()) {
      if (!Await(POLLOUT, deadline)) return false;
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// The next `count` bytes; fewer when the peer closed or the time is up.
  std::string Read(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (inbound_.size() < count && Fill(deadline)) {
    }
    return Take(std::min(count, inbound_.size()));
  }

  /// Everything up to and with `end`; nothing when it does not come.
  std::optional<std::string> ReadUntil(std::string_view end) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (true) {
      const std::size_t at = inbound_.find(end);
      if (at != std::string::npos) return Take(at + end.size());
      if (!Fill(deadline)) return std::nullopt;
    }
  }

  /// True when the peer closed within `time`; what it still sent is dropped.
  bool IsClosedWithin(std::chrono::milliseconds time) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (Fill(deadline))
      inbound_.clear();
    return is_ended_;
  }

 private:
  bool Await(short events, std::chrono::steady_clock::time_point deadline) const {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waiting{fd_, events, 0};
    return left.count() > 0 && poll(&waiting, 1, static_cast<int>(left.count())) > 0;
  }

  bool Fill(std::chrono::steady_clock::time_point deadline) {
    if (is_ended_ || !Await(POLLIN, deadline)) return false;
    std::string bytes(64 * 1024, '\0');
    const ssize_t got = recv(fd_, bytes.data(), bytes.size(), 0);
    is_ended_ = got <= 0;
    if (got > 0) inbound_.append(bytes, 0, static_cast<std::size_t>(got));
    return got > 0;
  }

  std::string Take(std::size_t count) {
    std::string taken = inbound_.substr(0, count);
    inbound_.erase(0, count);
    return taken;
  }

  int fd_;
  bool is_connected_ = false;
  bool is_ended_ = false;
  std::string inbound_;
};

struct TestResponse {
  int status = 0;                              // 0: none came
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

struct TestRequest {
  std::string method = "GET";
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// One keep-alive connection.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port) : socket_(port) {}

  [[nodiscard]] TestSocket& socket() { return socket_; }

  /// The bytes of `request`. Host and Content-Length are added unless they are there.
  static std::string Render(const TestRequest& request) {
    std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
    const auto has = [&](std::string_view name) {
      return std::any_of(request.headers.begin(), request.headers.end(),
                         [&](const auto& header) { return header.first == name; });
    };
    if (!has("Host")) text += "Host: localhost\r\n";
    if (!request.body.empty() && !has("Content-Length") && !has("Transfer-Encoding")) {
      text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    }
    for (const auto& [name, value] : request.headers)
      text += name + ": " + value + "\r\n";
    return text + "\r\n" + request.body;
  }

  TestResponse Do(const TestRequest& request) {
    if (!socket_.Send(Render(request))) return {};
    return ReadResponse();
  }

  TestResponse ReadResponse() {
    TestResponse response;
    const auto head = socket_.ReadUntil("\r\n\r\n");
    if (!head || head->size() < 12) return response;
    response.status = std::atoi(head->substr(9, 3).c_str());  // NOLINT(cert-err34-c): a test sees 0
    ParseFields(head->substr(head->find("\r\n") + 2), response);
    const auto length = response.headers.find("content-length");
    if (length != response.headers.end()) {
      response.body = socket_.Read(std::strtoul(length->second.c_str(), nullptr, 10));
    }
    return response;
  }

 private:
  static void ParseFields(std::string_view fields, TestResponse& response) {
    while (!fields.empty()) {
      const std::string_view line = fields.substr(0, fields.find("\r\n"));
      fields.remove_prefix(std::min(fields.size(), line.size() + 2));
      const std::size_t colon = line.find(": ");
      if (colon == std::string_view::npos) continue;
      std::string name(line.substr(0, colon));
      std::transform(name.begin(), name.end(), name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
      response.headers[name] = line.substr(colon + 2);
    }
  }

  TestSocket socket_;
};

struct TestFrame {
  int opcode = -1;  // -1: the connection ended; 1 text, 8 close, 9 ping
  std::string payload;

  /// Of a close frame.
  [[nodiscard]] int close_code() const {
    if (opcode != 8 || payload.size() < 2) return 0;
    return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
  }
};

/// One WebSocket. Pings are answered.
class WsClient {
 public:
  /// `headers` are added to the handshake.
  WsClient(std::uint16_t port, const std::string& target,
           std::vector<std::pair<std::string, std::string>> headers)
      : http_(port) {
    headers.emplace_back("Connection", "Upgrade");
    headers.emplace_back("Upgrade", "websocket");
    headers.emplace_back("Sec-WebSocket-Version", "13");
    headers.emplace_back("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    handshake_ = http_.Do({"GET", target, std::move(headers), ""});
  }

  [[nodiscard]] const TestResponse& handshake() const { return handshake_; }
  [[nodiscard]] TestSocket& socket() { return http_.socket(); }

  /// The next frame that is no ping.
  TestFrame Read() {
    while (true) {
      TestFrame frame = ReadAny();
      if (frame.opcode != 9) return frame;
      Send(10, frame.payload);
    }
  }

  /// A masked frame, as clients must send.
  bool Send(int opcode, std::string_view payload) {
    std::string bytes(1, static_cast<char>(0x80 | opcode));
    AppendLength(bytes, payload.size(), true);
    bytes.append(4, '\0');  // a mask of zeros changes nothing
    bytes += payload;
    return socket().Send(bytes);
  }

  /// A header that announces `length` bytes, none of which follow.
  bool Announce(std::uint64_t length) {
    std::string bytes(1, static_cast<char>(0x82));
    AppendLength(bytes, length, true);
    bytes.append(4, '\0');
    return socket().Send(bytes);
  }

 private:
  static void AppendLength(std::string& bytes, std::uint64_t length, bool masked) {
    const int mask = masked ? 0x80 : 0;
    const int width = length < 126 ? 0 : (length <= 0xFFFF ? 2 : 8);
    const int tag = width == 0 ? static_cast<int>(length) : (width == 2 ? 126 : 127);
    bytes += static_cast<char>(mask | tag);
    for (int i = width - 1; i >= 0; --i)
      bytes += static_cast<char>(length >> (8 * i) & 0xFFU);
  }

  TestFrame ReadAny() {
    const std::string head = socket().Read(2);
    if (head.size() < 2) return {};
    std::uint64_t length = static_cast<unsigned char>(head[1]) & 0x7FU;
    if (length >= 126) {
      std::uint64_t extended = 0;
      for (const char c : socket().Read(length == 126 ? 2 : 8)) {
        extended = extended << 8U | static_cast<unsigned char>(c);
      }
      length = extended;
    }
    return {static_cast<unsigned char>(head[0]) & 0x0F, socket().Read(length)};
  }

  HttpClient http_;
  TestResponse handshake_;
};

}  // namespace contextsync
