#include "server/upkeep/backup_manifest.h"

#include <gtest/gtest.h>

namespace contextsync::backup_manifest_test {
namespace {

BackupManifest Sample() {
  BackupManifest manifest;
  manifest.kind = BackupKind::kHub;
  manifest.created_at = 1'800'000'000'000;
  manifest.program = "0.1.0";
  manifest.workspaces = {{WorkspaceId("w"), 3, 400, HubSequence(7), std::string(64, 'a')}};
  manifest.files = {{"000004.sst", 12, std::string(64, 'b')}};
  return manifest;
}

void ExpectRefused(const std::string& text, const std::string& words) {
  const auto manifest = DecodeManifest(text);
  ASSERT_FALSE(manifest.ok());
  EXPECT_EQ(manifest.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(manifest.error().message().find(words), std::string::npos)
      << manifest.error().message();
}

std::string Replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

TEST(BackupManifestTest, IsReadAsItWasWritten) {
  const auto manifest = DecodeManifest(EncodeManifest(Sample()));

  ASSERT_TRUE(manifest.ok()) << manifest.error().message();
  EXPECT_EQ(manifest.value().kind, BackupKind::kHub);
  EXPECT_EQ(manifest.value().created_at, 1'800'000'000'000);
  EXPECT_EQ(manifest.value().program, "0.1.0");
  ASSERT_EQ(manifest.value().workspaces.size(), 1U);
  EXPECT_EQ(manifest.value().workspaces.front().cursor, HubSequence(7));
  EXPECT_EQ(manifest.value().workspaces.front().state_hash, std::string(64, 'a'));
  EXPECT_EQ(manifest.value().files, Sample().files);
}

TEST(BackupManifestTest, AnyChangeIsNoticed) {
  const std::string text = EncodeManifest(Sample());

  ExpectRefused(Replaced(text, "000004.sst", "000005.sst"), "damaged");
  ExpectRefused(Replaced(text, "\"bytes\":12", "\"bytes\":13"), "damaged");
  ExpectRefused(Replaced(text, "\"sum\"", "\"sun\""), "damaged");
  ExpectRefused(text.substr(0, text.size() / 2), "damaged");
  ExpectRefused("", "damaged");
  ExpectRefused("[]", "damaged");
}

TEST(BackupManifestTest, NewerFormatAsksForAnUpgrade) {
  ExpectRefused(Replaced(EncodeManifest(Sample()), "\"format\":1", "\"format\":2"),
                "upgrade contextsync");
}

}  // namespace
}  // namespace contextsync::backup_manifest_test
