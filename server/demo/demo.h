// Demo: a hub and two working agents as real processes, through an outage and a kill, with every
// promise checked.

#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/demo/child_process.h"
#include "server/demo/mcp_agent.h"
#include "server/demo/report.h"

namespace contextsync {

/// How the demo compares what two notebooks hold: the fingerprint of the notebook in a data
/// directory.
using Fingerprint = std::function<Result<std::string>(const std::filesystem::path& data_dir)>;

class Demo {
 public:
  struct Options {
    std::string program;              // this binary
    std::filesystem::path directory;  // empty and ours
    Fingerprint fingerprint;
  };

  Demo(Options options, Report& report);

  /// Plays all acts; an error ends it early. What did not hold is in the report.
  Status Run();

 private:
  Status StartHub();
  Status StartAgents();
  Status WorkTogether();
  Status ReadAsSecondAgent();
  Status WriteThroughOutage();
  Status KillAndRestart();
  Status ComeBack();
  Status Compare();
  void ShowLatencies();

  [[nodiscard]] McpAgent::Options AgentOptions(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> Environment() const;

  Status Update(McpAgent& agent, const std::string& what, const Json& data);
  Result<Json> StatusOf(McpAgent& agent);

  /// Asks for the status until `holds`, for at most `seconds`. Returns the last one.
  Result<Json> WaitFor(McpAgent& agent, int seconds, const std::function<bool(const Json&)>& holds);
  void ShowLight(const McpAgent& agent, const Json& status);

  const Options options_;
  Report& report_;
  std::string hub_url_;
  std::optional<ChildProcess> hub_;
  std::unique_ptr<McpAgent> alice_;
  std::unique_ptr<McpAgent> bob_;
  std::vector<double> write_milliseconds_;
  std::vector<double> read_milliseconds_;
  int acknowledged_ = 0;
};

}  // namespace contextsync
