// Envelope: the one form of every tool answer. Source: docs/tools.md#envelope

#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/notebook/notebook.h"
#include "core/sync/sync_gate.h"
#include "core/tools/operation.h"
#include "core/tools/tool.h"

namespace contextsync {

/// The light: by age alone, `local` without a hub, never green while something is parked.
struct Light {
  const char* indicator;
  const char* icon;
  const char* color;
};
Light LightFor(bool has_hub, const SyncStatus& sync, std::uint64_t parked);

/// `age_seconds`: null when there is no hub or nothing was ever synced.
Json AgeSeconds(bool has_hub, const SyncStatus& sync);

enum class SyncState { kSynced, kPending, kLocal, kConflict };
std::string_view ToString(SyncState state);

struct SyncBlock {
  bool durable = false;
  SyncState state = SyncState::kLocal;
  std::uint64_t version = 0;
  std::uint64_t pending = 0;
  std::uint64_t parked = 0;
  Light light{};
  Json age_seconds;
};

/// A conflict record as people and models see it. Values above 1 KiB become {"bytes": n} when
/// `brief`.
Json ConflictToJson(const ConflictRecord& record, bool brief);

/// `_versions` of a context: path → sides.
Json VersionsToJson(const std::vector<PathVersions>& versions, bool brief);

/// One notice; foreign texts are cut at 64 bytes and their control and bidirectional characters
/// escaped.
Json NoticeToJson(const ChangeNote& note);

/// One element of `data.changes`.
Json ChangeToJson(const ChangeNote& note);

/// {"level","context_id"}.
Json RefToJson(const ContextRef& ref);
std::string RefText(const ContextRef& ref);

/// `text` for an answer outside `data`: cut at 64 bytes on a character border, with control,
/// bidirectional and zero-width characters written as \u{…}.
std::string EscapedForeignText(std::string_view text);

struct Around {
  SyncBlock sync;
  Json conflicts = Json::array();
  Json notices = Json::array();
  std::uint64_t more = 0;
};

ToolResult SuccessAnswer(const Operation& operation, UnixMillis now, const Around& around);
ToolResult FailureAnswer(const std::string& operation, UnixMillis now, const Refusal& refusal,
                         const Around& around);

}  // namespace contextsync
