#include "server/cli/answer.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "core/base/timestamp.h"
#include "server/app/system_clock.h"
#include "server/cli/command_line.h"
#include "server/cli/people.h"

namespace contextsync {

namespace {

struct FailureWords {
  const char* code;
  const char* hint;
  int exit_code;
};

FailureWords WordsFor(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return {"INVALID_ARGUMENT", "See --help of this command.", kExitFailed};
    case ErrorCode::kAlreadyExists:
      return {"ALREADY_EXISTS", "Choose another directory; restore takes --replace.", kExitFailed};
    case ErrorCode::kStorageFull:
      return {"STORAGE_FULL", "Free some space and repeat the command.", kExitUnavailable};
    case ErrorCode::kCorruption:
      return {"STORAGE_UNAVAILABLE", "Run `contextsync doctor`.", kExitUnavailable};
    case ErrorCode::kConflict:
      return {"STORAGE_UNAVAILABLE", "Stop the process that has it open and repeat the command.",
              kExitUnavailable};
    default:
      return {"STORAGE_UNAVAILABLE", "Check --data-dir and --workspace.", kExitUnavailable};
  }
}

}  // namespace

Json Envelope(const std::string& operation, bool success) {
  return {{"success", success},
          {"operation", operation},
          {"timestamp", FormatTimestamp(SystemClock().WallMillis())}};
}

void PrintAnswer(const std::string& operation, Json data) {
  Json answer = Envelope(operation, true);
  answer["data"] = std::move(data);
  std::printf("%s\n", CompactText(answer).c_str());
}

int PrintFailure(const std::string& operation, const Error& error, bool json) {
  static_cast<void>(std::fprintf(stderr, "contextsync: %s\n", ShownLines(error.message()).c_str()));
  const FailureWords words = WordsFor(error.code());
  if (json) {
    Json answer = Envelope(operation, false);
    answer["error"] = {{"code", words.code}, {"message", error.message()}, {"hint", words.hint}};
    std::printf("%s\n", CompactText(answer).c_str());
  }
  return words.exit_code;
}

}  // namespace contextsync
