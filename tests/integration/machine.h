// An agent's machine and a hub as the program builds them, in this process: real files, real
// sockets, real threads. Only stdin and stdout are left out.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "core/notebook/requests.h"
#include "core/tools/identity.h"
#include "server/app/hub_app.h"
#include "server/app/notebook_host.h"
#include "server/app/system_clock.h"
#include "server/app/waiting_thread.h"
#include "server/app/worker_pool.h"
#include "server/relay/tool_dispatcher.h"

namespace contextsync {

/// A hub without tokens that can go away and come back on the same port and directory.
class HubMachine {
 public:
  explicit HubMachine(std::string data_dir);

  void Start();
  void Stop();
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  const std::string data_dir_;
  std::uint16_t port_ = 0;
  std::string url_;
  std::unique_ptr<HubApp> app_;
};

/// One agent's server process.
class AgentMachine {
 public:
  AgentMachine(const std::string& data_dir, const std::string& hub, const std::string& agent);
  ~AgentMachine();
  AgentMachine(const AgentMachine&) = delete;
  AgentMachine& operator=(const AgentMachine&) = delete;

  /// Calls a tool and waits for its answer, from any thread.
  Json Call(const std::string& tool, const Json& arguments);
  Json Manage(const Json& arguments) { return Call("manage_context", arguments); }
  Json Status() { return Call("status", Json::object()).at("data"); }

  Result<NotebookFingerprint> Fingerprint();

 private:
  SystemClock clock_;
  SystemRandom random_;
  const std::string agent_;
  const Identity identity_;
  NotebookHost host_;
  WaitingThread waiting_{clock_};
  WorkerPool workers_;
  ToolDispatcher tools_;
};

/// Asks until it is so, or half a minute is over: a busy machine under a sanitizer is slow.
template <typename Condition>
bool Eventually(Condition is_so) {
  SystemClock clock;
  const auto until = clock.Now() + std::chrono::seconds(30);
  while (!is_so()) {
    if (clock.Now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace contextsync
