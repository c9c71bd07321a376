// ImportReader: everything there is to import in one file or on standard input, one context at a
// time. What kind of file it is, it finds out by itself. Source: docs/transfer.md#import

#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "server/transfer/import_item.h"
#include "server/transfer/import_line.h"
#include "server/transfer/line_source.h"

namespace contextsync {

enum class ImportFormat { kAuto, kExport, kMemory, kMarkdown };

std::optional<ImportFormat> ParseImportFormat(std::string_view text);

class ImportReader {
 public:
  struct Options {
    std::filesystem::path file;  // "-": standard input
    ImportFormat format = ImportFormat::kAuto;
    ContextRef into;  // for what names no context itself
  };

  /// Errors: kInvalidArgument when it cannot be read, or is none of the formats.
  static Result<std::unique_ptr<ImportReader>> Open(Options options);

  /// Nothing at the end. Errors: kUnavailable when reading fails.
  Result<std::optional<ImportEntry>> Next();

  [[nodiscard]] const LineSource& source() const { return *source_; }

 private:
  ImportReader(Options options, std::unique_ptr<LineSource> source)
      : options_(std::move(options)), source_(std::move(source)) {}

  Status Detect();
  Result<std::optional<LineSource::Line>> NextFilled();
  Result<std::optional<ImportEntry>> ReadNotes();

  Options options_;
  const std::unique_ptr<LineSource> source_;
  std::optional<LineSource::Line> first_;  // read already, to tell what this is
  bool is_done_ = false;                   // notes are one entry
};

}  // namespace contextsync
