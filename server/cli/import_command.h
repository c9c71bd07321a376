// `contextsync import`: the export of a notebook, the memory of another server, or notes in
// Markdown, written into a notebook. Source: docs/transfer.md#import

#pragma once

#include <filesystem>
#include <string>

#include "server/config/settings.h"

namespace contextsync {

struct ImportArguments {
  std::string file;    // "-": standard input
  std::string format;  // auto, export, memory or markdown
  std::string into;    // LEVEL/ID; empty: the project of `directory`
  std::filesystem::path directory;
  bool is_dry_run = false;
  bool json = false;
};

/// Returns an exit code of docs/operations.md#exit-codes.
int RunImport(const Settings& settings, const ImportArguments& arguments);

}  // namespace contextsync
