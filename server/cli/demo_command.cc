#include "server/cli/demo_command.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/document/json.h"
#include "server/cli/command_line.h"
#include "server/demo/demo.h"
#include "server/demo/report.h"
#include "server/upkeep/store_verify.h"

namespace contextsync {

namespace {

namespace fs = std::filesystem;

/// A directory of our own under the system's temporary one; gone with this object unless kept.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::error_code error;
    auto path = (fs::temp_directory_path(error) / "contextsync-demo-XXXXXX").string();
    if (!error && ::mkdtemp(path.data()) != nullptr) path_ = path;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty() && !is_kept_) fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }
  void Keep() { is_kept_ = true; }

 private:
  fs::path path_;
  bool is_kept_ = false;
};

Result<std::string> FingerprintOf(const fs::path& data_dir) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto check, VerifyNotebook(data_dir, WorkspaceId("demo")));
  return check.workspaces.front().state_hash;
}

void ShowHowToConnect(const std::string& program) {
  const std::string server =
      R"({"contextsync":{"type":"stdio","command":")" + program + R"(","args":["serve"]}})";
  const std::string text =
      "\nConnect your own agent\n  Claude Code  claude mcp add contextsync -- " + program +
      " serve\n  Others       {\"mcpServers\":" + server +
      "}\n  VS Code      {\"servers\":" + server +
      "}\n  Codex        [mcp_servers.contextsync]\n               command = \"" + program +
      "\"\n               args = [\"serve\"]\nShare it\n  " + program +
      " hub --no-auth     on this machine; with tokens, for others: docs/operations.md\n"
      "  and add --hub http://127.0.0.1:8787 to the arguments above\n";
  std::fputs(text.c_str(), stdout);
}

}  // namespace

int RunDemo(bool json) {
  TemporaryDirectory directory;
  std::error_code error;
  const auto program = fs::read_symlink("/proc/self/exe", error).string();
  if (directory.path().empty() || error) {
    static_cast<void>(
        std::fprintf(stderr, "contextsync: demo needs a temporary directory and /proc\n"));
    return kExitUnavailable;
  }
  const bool colour = !json && ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  Report report(json, colour);
  const auto status = Demo({program, directory.path(), FingerprintOf}, report).Run();
  if (!status.ok()) report.Check("the demo ran to its end", false, status.error().message());
  if (!report.all_ok()) {
    directory.Keep();
    static_cast<void>(std::fprintf(stderr, "contextsync: logs and notebooks are kept in %s\n",
                                   directory.path().c_str()));
  }
  if (json) {
    std::printf("%s\n", CompactText(report.ToJson()).c_str());
  } else {
    ShowHowToConnect(program);
  }
  return report.all_ok() ? kExitDone : kExitFailed;
}

}  // namespace contextsync
