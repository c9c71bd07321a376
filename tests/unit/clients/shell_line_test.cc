#include "server/hooks/shell_line.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace contextsync::shell_line_test {
namespace {

using Texts = std::vector<std::string>;

TEST(ShellLineTest, KnowsWhatRunsTests) {
  for (const std::string line :
       {"ctest -j4", "pytest -q", "go test ./...", "cargo test", "npm test", "npm run test:unit",
        "yarn test", "python3 -m pytest x", "npx jest", "make check", "./gradlew test",
        "/usr/bin/ctest", "./dev test"}) {
    EXPECT_EQ(ReadShellLine(line).tests, Texts{line});
  }
}

TEST(ShellLineTest, KnowsWhatDoesNot) {
  for (const std::string line :
       {"npm install", "go build", "echo pytest", "make", "python3 test.py", "git test",
        "npm run build", "cat pytest", ""}) {
    EXPECT_TRUE(ReadShellLine(line).tests.empty()) << line;
  }
}

TEST(ShellLineTest, LooksBehindDirectoriesVariablesAndStarters) {
  EXPECT_EQ(ReadShellLine("cd build && TOKEN=x CI=1 timeout 60 ctest -V 2>&1 | tail -5").tests,
            Texts{"ctest -V 2>&1"});
  EXPECT_EQ(ReadShellLine("make; env A=1 pytest 'a b'\ngo test").tests,
            (Texts{"pytest a b", "go test"}));
}

TEST(ShellLineTest, KnowsWhatWasRead) {
  EXPECT_EQ(ReadShellLine("cat a.txt b.txt").files_read, (Texts{"a.txt", "b.txt"}));
  EXPECT_EQ(ReadShellLine("sed -n '1,5p' src/x.cc").files_read, Texts{"src/x.cc"});
  EXPECT_EQ(ReadShellLine("head -n 20 'my file' | grep x").files_read, Texts{"my file"});
  EXPECT_EQ(ReadShellLine("cd x && tail -5 y").files_read, Texts{"y"});
}

TEST(ShellLineTest, RatherLeavesOutThanMakesUp) {
  for (const std::string line : {"cat > out.txt", "cat << EOF", "cat *.txt", "cat $FILE",
                                 "sed -i s/a/b/ x", "ls a.txt", "cat `which x`"}) {
    EXPECT_TRUE(ReadShellLine(line).files_read.empty()) << line;
  }
}

}  // namespace
}  // namespace contextsync::shell_line_test
