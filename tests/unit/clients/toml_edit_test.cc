#include "server/clients/toml_edit.h"

#include <string>

#include <gtest/gtest.h>

namespace contextsync::toml_edit_test {
namespace {

TomlEntry Entry(const std::string& command = "/bin/c") {
  return {.table = "mcp_servers.contextsync",
          .lines = {{"command", '"' + command + '"'}, {"args", "[\"serve\"]"}, {"mode", "\"ask\""}},
          .kept = {"mode"}};
}

const std::string kOurs =
    "[mcp_servers.contextsync]\ncommand = \"/bin/c\"\nargs = [\"serve\"]\nmode = \"ask\"\n";

std::string Put(const std::string& text, const TomlEntry& entry = Entry()) {
  const auto put = PutTomlEntry(text, entry);
  EXPECT_TRUE(put.ok()) << text << (put.ok() ? "" : put.error().message());
  return put.ok() ? put.value() : "";
}

TEST(TomlEditTest, AddsTheTableAtTheEnd) {
  EXPECT_EQ(Put(""), kOurs);
  EXPECT_EQ(Put("model = \"x\" # mine\n"), "model = \"x\" # mine\n\n" + kOurs);
  EXPECT_EQ(Put("a = 1"), "a = 1\n\n" + kOurs);
}

TEST(TomlEditTest, ASecondTimeChangesNothing) {
  const std::string once = Put("[mcp_servers.other]\ncommand = \"x\"\n");

  EXPECT_EQ(Put(once), once);
}

TEST(TomlEditTest, ChangesOnlyTheLinesThatDiffer) {
  const std::string text =
      "[mcp_servers.contextsync] # ours\n# comment\ncommand = \"/old\"\nargs = [ \"serve\" ]\nmode "
      "= \"never\"\n"
      "[z]\nb = 1\n";

  EXPECT_EQ(Put(text),
            "[mcp_servers.contextsync] # ours\n# comment\ncommand = \"/bin/c\"\nargs = [ \"serve\" "
            "]\nmode = \"never\"\n"
            "[z]\nb = 1\n");
}

TEST(TomlEditTest, IsNotMisledByTextThatLooksLikeAHeader) {
  const std::string text =
      "s = '''\n[mcp_servers.contextsync]\n'''\nl = [\n  "
      "[1],\n]\n\n[mcp_servers.contextsync]\ncommand = \"/old\"\n"
      "args = [\"serve\"]\n";

  const std::string put = Put(text);

  EXPECT_NE(put.find("command = \"/bin/c\""), std::string::npos);
  EXPECT_EQ(TakeTomlEntry(put, "mcp_servers.contextsync").value(),
            "s = '''\n[mcp_servers.contextsync]\n'''\nl = [\n  [1],\n]\n\n");
}

TEST(TomlEditTest, TakesTheTableAndThoseBelowIt) {
  const std::string text =
      "a = 1\n\n" + kOurs + "[mcp_servers.contextsync.env]\nX = \"1\"\n\n# of z\n[z]\nb = 1\n";

  EXPECT_EQ(TakeTomlEntry(text, "mcp_servers.contextsync").value(),
            "a = 1\n\n\n# of z\n[z]\nb = 1\n");
}

TEST(TomlEditTest, RefusesFormsItCannotChangeLineByLine) {
  EXPECT_FALSE(
      PutTomlEntry("mcp_servers = { contextsync = { command = \"/old\" } }\n", Entry()).ok());
  EXPECT_FALSE(
      TakeTomlEntry("mcp_servers.contextsync.command = \"/old\"\n", "mcp_servers.contextsync")
          .ok());
  EXPECT_FALSE(PutTomlEntry("mcp_servers = { other = {} }\n", Entry()).ok());
  EXPECT_FALSE(PutTomlEntry("a = = 1\n", Entry()).ok());
}

TEST(TomlEditTest, TakesNothingWhereNothingIs) {
  EXPECT_EQ(TakeTomlEntry("a = 1 # x", "mcp_servers.contextsync").value(), "a = 1 # x");
}

}  // namespace
}  // namespace contextsync::toml_edit_test
