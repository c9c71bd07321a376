#include "server/transfer/import_reader.h"

#include <utility>

#include "core/base/limits.h"
#include "server/transfer/markdown_notes.h"

namespace contextsync {

namespace {

// An export's line holds a context of 4 MiB, with `_versions` and escapes beside.
constexpr std::size_t kMostLineBytes = 16 * limits::kMiB;
// A little above what a context may have, since its canonical form may be shorter.
constexpr std::size_t kMostDataBytes = limits::kContextBytes + limits::kMiB;

ImportEntry TooLarge(std::size_t line, std::string message) {
  ImportEntry entry;
  entry.line = line;
  entry.fault = {"TOO_LARGE", std::move(message), "", ""};
  return entry;
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

bool LooksLikeJson(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first != std::string_view::npos && text[first] == '{';
}

bool HasMarkdownName(const std::filesystem::path& file) {
  return file.extension() == ".md" || file.extension() == ".markdown" || file.extension() == ".mdc";
}

}  // namespace

std::optional<ImportFormat> ParseImportFormat(std::string_view text) {
  if (text == "auto") return ImportFormat::kAuto;
  if (text == "export") return ImportFormat::kExport;
  if (text == "memory") return ImportFormat::kMemory;
  if (text == "markdown") return ImportFormat::kMarkdown;
  return std::nullopt;
}

Result<std::unique_ptr<ImportReader>> ImportReader::Open(Options options) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto source, LineSource::Open(options.file, kMostLineBytes));
  std::unique_ptr<ImportReader> reader(new ImportReader(std::move(options), std::move(source)));
  CONTEXTSYNC_RETURN_IF_ERROR(reader->Detect());
  return reader;
}

Status ImportReader::Detect() {
  if (options_.format != ImportFormat::kAuto) return {};
  CONTEXTSYNC_ASSIGN_OR_RETURN(first_, NextFilled());
  if (!first_ || first_->is_too_long || LooksLikeJson(first_->text)) return {};
  if (!HasMarkdownName(options_.file))
    return Error(ErrorCode::kInvalidArgument,
                 options_.file.string() +
                     ": this is no JSON, line by line; for notes say --format markdown");
  options_.format = ImportFormat::kMarkdown;
  return {};
}

Result<std::optional<LineSource::Line>> ImportReader::NextFilled() {
  if (first_) return std::exchange(first_, std::nullopt);
  while (true) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto line, source_->Next());
    if (!line || line->is_too_long || !IsBlank(line->text)) return line;
  }
}

Result<std::optional<ImportEntry>> ImportReader::Next() {
  if (is_done_) return std::optional<ImportEntry>();
  if (options_.format == ImportFormat::kMarkdown) return ReadNotes();
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto line, NextFilled());
  if (!line) return std::optional<ImportEntry>();
  if (line->is_too_long)
    return std::optional(TooLarge(line->number, "the line has more than 16 MiB"));
  const LineKind kind = options_.format == ImportFormat::kExport   ? LineKind::kExport
                        : options_.format == ImportFormat::kMemory ? LineKind::kMemory
                                                                   : LineKind::kAny;
  ImportEntry entry = ReadImportLine(line->text, kind, options_.into);
  entry.line = line->number;
  if (entry.item && entry.item->data.size() > kMostDataBytes) {
    const ContextRef context = entry.item->context;
    entry = TooLarge(line->number, "the context is too large");
    entry.fault.level = ToString(context.level);
    entry.fault.context_id = context.id;
  }
  return std::optional(std::move(entry));
}

Result<std::optional<ImportEntry>> ImportReader::ReadNotes() {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto line, NextFilled());
  if (!line) return std::optional<ImportEntry>();
  std::string text;
  while (line) {
    if (line->is_too_long || text.size() + line->text.size() > limits::kContextBytes) break;
    text.append(line->text).append("\n");
    CONTEXTSYNC_ASSIGN_OR_RETURN(line, source_->Next());
  }
  is_done_ = true;
  if (line) return std::optional(TooLarge(line->number, "notes may have 4 MiB"));
  const std::string name =
      options_.file == "-" ? std::string("stdin") : options_.file.filename().string();
  auto notes = NotesFromMarkdown(text, name);
  ImportEntry entry;
  entry.line = 1;
  if (notes.ok()) {
    entry.item = ImportItem{options_.into, "", std::move(notes).value()};
  } else {
    entry.fault = {"INVALID_ARGUMENT", notes.error().message(),
                   std::string(ToString(options_.into.level)), options_.into.id};
  }
  return std::optional(std::move(entry));
}

}  // namespace contextsync
