#include "server/config/branch_watch.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/config/temp_tree.h"

namespace contextsync::branch_watch_test {
namespace {

namespace fs = std::filesystem;

class BranchWatchTest : public testing::Test {
 protected:
  BranchWatchTest() { SwitchTo("ref: refs/heads/main\n"); }

  /// As git does: another file takes the place of HEAD.
  void SwitchTo(const std::string& head, const std::string& git_dir = "app/.git") {
    tree_.Write(git_dir + "/HEAD.lock", head);
    fs::rename(tree_.root() / git_dir / "HEAD.lock", tree_.root() / git_dir / "HEAD");
  }
  [[nodiscard]] fs::path app() const { return tree_.root() / "app"; }

  TempTree tree_;
};

TEST_F(BranchWatchTest, FollowsASwitch) {
  BranchWatch watch(app());
  EXPECT_EQ(watch.Now(), "main");
  EXPECT_EQ(watch.Now(), "main");

  SwitchTo("ref: refs/heads/feature/jwt\n");

  EXPECT_EQ(watch.Now(), "feature/jwt");
}

TEST_F(BranchWatchTest, AWorktreeHasABranchOfItsOwn) {
  tree_.Write("other/.git", "gitdir: ../app/.git/worktrees/other\n");
  tree_.Write("app/.git/worktrees/other/commondir", "../..\n");
  SwitchTo("ref: refs/heads/hotfix\n", "app/.git/worktrees/other");
  BranchWatch watch(tree_.root() / "other");
  EXPECT_EQ(watch.Now(), "hotfix");

  SwitchTo("ref: refs/heads/feature\n");
  EXPECT_EQ(watch.Now(), "hotfix");
  SwitchTo("ref: refs/heads/hotfix2\n", "app/.git/worktrees/other");
  EXPECT_EQ(watch.Now(), "hotfix2");
}

TEST_F(BranchWatchTest, ADetachedHeadIsNoBranch) {
  BranchWatch watch(app());
  EXPECT_EQ(watch.Now(), "main");

  SwitchTo("4b825dc642cb6eb9a060e54bf8d69288fbee4904\n");
  EXPECT_EQ(watch.Now(), "default");
  SwitchTo("ref: refs/heads/main\n");
  EXPECT_EQ(watch.Now(), "main");
}

TEST_F(BranchWatchTest, ARepositoryThatIsGoneLeavesTheBranch) {
  BranchWatch watch(app());
  EXPECT_EQ(watch.Now(), "main");

  fs::rename(app(), tree_.root() / "moved");
  EXPECT_EQ(watch.Now(), "main");
  fs::rename(tree_.root() / "moved", app());
  SwitchTo("ref: refs/heads/next\n");
  EXPECT_EQ(watch.Now(), "next");
}

TEST_F(BranchWatchTest, WithoutARepositoryItIsTheDefault) {
  fs::remove_all(app() / ".git");
  BranchWatch watch(app());
  EXPECT_EQ(watch.Now(), "default");

  SwitchTo("ref: refs/heads/main\n");

  EXPECT_EQ(watch.Now(), "default") << "as the project is";
}

}  // namespace
}  // namespace contextsync::branch_watch_test
