#include "server/clients/setup.h"

#include <functional>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "server/clients/careful_file.h"
#include "server/clients/client_places.h"
#include "server/clients/hook_entries.h"
#include "server/clients/instruction_block.h"
#include "server/clients/jsonc_edit.h"
#include "server/clients/status_line_entry.h"

namespace contextsync {

namespace {

using std::filesystem::path;
using OrderedJson = nlohmann::ordered_json;

/// One thing of ours in a file, and how it gets in and out.
struct Piece {
  std::function<Result<std::string>(const std::string&)> put;
  std::function<Result<std::string>(const std::string&)> take;
};

struct PlannedFile {
  path file;
  std::vector<Piece> pieces;
};

Error Refuse(std::string why) {
  return {ErrorCode::kInvalidArgument, std::move(why)};
}

Result<path> PlaceOf(const UserFile& user, std::string_view project, const SetupOptions& options,
                     const SetupPlaces& places) {
  if (options.is_project) return places.project / project;
  return UserPathOf(user, places.environment);
}

// ── what goes into them ──

Result<std::string> PutServer(const std::string& text, const ClientInfo& client,
                              const std::string& program) {
  if (client.form == ClientFileForm::kToml) return PutTomlEntry(text, TomlEntryOf(client, program));
  CONTEXTSYNC_ASSIGN_OR_RETURN(JsoncEdit edit, JsoncEdit::Open(text));
  const JsoncEdit::Path place = {std::string(client.top_key), kServerName};
  const OrderedJson entry = JsonEntryOf(client, program);
  if (!edit.Get(place).is_object()) {
    CONTEXTSYNC_RETURN_IF_ERROR(edit.Set(place, entry));
    return edit.text();
  }
  // What the user made of the rest of our entry stays.
  for (const char* key : {"type", "source", "command", "args"}) {
    if (!entry.contains(key)) continue;
    CONTEXTSYNC_RETURN_IF_ERROR(edit.Set({place[0], place[1], key}, entry[key]));
  }
  return edit.text();
}

Result<std::string> TakeServer(const std::string& text, const ClientInfo& client) {
  const std::string key(client.top_key);
  if (client.form == ClientFileForm::kToml) return TakeTomlEntry(text, key + "." + kServerName);
  CONTEXTSYNC_ASSIGN_OR_RETURN(JsoncEdit edit, JsoncEdit::Open(text));
  if (edit.Get({key, kServerName}).is_null()) return text;
  edit.Remove({key, kServerName});
  return edit.text();
}

Piece ServerPiece(const ClientInfo& client, const std::string& program) {
  return {[&client, program](const std::string& text) { return PutServer(text, client, program); },
          [&client](const std::string& text) { return TakeServer(text, client); }};
}

Piece HooksPiece(const ClientInfo& client, const std::string& program) {
  return {[&client, program](const std::string& text) { return PutHooks(text, client, program); },
          [&client](const std::string& text) { return TakeHooks(text, client); }};
}

Piece StatusLinePiece(const std::string& program) {
  return {[program](const std::string& text) { return PutStatusLine(text, program); },
          &TakeStatusLine};
}

void AddPiece(std::vector<PlannedFile>& files, const path& file, Piece piece) {
  for (PlannedFile& planned : files) {
    if (planned.file == file) return planned.pieces.push_back(std::move(piece));
  }
  files.push_back({file, {std::move(piece)}});
}

Result<const ClientInfo*> CheckedClient(const SetupOptions& options) {
  const ClientInfo* const client = FindClient(options.client);
  if (client == nullptr)
    return Refuse("there is no client '" + options.client + "'; it may be " + ClientNames());
  const std::string title(client->title);
  if (options.is_project && client->project_file.empty())
    return Refuse(title + " reads no file of a project; leave out --project");
  if (options.with_hooks && client->hook_form == HookForm::kNone)
    return Refuse(title + " has no hooks of a known form; leave out --with-hooks");
  if (options.with_statusline && !client->has_status_line)
    return Refuse(title + " shows no status line of a command; leave out --with-statusline");
  const bool has_text = options.is_project ? !client->project_instructions.empty()
                                           : !client->user_instructions.path.empty();
  if (options.with_instructions && !has_text) {
    return Refuse(title + " reads no instructions there; " +
                  (client->project_file.empty() ? "leave out --with-instructions"
                                                : "try --project --with-instructions"));
  }
  return client;
}

/// A removal looks everywhere, whatever was asked for.
Result<std::vector<PlannedFile>> PlanFiles(const SetupOptions& options, const SetupPlaces& places) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const ClientInfo* const client, CheckedClient(options));
  // What is committed has to mean the same on every machine.
  const std::string program = options.is_project ? kServerName : places.program.string();
  std::vector<PlannedFile> files;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const path server,
                               PlaceOf(client->user_file, client->project_file, options, places));
  AddPiece(files, server, ServerPiece(*client, program));
  const bool wants_hooks =
      options.with_hooks || (options.is_removal && client->hook_form != HookForm::kNone);
  const bool wants_line =
      options.with_statusline || (options.is_removal && client->has_status_line);
  if (wants_hooks || wants_line) {
    // A client's status line is set in the file of its hooks.
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const path settings, PlaceOf(client->user_hooks, client->project_hooks, options, places));
    if (wants_hooks) AddPiece(files, settings, HooksPiece(*client, program));
    if (wants_line) AddPiece(files, settings, StatusLinePiece(program));
  }
  const bool has_text = options.is_project ? !client->project_instructions.empty()
                                           : !client->user_instructions.path.empty();
  if (options.with_instructions || (options.is_removal && has_text)) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const path text,
        PlaceOf(client->user_instructions, client->project_instructions, options, places));
    AddPiece(files, text, {&PutInstructions, &TakeInstructions});
  }
  return files;
}

// ── what becomes of each file ──

Result<std::string> PutAll(const std::vector<Piece>& pieces, std::string text) {
  for (const Piece& piece : pieces) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(text, piece.put(text));
  }
  return text;
}

Result<std::string> TakeAll(const std::vector<Piece>& pieces, std::string text) {
  for (const Piece& piece : pieces) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(text, piece.take(text));
  }
  return text;
}

/// Whether `before`, set up, is exactly `now`: then nobody has changed it since. Any part of the
/// pieces may have been set up, in any order.
bool Explains(const std::vector<Piece>& pieces, const std::string& before, const std::string& now) {
  if (before == now) return true;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto after = pieces[i].put(before);
    if (!after.ok() || after.value() == before) continue;
    std::vector<Piece> others = pieces;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    if (Explains(others, after.value(), now)) return true;
  }
  return false;
}

Error NotUnderstood(const PlannedFile& planned, const Error& error) {
  return {ErrorCode::kCorruption,
          planned.file.string() + ": " + error.message() +
              "; nothing was changed. Mend the file and repeat the command, or add by hand what "
              "--print shows"};
}

FileChange PlanRemoval(const PlannedFile& planned, const std::string& before, std::string after,
                       const std::optional<std::string>& backup) {
  FileChange change{planned.file, "updated", {}, before, std::move(after)};
  if (change.after == before) {
    change.change = "unchanged";
  } else if (backup && Explains(planned.pieces, *backup, before)) {
    change.change = "restored";
    change.after = *backup;
  } else if (!backup && Explains(planned.pieces, "", before)) {
    change.change = "removed";
    change.after.clear();
  }
  return change;
}

Result<FileChange> PlanChange(const PlannedFile& planned, const SetupOptions& options) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto found, ReadWhole(planned.file));
  const std::string before = found.value_or("");
  FileChange change{planned.file, "unchanged", {}, before, before};
  if (options.is_removal && !found) return change;
  auto after =
      options.is_removal ? TakeAll(planned.pieces, before) : PutAll(planned.pieces, before);
  if (!after.ok()) return NotUnderstood(planned, after.error());
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto backup, ReadWhole(BackupOf(planned.file)));
  if (options.is_removal) return PlanRemoval(planned, before, std::move(after).value(), backup);
  change.after = std::move(after).value();
  if (change.after == before && found) return change;
  change.change = found ? "updated" : "created";
  // A file that already holds something of ours has its copy from before that.
  const auto bare = TakeAll(planned.pieces, before);
  const bool is_first = !bare.ok() || bare.value() == before;
  if (found && (is_first || !backup)) change.backup = BackupOf(planned.file);
  return change;
}

Status Carry(const FileChange& change, bool is_private) {
  if (change.change == "unchanged") return {};
  if (!change.backup.empty())
    CONTEXTSYNC_RETURN_IF_ERROR(ReplaceFile(change.backup, change.before, true));
  if (change.change == "removed") return RemoveFile(change.file);
  CONTEXTSYNC_RETURN_IF_ERROR(ReplaceFile(change.file, change.after, is_private));
  return change.change == "restored" ? RemoveFile(BackupOf(change.file)) : Status();
}

}  // namespace

Result<std::vector<FileChange>> RunSetupPlan(const SetupOptions& options,
                                             const SetupPlaces& places) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto files, PlanFiles(options, places));
  std::vector<FileChange> changes;
  for (PlannedFile& planned : files) {
    planned.file = FollowLinks(planned.file);
    CONTEXTSYNC_ASSIGN_OR_RETURN(FileChange change, PlanChange(planned, options));
    changes.push_back(std::move(change));
  }
  for (const FileChange& change : changes) {
    if (!options.is_dry_run) CONTEXTSYNC_RETURN_IF_ERROR(Carry(change, !options.is_project));
  }
  return changes;
}

Result<std::vector<FileChange>> PrintedSetup(const SetupOptions& options,
                                             const SetupPlaces& places) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto files, PlanFiles(options, places));
  std::vector<FileChange> changes;
  for (const PlannedFile& planned : files) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::string text, PutAll(planned.pieces, ""));
    changes.push_back({planned.file, "printed", {}, "", std::move(text)});
  }
  return changes;
}

path BackupOf(const path& file) {
  return file.string() + ".before-contextsync";
}

}  // namespace contextsync
