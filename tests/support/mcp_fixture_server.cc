// A server with three tools that need nothing: what end-to-end tests of the protocol talk to.
//   echo {…}           answers its arguments
//   slow {"ms": n}     answers after n milliseconds, at once when cancelled
//   fail               answers a tool error

#include <signal.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/mutex.h"
#include "server/mcp/stdio_transport.h"
#include "server/mcp/tool_handler.h"

namespace contextsync::mcp {
namespace {

constexpr std::string_view kTools =
    R"([{"name":"echo","description":"Answers its arguments.","inputSchema":{"type":"object"},)"
    R"("outputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},)"
    R"({"name":"slow","description":"Takes its time.","inputSchema":{"type":"object"}},)"
    R"({"name":"fail","description":"Always fails.","inputSchema":{"type":"object"}}])";

class FixtureTools final : public ToolHandler {
 public:
  std::string_view ToolsJson() const override { return kTools; }

  bool HasTool(std::string_view name) const override {
    return name == "echo" || name == "slow" || name == "fail";
  }

  void Call(ToolRequest request, std::function<void(ToolAnswer)> done) override {
    if (request.tool == "slow") return Delay(std::move(request), std::move(done));
    if (request.tool == "fail") return done({.json = R"({"success":false})", .is_error = true});
    if (request.defect) {
      const Json answer = {{"defect", request.defect->pointer}};
      return done({.json = CompactText(answer), .is_error = true});
    }
    done({.json = CompactText(*request.arguments)});
  }

 private:
  void Delay(ToolRequest request, std::function<void(ToolAnswer)> done) {
    const auto ms = request.arguments->value("ms", std::int64_t{0});
    const MutexLock lock(mu_);
    delays_.emplace_back([this, ms, token = std::move(request.cancelled), done = std::move(done)] {
      const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
      std::stop_callback wake(token, [this] {
        const MutexLock wake_lock(wait_mu_);
        cancelled_.NotifyAll();
      });
      {
        const MutexLock wait_lock(wait_mu_);
        while (!token.stop_requested() && cancelled_.WaitUntil(wait_mu_, until)) {
        }
      }
      done({.json = R"({"slept":true})"});
    });
  }

  Mutex wait_mu_;
  CondVar cancelled_;
  Mutex mu_;
  std::list<std::jthread> delays_ GUARDED_BY(mu_);
};

int Serve() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t stops;
  sigemptyset(&stops);
  for (const int number : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&stops, number);
  ::pthread_sigmask(SIG_BLOCK, &stops, nullptr);
  const UniqueFd stop(::signalfd(-1, &stops, SFD_CLOEXEC));

  auto output = TakeStandardOutput();
  if (!output.ok()) return EXIT_FAILURE;
  std::puts("a stray print that must not reach the protocol");
  FixtureTools tools;
  const ServerInfo info = {.name = "fixture",
                           .title = "Fixture",
                           .version = "1.0.0",
                           .description = "For tests",
                           .website_url = "https://example.org/",
                           .instructions = "Call echo."};
  auto transport = StdioTransport::Open(
      {.output = std::move(output).value(), .stop = stop.get(), .session_id = "stdio"}, info,
      tools);
  if (!transport.ok()) return EXIT_FAILURE;
  transport.value()->Run();
  std::fflush(stdout);
  // Tools that still sleep are nobody's business any more.
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace
}  // namespace contextsync::mcp

int main() {
  return contextsync::mcp::Serve();
}
