#include "server/demo/mcp_agent.h"

#include "core/document/json.h"

namespace contextsync {

namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr auto kAnswerWait = seconds(10);
constexpr auto kStopWait = seconds(3);

}  // namespace

Status McpAgent::Start() {
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      auto process, ChildProcess::Start(options_.command, options_.environment, options_.log_file));
  process_ = std::move(process);
  const Json client = {{"name", name_}, {"version", "1"}};
  CONTEXTSYNC_ASSIGN_OR_RETURN([[maybe_unused]] const auto greeting,
                               Request("initialize", {{"protocolVersion", "2025-11-25"},
                                                      {"capabilities", Json::object()},
                                                      {"clientInfo", client}}));
  const Json initialized = {{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}};
  return process_->WriteLine(CompactText(initialized), steady_clock::now() + kAnswerWait);
}

Result<TimedAnswer> McpAgent::Call(const std::string& tool, const Json& arguments) {
  const auto started = steady_clock::now();
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto result,
                               Request("tools/call", {{"name", tool}, {"arguments", arguments}}));
  const std::chrono::duration<double, std::milli> took = steady_clock::now() - started;
  const auto envelope = result.find("structuredContent");
  if (envelope == result.end())
    return Error(ErrorCode::kInternal, "an answer without structured content");
  return TimedAnswer{std::move(*envelope), took.count()};
}

std::optional<int> McpAgent::Stop() {
  if (!process_) return std::nullopt;
  auto code = process_->Finish(steady_clock::now() + kStopWait);
  process_.reset();
  return code;
}

Result<Json> McpAgent::Request(const std::string& method, Json params) {
  if (!process_) return Error(ErrorCode::kUnavailable, name_ + " is not running");
  const auto deadline = steady_clock::now() + kAnswerWait;
  const int id = next_id_++;
  const Json request = {
      {"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
  CONTEXTSYNC_RETURN_IF_ERROR(process_->WriteLine(CompactText(request), deadline));
  while (true) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto line, process_->ReadLine(deadline));
    Json message = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!message.is_object() || message.value("id", Json()) != id) continue;
    const auto result = message.find("result");
    if (result == message.end()) return Error(ErrorCode::kInternal, method + " was refused");
    return std::move(*result);
  }
}

}  // namespace contextsync
