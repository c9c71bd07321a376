#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/transfer/import_reader.h"
#include "server/transfer/line_source.h"
#include "server/transfer/output_file.h"
#include "tests/support/temp_dir.h"

namespace contextsync::transfer_files_test {
namespace {

using std::filesystem::path;

class TransferFilesTest : public ::testing::Test {
 protected:
  path Put(const std::string& name, const std::string& text) {
    const path file = path(directory_.path()) / name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

  static std::string TextOf(const path& file) {
    std::stringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }

  [[nodiscard]] path At(const std::string& name) const { return path(directory_.path()) / name; }

  [[nodiscard]] std::size_t CountFiles() const {
    const std::filesystem::directory_iterator files{path(directory_.path())};
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }

  std::vector<LineSource::Line> LinesOf(const std::string& text, std::size_t most = 1'000'000) {
    auto source = LineSource::Open(Put("lines", text), most);
    std::vector<LineSource::Line> lines;
    while (true) {
      auto line = source.value()->Next();
      if (!line.ok() || !line.value()) return lines;
      lines.push_back(std::move(*line.value()));
    }
  }

  std::vector<ImportEntry> EntriesOf(const path& file, ImportFormat format = ImportFormat::kAuto) {
    auto reader = ImportReader::Open({file, format, {Level::kProject, "p"}});
    EXPECT_TRUE(reader.ok());
    std::vector<ImportEntry> entries;
    while (reader.ok()) {
      auto entry = reader.value()->Next();
      if (!entry.ok() || !entry.value()) break;
      entries.push_back(std::move(*entry.value()));
    }
    return entries;
  }

  TempDir directory_;
};

TEST_F(TransferFilesTest, LinesHaveNumbersAndNoEnds) {
  const auto lines = LinesOf("\xEF\xBB\xBFone\r\n\nthree");

  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].text, "one");
  EXPECT_EQ(lines[1].text, "");
  EXPECT_EQ(lines[2].number, 3U);
  EXPECT_EQ(lines[2].text, "three");
  EXPECT_TRUE(LinesOf("").empty());
}

TEST_F(TransferFilesTest, ALineThatIsTooLongIsPassedOver) {
  const auto lines = LinesOf("short\n" + std::string(200'000, 'x') + "\nlast\n", 100'000);

  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[1].is_too_long);
  EXPECT_EQ(lines[1].text, "");
  EXPECT_EQ(lines[2].text, "last");
}

TEST_F(TransferFilesTest, ALineMayLieAcrossPieces) {
  const std::string longer(150'000, 'y');
  const auto lines = LinesOf(longer + "\n" + longer + "z\n");

  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].text, longer);
  EXPECT_EQ(lines[1].text, longer + "z");
}

TEST_F(TransferFilesTest, ADirectoryIsNoSource) {
  EXPECT_FALSE(LineSource::Open(directory_.path(), 100).ok());
  EXPECT_FALSE(LineSource::Open(At("missing"), 100).ok());
}

TEST_F(TransferFilesTest, AFileComesIntoBeingWhole) {
  const path file = At("out");
  auto output = OutputFile::Create(file).value();
  ASSERT_TRUE(output->Write(std::string(100'000, 'a')).ok());
  EXPECT_FALSE(std::filesystem::exists(file));

  ASSERT_TRUE(output->Commit().ok());
  EXPECT_EQ(TextOf(file).size(), 100'000U);
  struct stat info {};
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(TransferFilesTest, LeavesNothingBehindHoweverTheProcessEnds) {
  const std::filesystem::path file = At("exports/out");
  std::filesystem::create_directories(file.parent_path());
  const int probe = open(file.parent_path().c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, S_IRUSR);
  if (probe < 0) GTEST_SKIP() << "this file system has no files without a name";
  close(probe);

  auto output = OutputFile::Create(file).value();
  ASSERT_TRUE(output->Write("text").ok());
  EXPECT_TRUE(std::filesystem::is_empty(file.parent_path()));
  ASSERT_TRUE(output->Commit().ok());

  using Entries = std::filesystem::directory_iterator;
  EXPECT_EQ(std::distance(Entries(file.parent_path()), Entries()), 1);
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_F(TransferFilesTest, WhatIsNotCommittedLeavesNothing) {
  const path file = Put("out", "old");
  OutputFile::Create(file).value()->Write("new").IgnoreBecause("it is never committed");

  EXPECT_EQ(TextOf(file), "old");
  EXPECT_EQ(CountFiles(), 1U);
}

TEST_F(TransferFilesTest, ALinkIsFollowedOrReplaced) {
  const path target = Put("target", "old");
  std::filesystem::create_symlink(target, At("link"));
  auto output = OutputFile::Create(At("link")).value();
  ASSERT_TRUE(output->Write("followed").ok() && output->Commit().ok());
  EXPECT_EQ(TextOf(target), "followed");

  output = OutputFile::Create(At("link"), OutputFile::Links::kReplace).value();
  ASSERT_TRUE(output->Write("replaced").ok() && output->Commit().ok());
  EXPECT_EQ(TextOf(target), "followed");
  EXPECT_EQ(TextOf(At("link")), "replaced");
  EXPECT_FALSE(std::filesystem::is_symlink(At("link")));
}

TEST_F(TransferFilesTest, ADeviceStaysADevice) {
  auto output = OutputFile::Create("/dev/null").value();
  EXPECT_TRUE(output->Write("gone").ok() && output->Commit().ok());

  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST_F(TransferFilesTest, EveryLineOfAnExportIsAnEntry) {
  const auto entries =
      EntriesOf(Put("a.jsonl",
                    "\n{\"level\":\"task\",\"context_id\":\"t\",\"data\":{}}\nbad\n"
                    "{\"type\":\"entity\",\"name\":\"x\"}\n"));

  ASSERT_EQ(entries.size(), 3U);
  EXPECT_TRUE(entries[0].item && entries[0].line == 2);
  EXPECT_TRUE(!entries[1].item && entries[1].line == 3);
  EXPECT_TRUE(entries[2].item && entries[2].item->context.id == "p");
}

TEST_F(TransferFilesTest, NotesAreToldByTheirNameOrByTheCaller) {
  const auto entries = EntriesOf(Put("CLAUDE.md", "\n# A\n- b\n"));
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].item->data, R"({"notes":{"CLAUDE.md":{"A":["b"]}}})");

  const path other = Put("notes.txt", "# A\nb\n");
  EXPECT_FALSE(ImportReader::Open({other, ImportFormat::kAuto, {Level::kProject, "p"}}).ok());
  EXPECT_EQ(EntriesOf(other, ImportFormat::kMarkdown).size(), 1U);
  EXPECT_TRUE(EntriesOf(Put("empty.md", " \n\n")).empty());
}

TEST_F(TransferFilesTest, WhatIsTooLargeIsSaidAndTheRestGoesOn) {
  const std::string large = R"({"level":"task","context_id":"l","data":{"a":")" +
                            std::string(9 * 1024 * 1024, 'x') + "\"}}\n";
  const auto entries =
      EntriesOf(Put("a.jsonl", large + R"({"level":"task","context_id":"t","data":{}})"));

  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].fault.code, "TOO_LARGE");
  EXPECT_EQ(entries[0].fault.context_id, "l");
  EXPECT_TRUE(entries[1].item);
  EXPECT_EQ(EntriesOf(Put("b.md", std::string(5 * 1024 * 1024, 'x')))[0].fault.code, "TOO_LARGE");
}

}  // namespace
}  // namespace contextsync::transfer_files_test
