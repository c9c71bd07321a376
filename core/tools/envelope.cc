#include "core/tools/envelope.h"

#include <array>
#include <cmath>

#include "core/base/hex.h"
#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/tools/object_text.h"

namespace contextsync {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Light kSyncedLight{"synced", "✅", "green"};
constexpr Light kRecentLight{"recent", "🟡", "yellow"};
constexpr Light kStaleLight{"stale", "🔴", "red"};
constexpr Light kLocalLight{"local", "⚪", "white"};

constexpr milliseconds kSyncedBelow = seconds(60);
constexpr milliseconds kRecentUpTo = seconds(300);

constexpr std::size_t kForeignTextBytes = 64;
constexpr std::size_t kNoticeKeys = 8;
constexpr std::size_t kBriefValueBytes = limits::kKiB;

/// Characters that could steer a terminal or hide text from a reader.
bool IsUnsafe(char32_t c) {
  struct Range {
    char32_t first;
    char32_t last;
  };
  static constexpr std::array kRanges = {
      Range{0x00, 0x1F},     Range{0x7F, 0x9F},     Range{0x061C, 0x061C}, Range{0x200B, 0x200F},
      Range{0x2028, 0x202E}, Range{0x2060, 0x2069}, Range{0xFEFF, 0xFEFF}, Range{0xE0000, 0xE007F}};
  for (const auto& range : kRanges) {
    if (c >= range.first && c <= range.last) return true;
  }
  return false;
}

/// The character at `at` and its length. Precondition: `text` is UTF-8.
std::pair<char32_t, std::size_t> Decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[std::min(at + i, text.size() - 1)]);
  };
  const unsigned lead = byte(0);
  if (lead < 0x80U) return {lead, 1};
  const std::size_t length = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : 2;
  char32_t value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i)
    value = (value << 6U) | (byte(i) & 0x3FU);
  return {value, length};
}

std::string Hex(char32_t c) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (; c != 0; c >>= 4U)
    hex.insert(hex.begin(), kDigits[c & 15U]);
  return hex.empty() ? "0" : hex;
}

/// A value and who wrote it when.
Json VersionSideToJson(const ConflictSide& side, bool brief) {
  Json json;
  if (!side.value) {
    json["deleted"] = true;
  } else if (brief && side.value->size() > kBriefValueBytes) {
    json["bytes"] = side.value->size();
  } else {
    auto value = ParseStrict(*side.value, {.depth = limits::kMessageDepth});
    json["value"] = value.ok() ? std::move(value).value() : Json();
  }
  json["agent"] = side.agent;
  json["seq"] = side.seq.value;
  json["at"] = FormatTimestamp(side.at);
  return json;
}

Json SideToJson(const ConflictSide& side, bool brief) {
  Json json = VersionSideToJson(side, brief);
  json["device"] = ToHex16(side.device.value);
  return json;
}

Json KeysToJson(const std::vector<std::string>& keys, std::size_t at_most) {
  Json json = Json::array();
  for (const auto& key : keys) {
    if (json.size() == at_most) break;
    json.push_back(EscapedForeignText(key));
  }
  return json;
}

std::string SyncText(const SyncBlock& sync) {
  ObjectText text;
  text.Boolean("durable", sync.durable).Text("state", ToString(sync.state));
  text.Number("version", sync.version).Number("pending", sync.pending);
  text.Number("parked", sync.parked).Tree("age_seconds", sync.age_seconds);
  text.Text("indicator", sync.light.indicator).Text("icon", sync.light.icon);
  return text.Text("color", sync.light.color).Take();
}

/// The members every answer begins with …
ObjectText Begin(bool success, std::string_view operation, UnixMillis now) {
  ObjectText answer;
  answer.Boolean("success", success).Text("operation", operation);
  answer.Text("timestamp", FormatTimestamp(now));
  return answer;
}

/// … and ends with.
std::string End(ObjectText& answer, const Around& around) {
  answer.Raw("sync", SyncText(around.sync)).Tree("conflicts", around.conflicts);
  return answer.Tree("notices", around.notices).Number("more", around.more).Take();
}

std::string_view DefaultHint(RefusalCode code) {
  switch (code) {
    case RefusalCode::kMissingField:
      return "Call again with the missing argument.";
    case RefusalCode::kNotFound:
      return "Use action=list to see what exists, or action=update to create it.";
    case RefusalCode::kAlreadyExists:
      return "Use action=update to add to it.";
    case RefusalCode::kVersionMismatch:
      return "Use action=get, merge your change with what is there, and repeat with the version it "
             "shows.";
    case RefusalCode::kHasChildren:
      return "Delete the children first, or pass cascade=true.";
    case RefusalCode::kStorageFull:
      return "Free space on the disk; reads and pushes go on, and writes work again without a "
             "restart.";
    case RefusalCode::kStorageUnavailable:
      return "Repeat the call; if it stays, run `contextsync doctor`.";
    case RefusalCode::kNotConfirmed:
      return "The write is durable and on its way; repeat with the same op_id to ask again.";
    default:
      return "Correct the argument and call again.";
  }
}

}  // namespace

Light LightFor(bool has_hub, const SyncStatus& sync, std::uint64_t parked) {
  if (!has_hub) return kLocalLight;
  if (!sync.age || *sync.age > kRecentUpTo) return kStaleLight;
  if (*sync.age >= kSyncedBelow || parked > 0) return kRecentLight;
  return kSyncedLight;
}

Json AgeSeconds(bool has_hub, const SyncStatus& sync) {
  if (!has_hub || !sync.age) return nullptr;
  return std::round(static_cast<double>(sync.age->count()) / 100.0) / 10.0;
}

std::string_view ToString(SyncState state) {
  switch (state) {
    case SyncState::kSynced:
      return "synced";
    case SyncState::kPending:
      return "pending";
    case SyncState::kLocal:
      return "local";
    case SyncState::kConflict:
      return "conflict";
  }
  return "local";
}

Json RefToJson(const ContextRef& ref) {
  return {{"level", ToString(ref.level)}, {"context_id", ref.id}};
}

std::string RefText(const ContextRef& ref) {
  return ObjectText().Text("level", ToString(ref.level)).Text("context_id", ref.id).Take();
}

Json ConflictToJson(const ConflictRecord& record, bool brief) {
  static constexpr std::array<std::string_view, 3> kStatus = {"auto", "open", "resolved"};
  Json json = RefToJson(record.context);
  json["id"] = record.id;
  json["status"] = kStatus[static_cast<std::size_t>(record.status)];
  json["path"] = record.path;
  json["kind"] = ToString(record.kind);
  json["strategy"] = ToString(record.strategy);
  json["seq"] = record.seq.value;
  json["rev"] = record.rev.value;
  json["current"] = SideToJson(record.current, brief);
  json["incoming"] = SideToJson(record.incoming, brief);
  if (record.resolution) {
    json["resolution"] = {{"choose", record.resolution->choose},
                          {"by", record.resolution->by},
                          {"seq", record.resolution->seq.value}};
  }
  return json;
}

Json VersionsToJson(const std::vector<PathVersions>& versions, bool brief) {
  Json json = Json::object();
  for (const auto& at_path : versions) {
    Json& sides = json[at_path.path] = Json::array();
    for (const auto& side : at_path.sides)
      sides.push_back(VersionSideToJson(side, brief));
  }
  return json;
}

std::string EscapedForeignText(std::string_view text) {
  std::string escaped;
  for (std::size_t at = 0; at < text.size();) {
    const auto [character, length] = Decode(text, at);
    const auto shown =
        IsUnsafe(character) ? "\\u{" + Hex(character) + "}" : std::string(text.substr(at, length));
    if (escaped.size() + shown.size() > kForeignTextBytes) break;
    escaped += shown;
    at += length;
  }
  return escaped;
}

Json NoticeToJson(const ChangeNote& note) {
  Json json = {{"level", ToString(note.context.level)},
               {"context_id", EscapedForeignText(note.context.id)},
               {"changed_by", EscapedForeignText(note.changed_by)},
               {"change_type", note.change_type},
               {"keys", KeysToJson(note.keys, kNoticeKeys)},
               {"seq", nullptr},
               {"timestamp", FormatTimestamp(note.timestamp)}};
  if (!note.author.empty()) json["author"] = EscapedForeignText(note.author);
  if (note.seq) json["seq"] = note.seq->value;
  if (note.pending) json["pending"] = true;
  return json;
}

Json ChangeToJson(const ChangeNote& note) {
  Json json = RefToJson(note.context);
  json["changed_by"] = note.changed_by;
  if (!note.author.empty()) json["author"] = note.author;
  json["change_type"] = note.change_type;
  json["keys"] = note.keys;
  json["version"] = note.version;
  json["seq"] = note.seq ? Json(note.seq->value) : Json();
  if (note.pending) json["pending"] = true;
  json["timestamp"] = FormatTimestamp(note.timestamp);
  return json;
}

ToolResult SuccessAnswer(const Operation& operation, UnixMillis now, const Around& around) {
  ObjectText answer = Begin(true, operation.name(), now);
  answer.Raw("data", operation.Data());
  Json ignored = operation.ignored_arguments;
  const auto* written = operation.main_write();
  if (written != nullptr) {
    answer.Tree("stored_keys", written->stored_keys);
    for (const auto& key : written->ignored_keys)
      ignored.push_back(key);
  }
  if (written != nullptr || !ignored.empty()) answer.Tree("ignored_keys", ignored);
  return {End(answer, around), false};
}

ToolResult FailureAnswer(const std::string& operation, UnixMillis now, const Refusal& refusal,
                         const Around& around) {
  Json error = refusal.details;
  error["code"] = ToString(refusal.code);
  error["message"] = refusal.message;
  error["hint"] = refusal.hint.empty() ? std::string(DefaultHint(refusal.code)) : refusal.hint;
  ObjectText answer = Begin(false, operation, now);
  answer.Tree("error", error);
  return {End(answer, around), true};
}

}  // namespace contextsync
