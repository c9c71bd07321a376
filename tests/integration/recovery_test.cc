// Backup, restore, verify and recovery on real files, without the command line around them.

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "core/hub/table_hub_store.h"
#include "server/app/hub_data.h"
#include "server/app/store_copy.h"
#include "server/app/store_place.h"
#include "server/upkeep/backup.h"
#include "server/upkeep/store_recovery.h"
#include "server/upkeep/store_verify.h"
#include "storage/rocks/durable_files.h"
#include "tests/integration/machine.h"
#include "tests/support/temp_dir.h"

namespace contextsync::recovery_test {
namespace {

namespace fs = std::filesystem;

const WorkspaceId kDefault("default");

class RecoveryTest : public ::testing::Test {
 protected:
  void Update(AgentMachine& agent, const std::string& id, Json data) {
    const Json answer =
        agent.Manage({{"action", "update"}, {"context_id", id}, {"data", std::move(data)}});
    ASSERT_TRUE(answer.at("success").get<bool>()) << answer;
  }

  void Fill(int writes = 3) {
    AgentMachine agent(data_, "", "a");
    for (int i = 0; i < writes; ++i)
      Update(agent, "t1", {{"n", i}, {"text", std::string(200, 'x')}});
  }

  StoreCheck Verify(const std::string& data_dir) {
    auto check = VerifyNotebook(data_dir, kDefault);
    EXPECT_TRUE(check.ok()) << check.error().message();
    if (!check.ok()) return {};
    EXPECT_TRUE(check.value().problems.empty()) << check.value().problems.front();
    return std::move(check).value();
  }

  std::string HashOf(const std::string& data_dir) {
    const StoreCheck check = Verify(data_dir);
    return check.workspaces.empty() ? "" : check.workspaces.front().state_hash;
  }

  [[nodiscard]] std::string Store() const { return NotebookPlace(data_, kDefault).directory; }

  /// Rewrites the manifest as if the backup had been made `age` ago.
  void MakeOlder(const std::string& backup, std::chrono::milliseconds age) {
    const std::string path = backup + "/manifest.json";
    BackupManifest manifest = DecodeManifest(ReadWholeFile(path, 1'000'000).value()).value();
    manifest.created_at -= age.count();
    fs::remove(path);
    ASSERT_TRUE(WriteNewFile(path, EncodeManifest(manifest)).ok());
  }

  /// The largest log of the store, one bit of its middle flipped.
  void DamageTheLog() {
    fs::path largest;
    for (const auto& file : fs::directory_iterator(Store())) {
      if (file.path().extension() != ".log") continue;
      if (largest.empty() || file.file_size() > fs::file_size(largest)) largest = file.path();
    }
    const auto middle = static_cast<std::streamoff>(fs::file_size(largest) / 2);
    ASSERT_GT(middle, 0);
    std::fstream log(largest, std::ios::binary | std::ios::in | std::ios::out);
    log.seekg(middle);
    const char byte = static_cast<char>(log.get() ^ 0x10);
    log.seekp(middle);
    log.put(byte);
  }

  TempDir dir_;
  const std::string data_ = dir_ / "data";
};

TEST_F(RecoveryTest, BackupOfAnOpenNotebookHoldsWhatWasAcknowledged) {
  AgentMachine agent(data_, "", "a");
  Update(agent, "t1", {{"k", 1}});

  const auto backup = BackUpNotebook(data_, kDefault, dir_ / "backup");

  ASSERT_TRUE(backup.ok()) << backup.error().message();
  EXPECT_EQ(backup.value().manifest.workspaces.front().state_hash, HashOf(data_));
  Update(agent, "t1", {{"k", 2}});
  ASSERT_TRUE(RestoreNotebook(dir_ / "backup", dir_ / "other", kDefault, {}).ok());
  EXPECT_EQ(HashOf(dir_ / "other"), backup.value().manifest.workspaces.front().state_hash);
}

TEST_F(RecoveryTest, NothingIsLeftBesideAStoreThatWasCopied) {
  Fill();
  {
    const auto copy = StoreCopy::Take(NotebookPlace(data_, kDefault));
    ASSERT_TRUE(copy.ok()) << copy.error().message();
    EXPECT_TRUE(fs::exists(copy.value()->directory()));
  }

  for (const auto& file : fs::directory_iterator(data_ + "/workspaces"))
    EXPECT_EQ(file.path().string().find(".copy-"), std::string::npos) << file.path();
}

TEST_F(RecoveryTest, CopiesOfDeadProcessesAreRemoved) {
  Fill();
  const std::string left = Store() + ".copy-999999999";
  const std::string mine = Store() + ".copy-" + std::to_string(::getpid());
  fs::create_directory(left);
  fs::create_directory(mine);

  EXPECT_EQ(CountStaleCopies(Store()), 1U);
  EXPECT_EQ(RemoveStaleCopies(Store()), 1U);

  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(mine));
}

TEST_F(RecoveryTest, RestoreReplacesOnlyWhenToldTo) {
  Fill();
  ASSERT_TRUE(BackUpNotebook(data_, kDefault, dir_ / "backup").ok());
  Fill(5);
  const std::string now = HashOf(data_);

  const auto refused = RestoreNotebook(dir_ / "backup", data_, kDefault, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(HashOf(data_), now);

  const auto restored = RestoreNotebook(dir_ / "backup", data_, kDefault, {.replace = true});
  ASSERT_TRUE(restored.ok()) << restored.error().message();
  EXPECT_NE(HashOf(data_), now);
  EXPECT_TRUE(fs::is_directory(restored.value().previous));
  EXPECT_FALSE(restored.value().previous.empty());
}

TEST_F(RecoveryTest, RestoreLeavesAnOpenNotebookAlone) {
  Fill();
  ASSERT_TRUE(BackUpNotebook(data_, kDefault, dir_ / "backup").ok());
  AgentMachine agent(data_, "", "a");
  Update(agent, "t1", {{"k", 2}});

  const auto restored = RestoreNotebook(dir_ / "backup", data_, kDefault, {.replace = true});

  ASSERT_FALSE(restored.ok());
  EXPECT_EQ(restored.error().code(), ErrorCode::kConflict);
}

TEST_F(RecoveryTest, OldBackupOfAHubIsRefusedWithoutAWord) {
  const std::string hub_dir = dir_ / "hub";
  {
    HubMachine hub(hub_dir);
    AgentMachine agent(data_, hub.url(), "a");
    Update(agent, "t1", {{"k", 1}});
    ASSERT_TRUE(BackUpHub(hub_dir, dir_ / "backup").ok());
    hub.Stop();
  }
  MakeOlder(dir_ / "backup", std::chrono::hours(24 * 31));

  const auto refused = RestoreHub(dir_ / "backup", dir_ / "new", {});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("--allow-old"), std::string::npos);
  EXPECT_FALSE(fs::exists(dir_ / "new/store/CURRENT"));

  EXPECT_TRUE(RestoreHub(dir_ / "backup", dir_ / "new", {.allow_old = true}).ok());
}

TEST_F(RecoveryTest, RestoredHubBeginsANewLife) {
  const std::string hub_dir = dir_ / "hub";
  {
    HubMachine hub(hub_dir);
    AgentMachine agent(data_, hub.url(), "a");
    Update(agent, "t1", {{"k", 1}});
    ASSERT_TRUE(Eventually([&] { return agent.Status().at("pending") == 0; }));
    ASSERT_TRUE(BackUpHub(hub_dir, dir_ / "backup").ok());
    hub.Stop();
  }
  const auto head_of = [](const std::string& directory) {
    const auto data = HubData::Open(directory);
    TableHubStore store(data.value()->store());
    return *store.ReadHead(kDefault).value();
  };
  const WorkspaceHead before = head_of(hub_dir);

  const auto restored = RestoreHub(dir_ / "backup", hub_dir, {.replace = true});

  ASSERT_TRUE(restored.ok()) << restored.error().message();
  const WorkspaceHead after = head_of(hub_dir);
  EXPECT_NE(after.epoch, before.epoch);
  EXPECT_EQ(after.previous_epoch, before.epoch);
  EXPECT_EQ(after.fork_seq, before.seq);
}

TEST_F(RecoveryTest, SoundNotebookIsLeftAlone) {
  Fill();
  const StoreCheck before = Verify(data_);

  const auto done = RecoverNotebook(data_, kDefault);

  ASSERT_TRUE(done.ok()) << done.error().message();
  EXPECT_FALSE(done.value().was_damaged);
  EXPECT_FALSE(done.value().check.recovery.has_value());
  EXPECT_FALSE(fs::exists(Store() + "/quarantine"));
}

TEST_F(RecoveryTest, DamagedNotebookIsRefusedAndThenRecoveredWithWhatIsMissing) {
  Fill(30);
  DamageTheLog();
  AgentMachine agent(data_, "", "a");

  const Json refused = agent.Manage({{"action", "get"}, {"context_id", "t1"}});
  EXPECT_EQ(refused.at("error").at("code"), "STORAGE_UNAVAILABLE") << refused;
  EXPECT_NE(refused.at("error").at("hint").get<std::string>().find("doctor --recover"),
            std::string::npos);
  EXPECT_EQ(agent.Status().at("notebook").at("state"), "unavailable");
  EXPECT_EQ(agent.Status().at("last_error").at("code"), "STORAGE_UNAVAILABLE");

  // The server looks again every two seconds and holds the lock for a moment then.
  auto done = RecoverNotebook(data_, kDefault);
  Eventually([&] {
    if (!done.ok() && done.error().code() == ErrorCode::kConflict)
      done = RecoverNotebook(data_, kDefault);
    return done.ok() || done.error().code() != ErrorCode::kConflict;
  });
  ASSERT_TRUE(done.ok()) << done.error().message();
  EXPECT_TRUE(done.value().was_damaged);
  ASSERT_TRUE(done.value().check.recovery.has_value());
  const Recovery lost = *done.value().check.recovery;
  EXPECT_EQ(lost.lost_to, EntryNumber(33));  // 30 updates after three parents
  EXPECT_LE(lost.lost_from, lost.lost_to);
  EXPECT_TRUE(fs::is_directory(done.value().quarantine));

  EXPECT_TRUE(Eventually([&] { return agent.Status().at("notebook").at("state") == "normal"; }));
  EXPECT_EQ(agent.Status().at("notebook").at("recovery").at("lost_to"), 33);
  Update(agent, "t1", {{"k", 1}});
}

}  // namespace
}  // namespace contextsync::recovery_test
