#include "server/clients/setup.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "tests/support/temp_dir.h"

namespace contextsync::setup_test {
namespace {

using std::filesystem::path;

class SetupTest : public testing::Test {
 protected:
  SetupTest() {
    std::filesystem::create_directories(home());
    std::filesystem::create_directories(project());
    variables_["HOME"] = home().string();
  }

  [[nodiscard]] path home() const { return directory_ / "home"; }
  [[nodiscard]] path project() const { return directory_ / "project"; }

  [[nodiscard]] SetupPlaces Places() const {
    return {.environment = [this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables_.find(name);
              return found == variables_.end() ? std::nullopt : std::optional(found->second);
            },
            .project = project(),
            .program = "/opt/bin/contextsync"};
  }

  std::vector<FileChange> Run(const SetupOptions& options) const {
    auto done = RunSetupPlan(options, Places());
    EXPECT_TRUE(done.ok()) << done.error().message();
    return done.ok() ? done.value() : std::vector<FileChange>();
  }

  static void Write(const path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  static std::string Read(const path& file) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }
  static Json ReadJson(const path& file) { return Json::parse(Read(file), nullptr, false, true); }

  TempDir directory_;
  std::map<std::string, std::string> variables_;
};

TEST_F(SetupTest, WritesEachClientsOwnFile) {
  const std::map<std::string, std::string> files = {
      {"claude", ".claude.json"},
      {"claude-desktop", ".config/Claude/claude_desktop_config.json"},
      {"cursor", ".cursor/mcp.json"},
      {"vscode", ".config/Code/User/mcp.json"},
      {"gemini", ".gemini/settings.json"},
      {"windsurf", ".codeium/windsurf/mcp_config.json"},
      {"zed", ".config/zed/settings.json"}};
  for (const auto& [client, file] : files) {
    Run({.client = client});
    const Json written = ReadJson(home() / file);
    const std::string key(FindClient(client)->top_key);
    ASSERT_TRUE(written.contains(key)) << client;
    const Json& entry = written[key]["contextsync"];
    EXPECT_EQ(entry["command"], "/opt/bin/contextsync") << client;
    EXPECT_EQ(entry["args"], Json::array({"serve"})) << client;
  }
}

TEST_F(SetupTest, WritesClaudeCodesForm) {
  Run({.client = "claude", .is_project = true});

  EXPECT_EQ(ReadJson(project() / ".mcp.json"), Json::parse(R"({"mcpServers":{"contextsync":{
    "type":"stdio","command":"contextsync","args":["serve"],
    "env":{"CONTEXTSYNC_AGENT":"${CONTEXTSYNC_AGENT:-claude-code}"},"alwaysLoad":true}}})"));
}

TEST_F(SetupTest, WritesZedsAndVsCodesForm) {
  Run({.client = "zed"});
  Run({.client = "vscode", .is_project = true});

  EXPECT_EQ(ReadJson(home() / ".config/zed/settings.json"),
            Json::parse(R"({"context_servers":{"contextsync":{
    "source":"custom","command":"/opt/bin/contextsync","args":["serve"],"env":{}}}})"));
  EXPECT_EQ(
      ReadJson(project() / ".vscode/mcp.json"),
      Json::parse(
          R"({"servers":{"contextsync":{"type":"stdio","command":"contextsync","args":["serve"]}}})"));
}

TEST_F(SetupTest, WritesCodexForm) {
  Run({.client = "codex"});

  EXPECT_EQ(Read(home() / ".codex/config.toml"),
            "[mcp_servers.contextsync]\ncommand = \"/opt/bin/contextsync\"\nargs = [\"serve\"]\n"
            "env_vars = [\"CONTEXTSYNC_TOKEN\"]\ndefault_tools_approval_mode = \"approve\"\n");
}

TEST_F(SetupTest, ASecondRunChangesNoByteOfAnyClient) {
  for (const ClientInfo& client : ClientTable()) {
    SetupOptions options{.client = std::string(client.name)};
    options.with_hooks = client.hook_form != HookForm::kNone;
    options.with_instructions = !client.user_instructions.path.empty();
    const auto first = Run(options);
    for (const FileChange& change : Run(options))
      EXPECT_EQ(change.change, "unchanged") << change.file;
    for (const FileChange& change : first)
      EXPECT_EQ(Read(change.file), change.after);
  }
}

TEST_F(SetupTest, RemovalRestoresEveryByteOfEveryClient) {
  for (const ClientInfo& client : ClientTable()) {
    SetupOptions options{.client = std::string(client.name)};
    options.with_hooks = client.hook_form != HookForm::kNone;
    const auto plan = PrintedSetup(options, Places());
    ASSERT_TRUE(plan.ok());
    std::map<std::string, std::string> before;
    for (const FileChange& file : plan.value()) {
      const bool is_toml = file.file.extension() == ".toml";
      before[file.file.string()] =
          is_toml ? "# mine\nmodel = 'x'   # y\n" : "{ // mine\n\t\"x\": [1,\n2],\n}";
    }
    for (const auto& [file, text] : before)
      Write(file, text);
    Run({.client = std::string(client.name)});
    Run(options);
    options.is_removal = true;
    Run(options);
    for (const auto& [file, text] : before) {
      EXPECT_EQ(Read(file), text) << file;
      EXPECT_FALSE(std::filesystem::exists(BackupOf(file))) << file;
    }
  }
}

TEST_F(SetupTest, RemovalDeletesWhatSetupCreated) {
  Run({.client = "gemini", .with_hooks = true, .with_instructions = true});

  const auto changes = Run({.client = "gemini", .is_removal = true});

  for (const FileChange& change : changes)
    EXPECT_EQ(change.change, "removed") << change.file;
  EXPECT_FALSE(std::filesystem::exists(home() / ".gemini/settings.json"));
  EXPECT_FALSE(std::filesystem::exists(home() / ".gemini/GEMINI.md"));
}

TEST_F(SetupTest, RemovalKeepsWhatTheUserChangedSince) {
  const path file = home() / ".cursor/mcp.json";
  Write(file, "{\n  \"mcpServers\": {\n    \"a\": {}\n  }\n}\n");
  Run({.client = "cursor"});
  std::string text = Read(file);
  text.insert(text.find("\"a\""), "\"b\": {}, // new\n    ");
  Write(file, text);

  Run({.client = "cursor", .is_removal = true});

  EXPECT_EQ(Read(file), "{\n  \"mcpServers\": {\n    \"b\": {}, // new\n    \"a\": {}\n  }\n}\n");
}

TEST_F(SetupTest, KeepsWhatTheUserAddedToOurEntry) {
  const path file = home() / ".cursor/mcp.json";
  Write(
      file,
      R"({"mcpServers":{"contextsync":{"command":"/old","args":["serve"],"env":{"CONTEXTSYNC_TASK":"t"}}}})");

  Run({.client = "cursor"});

  const Json entry = ReadJson(file)["mcpServers"]["contextsync"];
  EXPECT_EQ(entry["command"], "/opt/bin/contextsync");
  EXPECT_EQ(entry["env"]["CONTEXTSYNC_TASK"], "t");
}

TEST_F(SetupTest, KeepsACopyFromBeforeTheFirstTime) {
  const path file = home() / ".claude/settings.json";
  const std::string before = "{\"model\": \"x\"}";
  Write(file, before);

  Run({.client = "claude", .with_hooks = true});
  SetupPlaces moved = Places();
  moved.program = "/new/contextsync";
  ASSERT_TRUE(RunSetupPlan({.client = "claude", .with_hooks = true}, moved).ok());

  EXPECT_EQ(Read(BackupOf(file)), before);
  EXPECT_EQ(ReadJson(file)["hooks"]["Stop"].size(), 1U);
  EXPECT_EQ(ReadJson(file)["hooks"]["Stop"][0]["hooks"][0]["command"], "/new/contextsync");
}

TEST_F(SetupTest, RefusesAFileItCannotReadAndTouchesNone) {
  const path hooks = home() / ".claude/settings.json";
  Write(hooks, "{ not json");

  const auto done = RunSetupPlan({.client = "claude", .with_hooks = true}, Places());

  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code(), ErrorCode::kCorruption);
  EXPECT_NE(done.error().message().find("nothing was changed"), std::string::npos);
  EXPECT_EQ(Read(hooks), "{ not json");
  EXPECT_FALSE(std::filesystem::exists(home() / ".claude.json"));
}

TEST_F(SetupTest, FollowsALinkAndKeepsTheMode) {
  const path real = directory_ / "dotfiles/mcp.json";
  Write(real, "{}");
  ASSERT_EQ(chmod(real.c_str(), 0640), 0);
  std::filesystem::create_directories(home() / ".cursor");
  std::filesystem::create_symlink(real, home() / ".cursor/mcp.json");

  Run({.client = "cursor"});

  EXPECT_TRUE(std::filesystem::is_symlink(home() / ".cursor/mcp.json"));
  EXPECT_TRUE(ReadJson(real).contains("mcpServers"));
  struct stat info {};
  ASSERT_EQ(stat(real.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0640U);
}

TEST_F(SetupTest, ADryRunWritesNothing) {
  const auto changes = Run({.client = "codex", .with_hooks = true, .is_dry_run = true});

  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].change, "created");
  EXPECT_TRUE(std::filesystem::is_empty(home()));
}

TEST_F(SetupTest, AProjectFileNamesNoPathHubOrToken) {
  for (const ClientInfo& client : ClientTable()) {
    if (client.project_file.empty()) continue;
    SetupOptions options{.client = std::string(client.name), .is_project = true};
    options.with_hooks = client.hook_form != HookForm::kNone;
    for (const FileChange& change : Run(options)) {
      EXPECT_EQ(change.after.find("/opt"), std::string::npos) << change.file;
      EXPECT_EQ(change.after.find("CONTEXTSYNC_HUB"), std::string::npos) << change.file;
      EXPECT_EQ(change.after.find("Bearer"), std::string::npos) << change.file;
    }
  }
}

TEST_F(SetupTest, KeepsTheHooksOfOthers) {
  const path file = home() / ".claude/settings.json";
  Write(file,
        R"({"hooks":{"Stop":[{"hooks":[{"type":"command","command":"say done"}]}],"Other":[]}})");

  Run({.client = "claude", .with_hooks = true});
  EXPECT_EQ(ReadJson(file)["hooks"]["Stop"].size(), 2U);
  std::filesystem::remove(BackupOf(file));
  Run({.client = "claude", .is_removal = true});

  EXPECT_EQ(
      ReadJson(file),
      Json::parse(
          R"({"hooks":{"Stop":[{"hooks":[{"type":"command","command":"say done"}]}],"Other":[]}})"));
}

TEST_F(SetupTest, WritesHooksInEachClientsForm) {
  for (const char* client : {"claude", "codex", "cursor", "gemini"})
    Run({.client = client, .with_hooks = true});

  const Json claude = ReadJson(home() / ".claude/settings.json")["hooks"]["SessionStart"][0];
  EXPECT_EQ(claude["matcher"], "startup|resume|clear|compact|fork");
  EXPECT_EQ(claude["hooks"][0], Json::parse(R"({"type":"command","command":"/opt/bin/contextsync",
    "args":["hook","claude"],"timeout":5})"));
  EXPECT_EQ(ReadJson(home() / ".codex/hooks.json")["hooks"]["Stop"][0]["hooks"][0]["command"],
            "/opt/bin/contextsync hook codex");
  const Json cursor = ReadJson(home() / ".cursor/hooks.json");
  EXPECT_EQ(cursor["version"], 1);
  EXPECT_EQ(cursor["hooks"]["afterFileEdit"][0],
            Json::parse(R"({"command":"/opt/bin/contextsync hook cursor"})"));
  EXPECT_EQ(
      ReadJson(home() / ".gemini/settings.json")["hooks"]["AfterTool"][0]["hooks"][0]["timeout"],
      3000);
}

TEST_F(SetupTest, RefusesWhatAClientDoesNotHave) {
  for (const SetupOptions& options :
       {SetupOptions{.client = "emacs"}, SetupOptions{.client = "zed", .is_project = true},
        SetupOptions{.client = "vscode", .with_hooks = true},
        SetupOptions{.client = "cursor", .with_instructions = true}}) {
    const auto done = RunSetupPlan(options, Places());
    ASSERT_FALSE(done.ok()) << options.client;
    EXPECT_EQ(done.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST_F(SetupTest, PutsInstructionsBetweenMarkers) {
  Write(project() / "AGENTS.md", "# Ours\nText\n");
  const SetupOptions options{.client = "codex", .is_project = true, .with_instructions = true};

  Run(options);
  const std::string text = Read(project() / "AGENTS.md");
  EXPECT_TRUE(text.starts_with("# Ours\nText\n\n<!-- contextsync:begin -->\n")) << text;
  Write(project() / "AGENTS.md", text + "More\n");
  Run({.client = "codex", .is_project = true, .is_removal = true});

  EXPECT_EQ(Read(project() / "AGENTS.md"), "# Ours\nText\nMore\n");
}

TEST_F(SetupTest, SetsAStatusLineAndTakesItOutAgain) {
  const path file = home() / ".claude/settings.json";
  Write(file, R"({"model":"opus"})");
  const SetupOptions options{.client = "claude", .with_hooks = true, .with_statusline = true};

  Run(options);
  EXPECT_EQ(ReadJson(file)["statusLine"],
            Json({{"type", "command"}, {"command", "/opt/bin/contextsync status --statusline"}}));
  EXPECT_TRUE(ReadJson(file).contains("hooks"));
  EXPECT_EQ(Run(options).back().change, "unchanged");
  Run({.client = "claude", .is_removal = true});

  EXPECT_EQ(Read(file), R"({"model":"opus"})");
}

TEST_F(SetupTest, LeavesAnotherStatusLineAlone) {
  const path file = home() / ".claude/settings.json";
  const std::string theirs = R"({"statusLine":{"type":"command","command":"~/line.sh"}})";
  Write(file, theirs);

  const auto refused = RunSetupPlan({.client = "claude", .with_statusline = true}, Places());
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("leave out --with-statusline"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(home() / ".claude.json")) << "nothing was changed";

  Run({.client = "claude"});
  Run({.client = "claude", .is_removal = true});
  EXPECT_EQ(Read(file), theirs);
  EXPECT_FALSE(RunSetupPlan({.client = "zed", .with_statusline = true}, Places()).ok());
}

TEST_F(SetupTest, FindsFilesWhereAClientWasToldToKeepThem) {
  variables_["CLAUDE_CONFIG_DIR"] = directory_ / "claude";
  variables_["CODEX_HOME"] = directory_ / "codex";
  variables_["XDG_CONFIG_HOME"] = directory_ / "config";
  for (const char* client : {"claude", "codex", "zed"})
    Run({.client = client});

  EXPECT_TRUE(std::filesystem::exists(directory_ / "claude/.claude.json"));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "codex/config.toml"));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "config/zed/settings.json"));
}

}  // namespace
}  // namespace contextsync::setup_test
