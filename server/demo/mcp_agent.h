// McpAgent: an MCP client with one `contextsync serve` behind it, as a coding agent would have.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "server/demo/child_process.h"

namespace contextsync {

using Json = nlohmann::json;

struct TimedAnswer {
  Json envelope;
  double milliseconds = 0;
};

/// Thread-safety: one thread.
class McpAgent {
 public:
  struct Options {
    std::vector<std::string> command;
    std::vector<std::string> environment;
    std::string log_file;
  };

  McpAgent(std::string name, Options options)
      : name_(std::move(name)), options_(std::move(options)) {}

  /// Starts the server, and shakes hands.
  Status Start();

  /// The answer of a tool, whether it succeeded or not.
  Result<TimedAnswer> Call(const std::string& tool, const Json& arguments);

  void Kill() { process_.reset(); }
  std::optional<int> Stop();

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  Result<Json> Request(const std::string& method, Json params);

  const std::string name_;
  const Options options_;
  std::optional<ChildProcess> process_;
  int next_id_ = 1;
};

}  // namespace contextsync
