#include "server/config/git_identity.h"

#include <sys/stat.h>

#include <string>

#include <gtest/gtest.h>

#include "core/base/hash.h"
#include "tests/unit/config/temp_tree.h"

namespace contextsync::git_identity_test {
namespace {

namespace fs = std::filesystem;

struct RemoteCase {
  const char* url;
  const char* id;
};

class NormaliseRemoteTest : public testing::TestWithParam<RemoteCase> {};

TEST_P(NormaliseRemoteTest, GivesOneIdPerRepository) {
  EXPECT_EQ(NormaliseRemote(GetParam().url), GetParam().id);
}

INSTANTIATE_TEST_SUITE_P(
    All, NormaliseRemoteTest,
    testing::Values(
        RemoteCase{"https://github.com/acme/app", "github.com/acme/app"},
        RemoteCase{"https://github.com/acme/app.git", "github.com/acme/app"},
        RemoteCase{"https://github.com/acme/app.git/", "github.com/acme/app"},
        RemoteCase{"https://user:secret@GitHub.com:443/acme/App.git", "github.com/acme/App"},
        RemoteCase{"https://github.com/acme/app?token=secret", "github.com/acme/app"},
        RemoteCase{"git@github.com:acme/app.git", "github.com/acme/app"},
        RemoteCase{"github.com:/acme/app.git", "github.com/acme/app"},
        RemoteCase{"ssh://git@github.com/acme/app.git", "github.com/acme/app"},
        RemoteCase{"ssh://git@github.com:22/acme/app.git", "github.com/acme/app"},
        RemoteCase{"ssh://git@git.acme.test:7999/acme/app", "git.acme.test:7999/acme/app"},
        RemoteCase{"git://host//a///b.git", "host/a/b"},
        RemoteCase{"[::1]:acme/app.git", "[::1]/acme/app"},
        RemoteCase{"/srv/git/app.git", "srv/git/app"},
        RemoteCase{"file:///srv/git/app.git", "srv/git/app"},
        // Relative places differ from clone to clone, so they name nothing.
        RemoteCase{"../app.git", ""}, RemoteCase{"./a:b", ""}, RemoteCase{"app", ""},
        RemoteCase{"", ""}, RemoteCase{"https://github.com", ""}, RemoteCase{":x", ""}));

class GitIdentityTest : public testing::Test {
 protected:
  void MakeRepository(const std::string& config,
                      const std::string& head = "ref: refs/heads/main\n") {
    tree_.Write("app/.git/HEAD", head);
    tree_.Write("app/.git/config", config);
  }
  [[nodiscard]] fs::path app() const { return tree_.root() / "app"; }

  TempTree tree_;
};

TEST_F(GitIdentityTest, NamesTheRemoteAndTheBranch) {
  MakeRepository(
      "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = git@github.com:acme/app.git\n");

  const GitIdentity identity = ReadGitIdentity(app());

  EXPECT_EQ(identity.project, "github.com/acme/app");
  EXPECT_EQ(identity.branch, "main");
}

TEST_F(GitIdentityTest, IsTheSameInEveryDirectoryBelow) {
  MakeRepository("[remote \"origin\"]\nurl = https://github.com/acme/app\n");
  fs::create_directories(app() / "src/deep");

  EXPECT_EQ(ReadGitIdentity(app() / "src/deep"), ReadGitIdentity(app()));
}

TEST_F(GitIdentityTest, KeepsSlashesInABranchName) {
  MakeRepository("", "ref: refs/heads/feature/jwt\n");

  EXPECT_EQ(ReadGitIdentity(app()).branch, "feature/jwt");
}

TEST_F(GitIdentityTest, ADetachedHeadIsTheDefaultBranch) {
  MakeRepository("", "2f1a7d6c0e9b8a7f6e5d4c3b2a19080706050403\n");

  EXPECT_EQ(ReadGitIdentity(app()).branch, "default");
}

TEST_F(GitIdentityTest, WithoutGitEverythingIsDefault) {
  EXPECT_EQ(ReadGitIdentity(tree_.root()), GitIdentity());
  EXPECT_EQ(ReadGitIdentity(tree_.root() / "missing"), GitIdentity());
}

TEST_F(GitIdentityTest, WithoutARemoteTheDirectoryAndItsPlaceNameTheProject) {
  MakeRepository("[core]\n\tbare = false\n");
  const std::string common_dir = fs::weakly_canonical(app() / ".git").string();

  EXPECT_EQ(ReadGitIdentity(app()).project, "app-" + Sha256Hex(common_dir).substr(0, 8));
}

TEST_F(GitIdentityTest, PrefersOriginAndElseTakesTheFirstRemote) {
  MakeRepository(
      "[remote \"fork\"]\nurl = https://h/fork\n[remote \"origin\"]\nurl = https://h/app\nurl = "
      "https://h/2\n");
  EXPECT_EQ(ReadGitIdentity(app()).project, "h/app");

  MakeRepository(
      "[remote \"fork\"]\nurl = https://h/fork\n[remote \"other\"]\nurl = https://h/other\n");
  EXPECT_EQ(ReadGitIdentity(app()).project, "h/fork");
}

TEST_F(GitIdentityTest, ReadsConfigTheWayGitWritesAndPeopleEdit) {
  MakeRepository(
      "# comment\n; another\n[Remote \"origin\"] # here too\r\n\tURL = \"https://h/a#b\\\"c\" ; "
      "why\n"
      "[branch \"main\"]\nremote = origin\nurl = https://h/not-a-remote\n");
  // What stands in quotes belongs to the value; the fragment is cut off as part of the address.
  EXPECT_EQ(ReadGitIdentity(app()).project, "h/a");

  MakeRepository("[remote \"origin\"]\nurl = https://h/long\\\ner.git\n");
  EXPECT_EQ(ReadGitIdentity(app()).project, "h/longer");

  MakeRepository("[remote \"origin\"] url = https://h/same-line\n");
  EXPECT_EQ(ReadGitIdentity(app()).project, "h/same-line");
}

TEST_F(GitIdentityTest, WorktreesShareTheProjectButNotTheBranch) {
  MakeRepository("[remote \"origin\"]\nurl = https://h/app\n");
  tree_.Write("app/.git/worktrees/wt/HEAD", "ref: refs/heads/fix\n");
  tree_.Write("app/.git/worktrees/wt/commondir", "../..\n");
  tree_.Write("wt/.git", "gitdir: " + (app() / ".git/worktrees/wt").string() + "\n");

  const GitIdentity identity = ReadGitIdentity(tree_.root() / "wt");

  EXPECT_EQ(identity.project, "h/app");
  EXPECT_EQ(identity.branch, "fix");
}

TEST_F(GitIdentityTest, WorktreesWithoutARemoteShareTheProjectToo) {
  MakeRepository("");
  tree_.Write("app/.git/worktrees/wt/HEAD", "ref: refs/heads/fix\n");
  tree_.Write("app/.git/worktrees/wt/commondir", "../..\n");
  tree_.Write("wt/.git", "gitdir: ../app/.git/worktrees/wt\n");

  EXPECT_EQ(ReadGitIdentity(tree_.root() / "wt").project, ReadGitIdentity(app()).project);
}

TEST_F(GitIdentityTest, ABareRepositoryIsOneToo) {
  tree_.Write("app.git/HEAD", "ref: refs/heads/trunk\n");
  tree_.Write("app.git/config", "[core]\n\tbare = true\n");
  EXPECT_EQ(ReadGitIdentity(tree_.root() / "app.git"), GitIdentity());  // no objects, no refs
  fs::create_directories(tree_.root() / "app.git/objects");
  fs::create_directories(tree_.root() / "app.git/refs/heads");

  const GitIdentity identity = ReadGitIdentity(tree_.root() / "app.git/refs");

  EXPECT_EQ(identity.branch, "trunk");
  EXPECT_TRUE(identity.project.starts_with("app-")) << identity.project;
}

TEST_F(GitIdentityTest, TheInsideOfTheGitDirectoryIsTheSameProject) {
  MakeRepository("");
  fs::create_directories(app() / ".git/objects");
  fs::create_directories(app() / ".git/refs");

  EXPECT_EQ(ReadGitIdentity(app() / ".git"), ReadGitIdentity(app()));
}

TEST_F(GitIdentityTest, SubmodulesHaveTheirOwnProject) {
  MakeRepository("[remote \"origin\"]\nurl = https://h/app\n");
  tree_.Write("app/.git/modules/lib/HEAD", "ref: refs/heads/main\n");
  tree_.Write("app/.git/modules/lib/config", "[remote \"origin\"]\nurl = https://h/lib\n");
  tree_.Write("app/lib/.git", "gitdir: ../.git/modules/lib\n");

  EXPECT_EQ(ReadGitIdentity(app() / "lib").project, "h/lib");
}

TEST_F(GitIdentityTest, CutsWhatIsTooLongForAnId) {
  const std::string branch(300, 'b');
  MakeRepository("[remote \"origin\"]\nurl = https://h/" + std::string(300, 'p') + "\n",
                 "ref: refs/heads/" + branch + "\n");

  const GitIdentity identity = ReadGitIdentity(app());

  EXPECT_EQ(identity.branch, std::string(191, 'b') + "-" + Sha256Hex(branch).substr(0, 8));
  EXPECT_EQ(identity.project.size(), 200U);
}

TEST_F(GitIdentityTest, NeverCutsInsideACharacter) {
  std::string branch = "b";
  for (int i = 0; i < 150; ++i)
    branch += "é";
  MakeRepository("", "ref: refs/heads/" + branch + "\n");

  EXPECT_EQ(ReadGitIdentity(app()).branch.substr(0, 3), "bé");
  EXPECT_LE(ReadGitIdentity(app()).branch.size(), 200U);
}

TEST_F(GitIdentityTest, WhatIsNoIdBecomesTheDefault) {
  MakeRepository("[remote \"origin\"]\nurl = https://h/\x1b[31m\n", "ref: refs/heads/\xff\xfe\n");

  const GitIdentity identity = ReadGitIdentity(app());

  EXPECT_EQ(identity.branch, "default");
  EXPECT_EQ(identity.project.substr(0, 4), "app-");
}

TEST_F(GitIdentityTest, SurvivesDamagedFiles) {
  tree_.Write("a/.git", "gitdir:\n");
  tree_.Write("b/.git", "gitdir: /nowhere\n");
  tree_.Write("c/.git", std::string(100'000, 'x'));
  tree_.Write("d/.git/HEAD", "");
  tree_.Write("e/.git", "gitdir: .\n");
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    EXPECT_EQ(ReadGitIdentity(tree_.root() / name), GitIdentity()) << name;
  }
}

TEST_F(GitIdentityTest, EveryCutOfAConfigIsSurvived) {
  const std::string config = "[remote \"or\\\"i\"]\n\turl = \"https://h/a\\\\b\"\\\n  c ; x\n";
  for (std::size_t cut = 0; cut <= config.size(); ++cut) {
    MakeRepository(config.substr(0, cut));
    EXPECT_FALSE(ReadGitIdentity(app()).project.empty());
  }
}

TEST_F(GitIdentityTest, DoesNotHangOnAPipeOrReadWithoutEnd) {
  MakeRepository("");
  fs::remove(app() / ".git/config");
  ASSERT_EQ(mkfifo((app() / ".git/config").c_str(), 0600), 0);
  EXPECT_EQ(ReadGitIdentity(app()).project.substr(0, 4), "app-");

  fs::remove(app() / ".git/config");
  tree_.Write("app/.git/config", std::string(2U << 20U, '#'));
  EXPECT_EQ(ReadGitIdentity(app()).project.substr(0, 4), "app-");
}

}  // namespace
}  // namespace contextsync::git_identity_test
