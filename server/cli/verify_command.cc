#include "server/cli/verify_command.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "server/app/notebook_check.h"
#include "server/app/system_clock.h"
#include "server/cli/command_line.h"

namespace contextsync {

namespace {

Json Envelope(bool success) {
  return {{"success", success},
          {"operation", "verify"},
          {"timestamp", FormatTimestamp(SystemClock().WallMillis())}};
}

int FailVerify(const Error& error, bool json) {
  static_cast<void>(std::fprintf(stderr, "contextsync: %s\n", error.message().c_str()));
  if (json) {
    Json answer = Envelope(false);
    answer["error"] = {
        {"code", "STORAGE_UNAVAILABLE"},
        {"message", error.message()},
        {"hint",
         "Stop the process that has the notebook open, or check --data-dir and --workspace."}};
    std::printf("%s\n", CompactText(answer).c_str());
  }
  return kExitUnavailable;
}

}  // namespace

int RunVerify(const Settings& settings, bool json) {
  const auto check = CheckNotebook(settings.data_dir, settings.workspace);
  if (!check.ok()) return FailVerify(check.error(), json);
  const auto& found = check.value();
  const auto& fingerprint = found.fingerprint;
  if (json) {
    Json answer = Envelope(true);
    answer["data"] = {{"path", found.path.string()},
                      {"contexts", fingerprint.contexts},
                      {"bytes", found.bytes},
                      {"cursor", fingerprint.cursor.value},
                      {"state_hash", fingerprint.state_hash},
                      {"ok", found.problems.empty()},
                      {"problems", found.problems}};
    std::printf("%s\n", CompactText(answer).c_str());
  } else {
    std::printf("%s\n%llu contexts, cursor %llu\nstate %s\n", found.path.c_str(),
                static_cast<unsigned long long>(fingerprint.contexts),
                static_cast<unsigned long long>(fingerprint.cursor.value),
                fingerprint.state_hash.c_str());
    for (const auto& problem : found.problems)
      std::printf("problem: %s\n", problem.c_str());
  }
  return found.problems.empty() ? kExitDone : kExitFailed;
}

}  // namespace contextsync
