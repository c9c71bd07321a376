#include "server/hooks/shell_line.h"

#include <algorithm>
#include <array>

namespace contextsync {

namespace {

using Words = std::vector<std::string>;

/// Splits a line into simple commands of words. Quotes are taken off.
class ShellReader {
 public:
  explicit ShellReader(std::string_view line) : line_(line) {}

  std::vector<Words> Read() {
    while (at_ < line_.size())
      Step();
    EndCommand();
    return std::move(commands_);
  }

 private:
  void Step() {
    const char c = line_[at_];
    if (c == '\'' || c == '"') {
      Quoted(c);
    } else if (c == '\\' && at_ + 1 < line_.size()) {
      word_ += line_[at_ + 1];
      at_ += 2;
    } else if (c == ' ' || c == '\t') {
      EndWord();
      ++at_;
    } else if (std::string_view(";&|\n()").find(c) != std::string_view::npos && !IsRedirection()) {
      EndCommand();
      ++at_;
    } else {
      word_ += c;
      ++at_;
    }
  }

  /// In `2>&1` and `&>file` the ampersand ends no command.
  [[nodiscard]] bool IsRedirection() const {
    if (line_[at_] != '&') return false;
    const bool follows = at_ > 0 && line_[at_ - 1] == '>';
    return follows || (at_ + 1 < line_.size() && line_[at_ + 1] == '>');
  }

  void Quoted(char quote) {
    has_quotes_ = true;
    for (++at_; at_ < line_.size() && line_[at_] != quote; ++at_)
      word_ += line_[at_];
    ++at_;
  }

  void EndWord() {
    if (!word_.empty() || has_quotes_) words_.push_back(std::move(word_));
    word_.clear();
    has_quotes_ = false;
  }

  void EndCommand() {
    EndWord();
    if (!words_.empty()) commands_.push_back(std::move(words_));
    words_.clear();
  }

  const std::string_view line_;
  std::size_t at_ = 0;
  std::string word_;
  bool has_quotes_ = false;
  Words words_;
  std::vector<Words> commands_;
};

bool IsAssignment(const std::string& word) {
  const std::size_t equals = word.find('=');
  return equals != std::string::npos && equals > 0 &&
         std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals), [](char c) {
           return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                  (c >= 'a' && c <= 'z');
         });
}

/// Without variables and programs that only start another one.
Words Bare(Words words) {
  constexpr std::array<std::string_view, 6> kStarters = {"env",  "time", "nice",
                                                         "exec", "sudo", "command"};
  while (!words.empty()) {
    const bool is_starter =
        std::find(kStarters.begin(), kStarters.end(), words[0]) != kStarters.end();
    const bool is_timeout = words[0] == "timeout" && words.size() > 2;
    if (!IsAssignment(words[0]) && !is_starter && !is_timeout) break;
    words.erase(words.begin(), words.begin() + (is_timeout ? 2 : 1));
  }
  return words;
}

std::string NameOf(const std::string& program) {
  return program.substr(program.rfind('/') + 1);
}

/// A program that runs tests, by itself or with the word that follows.
struct TestRunner {
  std::string_view program;
  std::string_view word;  // empty: any
};

constexpr std::array kRunners = {
    TestRunner{"ctest", ""},        TestRunner{"pytest", ""},      TestRunner{"py.test", ""},
    TestRunner{"tox", ""},          TestRunner{"nox", ""},         TestRunner{"jest", ""},
    TestRunner{"vitest", ""},       TestRunner{"mocha", ""},       TestRunner{"phpunit", ""},
    TestRunner{"rspec", ""},        TestRunner{"go", "test"},      TestRunner{"cargo", "test"},
    TestRunner{"cargo", "nextest"}, TestRunner{"npm", "test"},     TestRunner{"npm", "t"},
    TestRunner{"yarn", "test"},     TestRunner{"pnpm", "test"},    TestRunner{"bun", "test"},
    TestRunner{"deno", "test"},     TestRunner{"make", "test"},    TestRunner{"make", "check"},
    TestRunner{"ninja", "test"},    TestRunner{"mvn", "test"},     TestRunner{"mvn", "verify"},
    TestRunner{"gradle", "test"},   TestRunner{"gradlew", "test"}, TestRunner{"gradle", "check"},
    TestRunner{"gradlew", "check"}, TestRunner{"dotnet", "test"},  TestRunner{"bazel", "test"},
    TestRunner{"mix", "test"},      TestRunner{"swift", "test"},   TestRunner{"rake", "test"},
    TestRunner{"dev", "test"},      TestRunner{"meson", "test"},   TestRunner{"just", "test"},
};

bool IsTestRun(const Words& words) {
  const std::string program = NameOf(words[0]);
  const std::string second = words.size() > 1 ? words[1] : "";
  const std::string third = words.size() > 2 ? words[2] : "";
  if (program.starts_with("python") && second == "-m")
    return third == "pytest" || third == "unittest";
  if (program == "npx" || program == "bunx")
    return !second.empty() && IsTestRun(Words(words.begin() + 1, words.end()));
  const bool runs_script = second == "run" && third.starts_with("test");
  if (runs_script &&
      (program == "npm" || program == "yarn" || program == "pnpm" || program == "bun"))
    return true;
  return std::any_of(kRunners.begin(), kRunners.end(), [&](const TestRunner& runner) {
    return runner.program == program && (runner.word.empty() || runner.word == second);
  });
}

bool HasAny(const std::string& word, std::string_view characters) {
  return word.find_first_of(characters) != std::string::npos;
}

void AddFilesRead(const Words& words, std::vector<std::string>& files) {
  constexpr std::array<std::string_view, 7> kReaders = {"cat",  "head", "tail", "less",
                                                        "more", "bat",  "nl"};
  const std::string program = NameOf(words[0]);
  const bool is_sed = program == "sed" && words.size() > 3 && words[1] == "-n";
  const bool is_reader = std::find(kReaders.begin(), kReaders.end(), program) != kReaders.end();
  if (!is_sed && !is_reader) return;
  // What is written elsewhere is no reading, and a text handed in is no file.
  for (const std::string& word : words) {
    if (HasAny(word, "<>")) return;
  }
  for (std::size_t i = is_sed ? 3 : 1; i < words.size(); ++i) {
    if (words[i] == "-n" || words[i] == "-c") {
      ++i;
    } else if (!words[i].empty() && words[i][0] != '-' && !HasAny(words[i], "$*?[]{}`~")) {
      files.push_back(words[i]);
    }
  }
}

std::string Joined(const Words& words) {
  std::string text;
  for (const std::string& word : words)
    text.append(text.empty() ? "" : " ").append(word);
  return text;
}

}  // namespace

ShellLine ReadShellLine(std::string_view line) {
  ShellLine found;
  for (Words& command : ShellReader(line).Read()) {
    const Words words = Bare(std::move(command));
    if (words.empty()) continue;
    if (IsTestRun(words)) found.tests.push_back(Joined(words));
    AddFilesRead(words, found.files_read);
  }
  return found;
}

}  // namespace contextsync
