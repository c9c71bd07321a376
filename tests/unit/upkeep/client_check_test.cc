#include "server/upkeep/client_check.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "server/clients/client_survey.h"
#include "server/clients/setup.h"
#include "tests/support/temp_dir.h"

namespace contextsync::client_check_test {
namespace {

using std::filesystem::path;

class ClientCheckTest : public testing::Test {
 protected:
  ClientCheckTest() {
    MakeProgram(program());
    variables_["HOME"] = directory_ / "home";
    variables_["PATH"] = directory_ / "bin";
  }

  [[nodiscard]] path program() const { return directory_ / "bin/contextsync"; }

  [[nodiscard]] SetupPlaces Places() const {
    return {.environment = [this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables_.find(name);
              return found == variables_.end() ? std::nullopt : std::optional(found->second);
            },
            .project = directory_ / "project",
            .program = program()};
  }

  void SetUpClient(const SetupOptions& options) const {
    ASSERT_TRUE(RunSetupPlan(options, Places()).ok());
  }

  static void Write(const path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  static void MakeProgram(const path& file) {
    Write(file, "#!/bin/sh\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }

  TempDir directory_;
  std::map<std::string, std::string> variables_;
};

TEST_F(ClientCheckTest, WhereNothingIsSetUpAllIsWell) {
  Write(directory_ / "home/.cursor/mcp.json", R"({"mcpServers":{"other":{"command":"x"}}})");

  EXPECT_TRUE(SurveyClients(Places()).empty());
  EXPECT_EQ(CheckClients(Places()).state, CheckState::kOk);
}

TEST_F(ClientCheckTest, FindsEachClientWithItsHooks) {
  for (const ClientInfo& client : ClientTable()) {
    SetUpClient(
        {.client = std::string(client.name), .with_hooks = client.hook_form != HookForm::kNone});
  }

  const auto findings = SurveyClients(Places());
  ASSERT_EQ(findings.size(), ClientTable().size());
  for (const ClientFinding& finding : findings) {
    EXPECT_TRUE(finding.is_this_program) << finding.client->name << " " << finding.command;
    EXPECT_EQ(finding.has_hooks, finding.client->hook_form != HookForm::kNone)
        << finding.client->name;
  }
  const DoctorCheck check = CheckClients(Places());
  EXPECT_EQ(check.state, CheckState::kOk);
  EXPECT_TRUE(check.message.starts_with("Claude Code with hooks, Claude Desktop, "))
      << check.message;
}

TEST_F(ClientCheckTest, AProjectsEntryIsLookedUpInThePath) {
  SetUpClient({.client = "codex", .is_project = true});
  EXPECT_EQ(CheckClients(Places()).message, "Codex in this project");

  std::filesystem::remove(program());
  const DoctorCheck check = CheckClients(Places());
  EXPECT_EQ(check.state, CheckState::kWarn);
  EXPECT_EQ(check.message, "Codex in this project starts 'contextsync', which is not there");
  EXPECT_EQ(check.remedy, "To mend it: run `contextsync setup codex --project`.");
}

TEST_F(ClientCheckTest, AnotherProgramIsNamed) {
  MakeProgram(directory_ / "old/contextsync");
  SetupPlaces old = Places();
  old.program = directory_ / "old/contextsync";
  ASSERT_TRUE(RunSetupPlan({.client = "cursor"}, old).ok());

  const DoctorCheck check = CheckClients(Places());
  EXPECT_EQ(check.state, CheckState::kOk);
  EXPECT_EQ(check.message, "Cursor (starts another program: " + old.program.string() + ")");
}

TEST_F(ClientCheckTest, AFileThatIsNotUnderstoodIsTold) {
  Write(directory_ / "home/.gemini/settings.json", R"({"mcpServers":{"contextsync":)");
  Write(directory_ / "home/.cursor/mcp.json", "{ nothing of ours");
  SetUpClient({.client = "zed"});

  const DoctorCheck check = CheckClients(Places());
  EXPECT_EQ(check.state, CheckState::kWarn);
  EXPECT_NE(check.message.find("settings.json is not understood: "), std::string::npos);
  EXPECT_TRUE(check.message.ends_with("; well: Zed")) << check.message;
  EXPECT_EQ(check.remedy, "To mend it: mend that file.");
}

}  // namespace
}  // namespace contextsync::client_check_test
