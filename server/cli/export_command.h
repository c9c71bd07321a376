// `contextsync export`: a notebook as lines of JSON, or as a tree of Markdown for people.
// Source: docs/transfer.md#export

#pragma once

#include <string>

#include "server/config/settings.h"

namespace contextsync {

struct ExportArguments {
  std::string file;      // "-": standard output
  std::string markdown;  // a directory, instead of `file`
  bool json = false;
};

/// Returns an exit code of docs/operations.md#exit-codes.
int RunExport(const Settings& settings, const ExportArguments& arguments);

}  // namespace contextsync
