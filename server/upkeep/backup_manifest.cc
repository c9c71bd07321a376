#include "server/upkeep/backup_manifest.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/base/hash.h"
#include "core/document/json.h"
#include "core/ports/json_reader.h"

namespace contextsync {

namespace {

// A store has hundreds of files at most, a hub thousands of workspaces.
constexpr std::uint64_t kMostManifestBytes = 64ULL * 1024 * 1024;
constexpr std::size_t kSumDigits = 64;

Error DamagedBackup(const std::string& why) {
  return {ErrorCode::kInvalidArgument, "the backup is damaged: " + why};
}

std::optional<BackupKind> ParseKind(std::string_view text) {
  if (text == ToString(BackupKind::kNotebook)) return BackupKind::kNotebook;
  if (text == ToString(BackupKind::kHub)) return BackupKind::kHub;
  return std::nullopt;
}

Json FactsToJson(const WorkspaceFacts& facts) {
  return {{"workspace", facts.workspace.value},
          {"contexts", facts.contexts},
          {"bytes", facts.bytes},
          {"cursor", facts.cursor.value},
          {"state_hash", facts.state_hash}};
}

Result<WorkspaceFacts> ReadFacts(const Json& json) {
  JsonReader reader(json);
  WorkspaceFacts facts;
  facts.workspace = WorkspaceId(reader.Text("workspace"));
  facts.contexts = reader.Number("contexts");
  facts.bytes = reader.Number("bytes");
  facts.cursor = HubSequence(reader.Number("cursor"));
  facts.state_hash = reader.Hex("state_hash", kSumDigits);
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  return facts;
}

Result<FileSum> ReadFileSum(const Json& json) {
  JsonReader reader(json);
  FileSum sum{reader.Text("name"), reader.Number("bytes"), reader.Hex("sha256", kSumDigits)};
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  return sum;
}

Result<BackupManifest> ReadManifest(const Json& json) {
  JsonReader reader(json);
  BackupManifest manifest;
  manifest.kind = reader.Word("kind", &ParseKind);
  manifest.created_at = reader.Timestamp("created_at");
  manifest.program = reader.Text("program");
  manifest.workspaces = reader.List("workspaces", &ReadFacts);
  manifest.files = reader.List("files", &ReadFileSum);
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  return manifest;
}

/// The first difference in words; empty: none.
std::string Difference(const std::vector<FileSum>& wanted, const std::vector<FileSum>& found) {
  for (std::size_t i = 0; i < std::max(wanted.size(), found.size()); ++i) {
    if (i >= wanted.size()) return found[i].name + " is not part of it";
    if (i >= found.size()) return wanted[i].name + " is missing";
    if (wanted[i].name < found[i].name) return wanted[i].name + " is missing";
    if (wanted[i].name > found[i].name) return found[i].name + " is not part of it";
    if (wanted[i] != found[i]) return wanted[i].name + " was changed";
  }
  return {};
}

}  // namespace

std::string_view ToString(BackupKind kind) {
  return kind == BackupKind::kHub ? "hub" : "notebook";
}

std::string EncodeManifest(const BackupManifest& manifest) {
  Json workspaces = Json::array();
  for (const WorkspaceFacts& facts : manifest.workspaces)
    workspaces.push_back(FactsToJson(facts));
  Json files = Json::array();
  for (const FileSum& file : manifest.files)
    files.push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  Json json = {{"format", BackupManifest::kFormat},
               {"kind", ToString(manifest.kind)},
               {"created_at", FormatTimestamp(manifest.created_at)},
               {"program", manifest.program},
               {"workspaces", std::move(workspaces)},
               {"files", std::move(files)}};
  json["sum"] = Sha256Hex(CanonicalBytes(json));
  return CompactText(json) + "\n";
}

Result<BackupManifest> DecodeManifest(std::string_view text) {
  Result<Json> parsed = ParseStrict(text);
  if (!parsed.ok() || !parsed.value().is_object())
    return DamagedBackup("its manifest is no object");
  Json json = std::move(parsed).value();
  JsonReader reader(json);
  const std::uint64_t format = reader.NumberOr("format", 0);
  if (format > BackupManifest::kFormat) {
    return Error(ErrorCode::kInvalidArgument,
                 "the backup was written by a newer version; upgrade contextsync");
  }
  const std::string sum = reader.TextOr("sum", "");
  json.erase("sum");
  if (format == 0 || sum != Sha256Hex(CanonicalBytes(json)))
    return DamagedBackup("its manifest was changed");
  Result<BackupManifest> manifest = ReadManifest(json);
  if (!manifest.ok()) return DamagedBackup(manifest.error().message());
  return manifest;
}

Result<BackupManifest> ReadBackup(const std::string& directory) {
  const std::string path = directory + "/" + std::string(BackupManifest::kFileName);
  Result<std::string> text = ReadWholeFile(path, kMostManifestBytes);
  if (!text.ok() && text.error().code() == ErrorCode::kNotFound)
    return Error(ErrorCode::kNotFound, "there is no backup in " + directory);
  if (!text.ok()) return std::move(text).error();
  CONTEXTSYNC_ASSIGN_OR_RETURN(BackupManifest manifest, DecodeManifest(text.value()));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto found,
                               SumFiles(directory + "/" + std::string(BackupManifest::kStoreName)));
  const std::string difference = Difference(manifest.files, found);
  if (!difference.empty()) return DamagedBackup(difference);
  return manifest;
}

}  // namespace contextsync
