#include "server/config/settings.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/temp_tree.h"

namespace contextsync::settings_test {
namespace {

namespace fs = std::filesystem;

/// A home directory, a working directory and an environment of their own.
class SettingsTest : public testing::Test {
 protected:
  SettingsTest() {
    fs::create_directories(tree_.root() / "work");
    variables_["HOME"] = (tree_.root() / "home").string();
  }

  void WriteUserConfig(std::string_view text) {
    tree_.Write("home/.config/contextsync/config.toml", text);
  }

  [[nodiscard]] SettingsSources Sources() const {
    return {.flags = flags_,
            .environment = [this](const std::string& name) -> std::optional<std::string> {
              const auto found = variables_.find(name);
              return found == variables_.end() ? std::nullopt : std::optional(found->second);
            },
            .working_directory = tree_.root() / "work"};
  }
  [[nodiscard]] Settings Load() const {
    auto settings = LoadSettings(Sources());
    EXPECT_TRUE(settings.ok()) << settings.error().message();
    return settings.ok() ? std::move(settings).value() : Settings();
  }
  [[nodiscard]] std::string Refusal() const {
    const auto settings = LoadSettings(Sources());
    EXPECT_FALSE(settings.ok()) << "was accepted";
    return settings.ok() ? "" : settings.error().message();
  }
  [[nodiscard]] std::string HubRefusal() const {
    const auto settings = LoadHubSettings(Sources());
    EXPECT_FALSE(settings.ok()) << "was accepted";
    return settings.ok() ? "" : settings.error().message();
  }

  TempTree tree_;
  FlagValues flags_;
  std::map<std::string, std::string> variables_;
};

testing::Matcher<std::string> Mentions(const std::string& text) {
  return testing::HasSubstr(text);
}

TEST_F(SettingsTest, WorksWithoutAnyConfiguration) {
  const Settings settings = Load();

  EXPECT_EQ(settings.data_dir, tree_.root() / "home/.local/share/contextsync");
  EXPECT_EQ(settings.hub, "");
  EXPECT_EQ(settings.workspace, WorkspaceId("default"));
  EXPECT_EQ(settings.agent, "");
  EXPECT_EQ(settings.token, "");
  EXPECT_EQ(settings.task, "");
  EXPECT_EQ(settings.log_level, LogLevel::kWarning);
  EXPECT_TRUE(settings.warnings.empty());
}

TEST_F(SettingsTest, FlagBeatsEnvironmentBeatsRepositoryBeatsFileBeatsDefault) {
  EXPECT_EQ(Load().shown.at("workspace").origin, Origin::kDefault);

  WriteUserConfig("workspace = \"from-file\"\n");
  EXPECT_EQ(Load().workspace, WorkspaceId("from-file"));

  tree_.Write("work/.contextsync.toml", "workspace = \"from-repository\"\n");
  EXPECT_EQ(Load().workspace, WorkspaceId("from-repository"));

  variables_["CONTEXTSYNC_WORKSPACE"] = "from-environment";
  EXPECT_EQ(Load().workspace, WorkspaceId("from-environment"));

  flags_["workspace"] = "from-flag";
  EXPECT_EQ(Load().workspace, WorkspaceId("from-flag"));
}

TEST_F(SettingsTest, EveryValueTellsItsOrigin) {
  WriteUserConfig("# mine\nagent = \"alice\"\n");
  variables_["CONTEXTSYNC_HUB"] = "https://hub.example.com/";
  flags_["log_level"] = "debug";

  const auto shown = Load().shown;

  EXPECT_EQ(shown.at("agent").origin, Origin::kFile);
  EXPECT_THAT(shown.at("agent").source, Mentions("config.toml line 2"));
  EXPECT_EQ(shown.at("hub").source, "CONTEXTSYNC_HUB");
  EXPECT_EQ(shown.at("log_level").source, "--log-level");
  EXPECT_EQ(ToString(shown.at("workspace").origin), "default");
}

TEST_F(SettingsTest, EmptyVariablesCountAsUnset) {
  variables_["CONTEXTSYNC_HUB"] = "";
  variables_["CONTEXTSYNC_WORKSPACE"] = "";
  variables_["XDG_DATA_HOME"] = "";

  const Settings settings = Load();

  EXPECT_EQ(settings.hub, "");
  EXPECT_EQ(settings.workspace, WorkspaceId("default"));
  EXPECT_EQ(settings.data_dir, tree_.root() / "home/.local/share/contextsync");
}

TEST_F(SettingsTest, FollowsTheXdgDirectories) {
  variables_["XDG_DATA_HOME"] = (tree_.root() / "data").string();
  variables_["XDG_CONFIG_HOME"] = (tree_.root() / "conf").string();
  tree_.Write("conf/contextsync/config.toml", "agent = \"bob\"\n");

  EXPECT_EQ(Load().data_dir, tree_.root() / "data/contextsync");
  EXPECT_EQ(Load().agent, "bob");
}

TEST_F(SettingsTest, IgnoresRelativeXdgDirectories) {
  variables_["XDG_DATA_HOME"] = "relative";

  EXPECT_EQ(Load().data_dir, tree_.root() / "home/.local/share/contextsync");
}

TEST_F(SettingsTest, WorksWithoutHomeInTheEnvironment) {
  variables_.erase("HOME");
  flags_["data_dir"] = "/data";

  EXPECT_EQ(Load().data_dir, "/data");
}

TEST_F(SettingsTest, PathsAreMadeAbsolute) {
  flags_["data_dir"] = "../notes/";
  EXPECT_EQ(Load().data_dir, tree_.root() / "notes/");

  flags_["data_dir"] = "~/notes";
  EXPECT_EQ(Load().data_dir, tree_.root() / "home/notes");
  EXPECT_EQ(Load().shown.at("data_dir").value, (tree_.root() / "home/notes").string());
}

TEST_F(SettingsTest, ARefusalNamesSettingOriginAndRemedy) {
  variables_["CONTEXTSYNC_WORKSPACE"] = "a/b";

  const std::string message = Refusal();

  EXPECT_THAT(message, Mentions("workspace (CONTEXTSYNC_WORKSPACE): 'a/b'"));
  EXPECT_THAT(message, Mentions("use 1 to 128 of"));
}

TEST_F(SettingsTest, WorkspaceNamesAreUrlSafe) {
  flags_["workspace"] = std::string(128, 'a');
  EXPECT_EQ(Load().workspace.value.size(), 128U);
  for (const std::string& name : {std::string(129, 'a'), std::string("a b"), std::string("ä"),
                                  std::string("../x"), std::string()}) {
    flags_["workspace"] = name;
    EXPECT_THAT(Refusal(), Mentions("workspace (--workspace)")) << name;
  }
}

TEST_F(SettingsTest, RefusesPlainHttpUnlessAllowed) {
  flags_["hub"] = "http://hub:8787";
  EXPECT_THAT(Refusal(), Mentions("hub (--hub): would send token"));

  variables_["CONTEXTSYNC_ALLOW_PLAIN_HTTP"] = "1";
  EXPECT_EQ(Load().hub, "http://hub:8787");

  variables_["CONTEXTSYNC_ALLOW_PLAIN_HTTP"] = "yes please";
  EXPECT_THAT(Refusal(), Mentions("allow_plain_http (CONTEXTSYNC_ALLOW_PLAIN_HTTP)"));
}

TEST_F(SettingsTest, ReadsTheTokenFromItsFile) {
  flags_["token_file"] = tree_.Write("token", "cs_secret\n").string();

  EXPECT_EQ(Load().token, "cs_secret");
}

TEST_F(SettingsTest, TheHigherOriginOfTheTokenWins) {
  WriteUserConfig("token_file = \"" + tree_.Write("token", "of-file").string() + "\"\n");
  EXPECT_EQ(Load().token, "of-file");

  variables_["CONTEXTSYNC_TOKEN"] = "of-environment";
  EXPECT_EQ(Load().token, "of-environment");

  flags_["token_file"] = tree_.Write("flag-token", "of-flag").string();
  EXPECT_EQ(Load().token, "of-flag");
}

TEST_F(SettingsTest, RefusesATokenFileOthersCanRead) {
  const fs::path file = tree_.Write("token", "cs_secret");
  flags_["token_file"] = file.string();
  for (const fs::perms perms :
       {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write}) {
    fs::permissions(file, fs::perms::owner_read | perms);
    EXPECT_THAT(Refusal(), Mentions("run: chmod 600 " + file.string()));
  }
}

TEST_F(SettingsTest, RefusesATokenThatIsMissingOrNoToken) {
  flags_["token_file"] = "nowhere";
  EXPECT_THAT(Refusal(), Mentions("token_file (--token-file)"));
  for (const char* text : {"", "\n", "two words", "line\nbreak", "ümlaut"}) {
    flags_["token_file"] = tree_.Write("token", text).string();
    EXPECT_THAT(Refusal(), Mentions("is no token")) << text;
  }
}

TEST_F(SettingsTest, NeverShowsTheToken) {
  variables_["CONTEXTSYNC_TOKEN"] = "canary-secret";
  EXPECT_EQ(Load().shown.at("token").value, "***");

  variables_["CONTEXTSYNC_TOKEN"] = "canary secret";
  EXPECT_THAT(Refusal(), testing::Not(Mentions("canary")));
}

TEST_F(SettingsTest, RefusesUnknownLogLevelsAgentsAndTasks) {
  flags_["log_level"] = "loud";
  EXPECT_THAT(Refusal(), Mentions("log_level (--log-level): 'loud' is none of debug"));

  flags_ = {{"agent", "a\nb"}};
  EXPECT_THAT(Refusal(), Mentions("agent (--agent)"));

  flags_.clear();
  variables_["CONTEXTSYNC_TASK"] = std::string(201, 't');
  EXPECT_THAT(Refusal(), Mentions("task (CONTEXTSYNC_TASK)"));
}

TEST_F(SettingsTest, RefusesAConfigFileItDoesNotUnderstand) {
  WriteUserConfig("workspace = \"a\nagent = 1\n");
  EXPECT_THAT(Refusal(), Mentions("config.toml line 1"));

  WriteUserConfig("\nhubb = \"https://h\"\n");
  EXPECT_THAT(Refusal(), Mentions("config.toml line 2: there is no setting 'hubb'"));

  WriteUserConfig("workspace = 7\n");
  EXPECT_THAT(Refusal(), Mentions("workspace must be a text in quotes"));

  WriteUserConfig("allow_plain_http = \"true\"\n");
  EXPECT_THAT(Refusal(), Mentions("allow_plain_http must be true or false"));

  WriteUserConfig(std::string(100'000, '#'));
  EXPECT_THAT(Refusal(), Mentions("longer than"));
}

TEST_F(SettingsTest, TheTokenItselfIsNoLineOfTheConfigFile) {
  WriteUserConfig("token = \"cs_secret\"\n");

  EXPECT_THAT(Refusal(), Mentions("there is no setting 'token'"));
}

TEST_F(SettingsTest, ARepositoryMayOnlyNameAWorkspace) {
  tree_.Write("work/.contextsync.toml",
              "hub = \"https://evil.test\"\nworkspace = \"team\"\ntoken_file = \"/x\"\n");

  const Settings settings = Load();

  EXPECT_EQ(settings.workspace, WorkspaceId("team"));
  EXPECT_EQ(settings.hub, "");
  ASSERT_EQ(settings.warnings.size(), 2U);
  EXPECT_THAT(settings.warnings[0],
              Mentions("line 1: ignored; a file inside a repository may only say workspace"));
}

TEST_F(SettingsTest, ADamagedRepositoryFileIsToldAndIgnored) {
  for (const char* text : {"workspace = [\n", "[}x]\n", "[\x03]\n", "[\"a\nb\"]\n"}) {
    tree_.Write("work/.contextsync.toml", text);
    EXPECT_THAT(Load().warnings, testing::SizeIs(1)) << text;
  }
  tree_.Write("work/.contextsync.toml", "workspace = [\n");

  const Settings settings = Load();

  EXPECT_EQ(settings.workspace, WorkspaceId("default"));
  ASSERT_EQ(settings.warnings.size(), 1U);
  EXPECT_THAT(settings.warnings[0], Mentions("the file is ignored"));
}

TEST_F(SettingsTest, FindsTheRepositoryFileFromADirectoryBelow) {
  tree_.Write("work/.git/HEAD", "ref: refs/heads/main\n");
  tree_.Write("work/.contextsync.toml", "workspace = \"team\"\n");
  fs::create_directories(tree_.root() / "work/src");
  SettingsSources sources = Sources();
  sources.working_directory = tree_.root() / "work/src";

  EXPECT_EQ(LoadSettings(sources).value().workspace, WorkspaceId("team"));
}

TEST_F(SettingsTest, TheClientMayNameAnotherDirectoryForTheProject) {
  tree_.Write("elsewhere/.contextsync.toml", "workspace = \"team\"\n");
  variables_["CLAUDE_PROJECT_DIR"] = (tree_.root() / "elsewhere").string();
  EXPECT_EQ(Load().workspace, WorkspaceId("team"));

  for (const std::string odd : {"elsewhere", "/no/such/directory", ""}) {
    variables_["CLAUDE_PROJECT_DIR"] = odd;
    EXPECT_EQ(ProjectDirectory(Sources().environment, tree_.root()), tree_.root()) << odd;
  }
}

TEST_F(SettingsTest, AHubHasItsOwnDefaults) {
  const HubSettings settings = LoadHubSettings(Sources()).value();

  EXPECT_EQ(settings.address, "127.0.0.1");
  EXPECT_EQ(settings.port, 8787);
  EXPECT_EQ(settings.data_dir, tree_.root() / "home/.local/share/contextsync/hub");
  EXPECT_FALSE(settings.no_auth);
  EXPECT_EQ(settings.shown.count("workspace"), 0U);
}

TEST_F(SettingsTest, AHubReadsItsTableOfTheConfigFile) {
  WriteUserConfig("[hub_server]\nlisten = \"[::1]:0\"\ndata_dir = \"/srv/hub\"\n");

  const HubSettings settings = LoadHubSettings(Sources()).value();

  EXPECT_EQ(settings.address, "::1");
  EXPECT_EQ(settings.port, 0);
  EXPECT_EQ(settings.data_dir, "/srv/hub");
}

TEST_F(SettingsTest, AHubWithoutTokensStaysOnLoopback) {
  flags_ = {{"no_auth", "true"}, {"listen", "127.0.0.1:0"}};
  EXPECT_TRUE(LoadHubSettings(Sources()).value().no_auth);

  flags_["listen"] = "0.0.0.0:8787";
  EXPECT_THAT(HubRefusal(),
              Mentions("no_auth (--no-auth): a hub without tokens listens on loopback only"));
}

TEST_F(SettingsTest, AHubKnowsTheNamesItIsCalledBy) {
  variables_["CONTEXTSYNC_HUB_ALLOWED_HOSTS"] = "Hub.Example.com,hub";
  EXPECT_THAT(LoadHubSettings(Sources()).value().allowed_hosts,
              testing::ElementsAre("hub.example.com", "hub"));

  for (const char* text : {"hub:8787", "a b", "hub,,x", "https://hub", "hub/path", "u@hub"}) {
    variables_["CONTEXTSYNC_HUB_ALLOWED_HOSTS"] = text;
    EXPECT_THAT(HubRefusal(), Mentions("allowed_hosts (CONTEXTSYNC_HUB_ALLOWED_HOSTS)")) << text;
  }
}

TEST_F(SettingsTest, AHubKeepsChangesForAsManyDaysAsItIsTold) {
  EXPECT_EQ(LoadHubSettings(Sources()).value().keep_feed, std::chrono::hours(24 * 90));
  variables_["CONTEXTSYNC_HUB_KEEP_DAYS"] = "7";
  EXPECT_EQ(LoadHubSettings(Sources()).value().keep_feed, std::chrono::hours(24 * 7));

  for (const char* text : {"0", "-1", "1.5", "7d", "36501"}) {
    variables_["CONTEXTSYNC_HUB_KEEP_DAYS"] = text;
    EXPECT_THAT(HubRefusal(), Mentions("keep_days (CONTEXTSYNC_HUB_KEEP_DAYS)")) << text;
  }
}

TEST_F(SettingsTest, RefusesABadListenAddress) {
  variables_["CONTEXTSYNC_HUB_LISTEN"] = "8787";

  EXPECT_THAT(HubRefusal(),
              Mentions("listen (CONTEXTSYNC_HUB_LISTEN): must have the form ADDRESS:PORT"));
}

TEST(FieldTableTest, NamesAreUniqueWithinARole) {
  for (const ProgramRole role : {ProgramRole::kNotebook, ProgramRole::kHub}) {
    std::set<std::string_view> flags;
    for (const Field& field : FieldTable()) {
      if (field.flag.empty() || (field.role != role && field.role != ProgramRole::kBoth)) continue;
      EXPECT_TRUE(flags.insert(field.flag).second) << field.flag;
    }
  }
  std::set<std::string_view> names;
  for (const Field& field : FieldTable()) {
    EXPECT_TRUE(names.insert(field.key).second) << field.key;
    EXPECT_TRUE(field.environment.empty() || names.insert(field.environment).second)
        << field.environment;
    EXPECT_FALSE(field.meaning.empty());
  }
}

}  // namespace
}  // namespace contextsync::settings_test
