#include "core/tools/excerpt.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "core/document/pointer.h"
#include "core/tools/envelope.h"

namespace contextsync {

namespace {

constexpr std::size_t kBytesPerToken = 4;  // a token of the contract is 4 bytes of compact JSON
constexpr std::int64_t kMinTokens = 100;
constexpr std::int64_t kMaxTokens = 1'000'000;

}  // namespace

bool Excerpt::Selects(const std::string& path) const {
  return fields.empty() || std::any_of(fields.begin(), fields.end(), [&](const auto& field) {
           const bool is_pointer = !field.empty() && field.front() == '/';
           const auto pointer = is_pointer ? field : AppendSegment("", field);
           return IsAtOrBelow(path, pointer) || IsAtOrBelow(pointer, path);
         });
}

Excerpt ReadExcerpt(ArgumentReader& in) {
  Excerpt excerpt;
  excerpt.fields = in.TextList("fields");
  const auto tokens = in.Integer("max_tokens", kMinTokens, kMaxTokens);
  if (tokens) {
    excerpt.max_bytes =
        std::min(excerpt.max_bytes, static_cast<std::size_t>(*tokens) * kBytesPerToken);
  }
  return excerpt;
}

std::string ContextText(ObjectText info, std::string_view data,
                        const std::vector<PathVersions>& versions, const Excerpt& excerpt) {
  info.Raw("data", data);
  std::vector<PathVersions> selected = versions;
  std::erase_if(selected, [&](const PathVersions& each) { return !excerpt.Selects(each.path); });
  if (selected.empty()) return info.Take();
  const auto text = CompactText(VersionsToJson(selected, /*brief=*/false));
  const bool fits = data.size() + text.size() <= excerpt.max_bytes;
  info.Raw("_versions", fits ? text : CompactText(VersionsToJson(selected, /*brief=*/true)));
  return info.Take();
}

Refusal NoSuchContext(const ContextRef& ref, const std::optional<Deletion>& deleted) {
  Refusal refusal{RefusalCode::kNotFound, "There is no such context.", "", RefToJson(ref)};
  if (deleted) {
    refusal.message = "The context was deleted.";
    refusal.hint = "Use action=history to see what it was, or action=update to start it anew.";
    refusal.details["deleted_at"] = FormatTimestamp(deleted->at);
    refusal.details["deleted_by"] = EscapedForeignText(deleted->by);
  }
  return refusal;
}

}  // namespace contextsync
