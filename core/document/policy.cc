#include "core/document/policy.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/document/pointer.h"

namespace contextsync {
namespace {

constexpr std::array<std::string_view, 4> kStrategyNames = {"merge", "last_write_wins", "version",
                                                            "manual"};
constexpr std::array<std::string_view, 3> kClashNames = {"scalar", "type", "delete_update"};
constexpr std::array<std::string_view, 3> kListNames = {"union", "replace", "log"};
constexpr std::array<std::string_view, 3> kSecretNames = {"block", "redact", "warn"};

// Lists that mean "the current set", and append-only records.
constexpr std::array<std::string_view, 6> kReplaced = {"failures",   "errors",   "todo",
                                                       "next_steps", "blockers", "open_questions"};
constexpr std::array<std::string_view, 2> kReplacedPrefixes = {"current_", "remaining_"};
constexpr std::array<std::string_view, 2> kLogs = {"insights", "progress_updates"};

template <typename Enum, std::size_t kCount>
std::optional<Enum> ParseName(const std::array<std::string_view, kCount>& names,
                              std::string_view text) {
  const auto it = std::find(names.begin(), names.end(), text);
  if (it == names.end()) return std::nullopt;
  return static_cast<Enum>(it - names.begin());
}

template <std::size_t kCount>
std::string ListOfNames(const std::array<std::string_view, kCount>& names) {
  std::string text;
  for (const std::string_view name : names)
    text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

Error InvalidPolicy(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

ListPolicy BuiltInListPolicy(std::string_view name) {
  const auto is_name = [name](std::string_view known) { return name == known; };
  const auto is_prefix = [name](std::string_view prefix) { return name.starts_with(prefix); };
  if (std::any_of(kLogs.begin(), kLogs.end(), is_name)) return ListPolicy::kLog;
  if (std::any_of(kReplaced.begin(), kReplaced.end(), is_name)) return ListPolicy::kReplace;
  if (std::any_of(kReplacedPrefixes.begin(), kReplacedPrefixes.end(), is_prefix))
    return ListPolicy::kReplace;
  return ListPolicy::kUnion;
}

}  // namespace

std::string_view ToString(Strategy strategy) {
  return kStrategyNames[static_cast<std::size_t>(strategy)];
}
std::optional<Strategy> ParseStrategy(std::string_view text) {
  return ParseName<Strategy>(kStrategyNames, text);
}
std::string_view ToString(ClashKind kind) {
  return kClashNames[static_cast<std::size_t>(kind)];
}
std::optional<ClashKind> ParseClashKind(std::string_view text) {
  return ParseName<ClashKind>(kClashNames, text);
}

Result<PathPattern> PathPattern::Parse(std::string_view text) {
  PathPattern pattern;
  pattern.text_ = std::string(text);
  std::string_view pointer = text;
  const std::size_t colon = text.find(':');
  if (!text.starts_with('/') && colon != std::string_view::npos) {
    pattern.level_ = ParseLevel(text.substr(0, colon));
    if (!pattern.level_)
      return InvalidPolicy("pattern " + pattern.text_ + " names no level before its colon");
    pointer = text.substr(colon + 1);
  }
  auto segments = SplitPointer(pointer);
  if (!segments) return InvalidPolicy("pattern " + pattern.text_ + " is not a JSON Pointer");
  if (!segments->empty() && segments->back() == "**") {
    pattern.any_rest_ = true;
    segments->pop_back();
  }
  for (const std::string& segment : *segments) {
    if (segment == "**")
      return InvalidPolicy("pattern " + pattern.text_ + " has ** before its end");
    pattern.is_wildcard_.push_back(segment == "*");
    if (segment != "*") ++pattern.literal_count_;
  }
  pattern.segments_ = *std::move(segments);
  return pattern;
}

bool PathPattern::Matches(Level level, const std::vector<std::string>& segments) const {
  if (level_ && *level_ != level) return false;
  if (any_rest_ ? segments.size() < segments_.size() : segments.size() != segments_.size())
    return false;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (!is_wildcard_[i] && segments_[i] != segments[i]) return false;
  }
  return true;
}

bool PathPattern::Beats(const PathPattern& other) const {
  const auto rank = [](const PathPattern& pattern) {
    const std::size_t length = pattern.segments_.size() + (pattern.any_rest_ ? 1 : 0);
    return std::tuple(pattern.literal_count_, pattern.level_.has_value(), length);
  };
  const auto mine = rank(*this);
  const auto theirs = rank(other);
  return mine != theirs ? mine > theirs : text_ < other.text_;
}

// Reads `global/_policy`, section by section; absent sections mean the built-in rules.
class PolicyReader {
 public:
  Result<Policy> Read(const Json& data) {
    if (!data.is_object()) return InvalidPolicy("a policy is an object");
    CONTEXTSYNC_RETURN_IF_ERROR(Section(data, "conflict", &PolicyReader::ReadConflict));
    CONTEXTSYNC_RETURN_IF_ERROR(Section(data, "lists", &PolicyReader::ReadLists));
    CONTEXTSYNC_RETURN_IF_ERROR(Section(data, "secrets", &PolicyReader::ReadSecrets));
    const auto by_precedence = [](const auto& left, const auto& right) {
      return left.pattern.Beats(right.pattern);
    };
    std::sort(policy_.strategies_.begin(), policy_.strategies_.end(), by_precedence);
    std::sort(policy_.lists_.begin(), policy_.lists_.end(), by_precedence);
    return std::move(policy_);
  }

 private:
  Status Section(const Json& object, const char* name, Status (PolicyReader::*read)(const Json&)) {
    const auto it = object.find(name);
    if (it == object.end()) return {};
    if (!it->is_object()) return InvalidPolicy(std::string(name) + " must be an object");
    return (this->*read)(*it);
  }

  template <typename Enum, std::size_t kCount>
  static Result<Enum> ReadName(const std::array<std::string_view, kCount>& names, const Json& value,
                               const std::string& where) {
    if (value.is_string()) {
      if (const auto known = ParseName<Enum>(names, value.get_ref<const std::string&>()))
        return *known;
    }
    return InvalidPolicy(where + " must be one of " + ListOfNames(names));
  }

  Status ReadConflict(const Json& conflict) {
    if (const auto it = conflict.find("workspace"); it != conflict.end()) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(policy_.workspace_,
                                   ReadName<Strategy>(kStrategyNames, *it, "conflict.workspace"));
    }
    CONTEXTSYNC_RETURN_IF_ERROR(Section(conflict, "levels", &PolicyReader::ReadLevels));
    return Section(conflict, "paths", &PolicyReader::ReadPaths);
  }

  Status ReadLevels(const Json& levels) {
    for (const auto& [name, value] : levels.items()) {
      const auto level = ParseLevel(name);
      if (!level) return InvalidPolicy("conflict.levels names the unknown level " + name);
      CONTEXTSYNC_ASSIGN_OR_RETURN(
          policy_.levels_[static_cast<std::size_t>(*level)],
          ReadName<Strategy>(kStrategyNames, value, "conflict.levels." + name));
    }
    return {};
  }

  Status ReadPaths(const Json& paths) {
    for (const auto& [text, value] : paths.items()) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(PathPattern pattern, PathPattern::Parse(text));
      CONTEXTSYNC_ASSIGN_OR_RETURN(
          const Strategy strategy,
          ReadName<Strategy>(kStrategyNames, value, "conflict.paths " + text));
      policy_.strategies_.push_back({std::move(pattern), strategy});
    }
    return {};
  }

  Status ReadLists(const Json& lists) {
    for (const auto& [text, value] : lists.items()) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(PathPattern pattern, PathPattern::Parse(text));
      CONTEXTSYNC_ASSIGN_OR_RETURN(const ListPolicy rule,
                                   ReadName<ListPolicy>(kListNames, value, "lists " + text));
      policy_.lists_.push_back({std::move(pattern), rule});
    }
    return {};
  }

  Status ReadSecrets(const Json& secrets) {
    if (const auto it = secrets.find("mode"); it != secrets.end()) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(policy_.secret_mode_,
                                   ReadName<SecretMode>(kSecretNames, *it, "secrets.mode"));
    }
    const auto allow = secrets.find("allow");
    if (allow == secrets.end()) return {};
    if (!allow->is_array()) return InvalidPolicy("secrets.allow must be a list of patterns");
    for (const Json& entry : *allow) {
      if (!entry.is_string()) return InvalidPolicy("secrets.allow must be a list of patterns");
      CONTEXTSYNC_ASSIGN_OR_RETURN(PathPattern pattern,
                                   PathPattern::Parse(entry.get_ref<const std::string&>()));
      policy_.secrets_allowed_.push_back(std::move(pattern));
    }
    return {};
  }

  Policy policy_ = Policy::BuiltIn();
};

Policy Policy::BuiltIn() {
  return {};
}

Result<Policy> Policy::FromJson(const Json& policy_data) {
  return PolicyReader().Read(policy_data);
}

Strategy Policy::StrategyFor(Level level, std::string_view pointer, ClashKind kind) const {
  if (!strategies_.empty()) {
    const auto segments = SplitPointer(pointer).value_or(std::vector<std::string>());
    for (const auto& rule : strategies_) {
      if (rule.pattern.Matches(level, segments)) return rule.value;
    }
  }
  if (const auto& by_level = levels_[static_cast<std::size_t>(level)]) return *by_level;
  if (workspace_) return *workspace_;
  const bool is_shared_level = level == Level::kGlobal || level == Level::kProject;
  return is_shared_level && kind == ClashKind::kScalar ? Strategy::kVersion : Strategy::kMerge;
}

ListPolicy Policy::ListPolicyFor(Level level, std::string_view pointer) const {
  if (!lists_.empty()) {
    const auto segments = SplitPointer(pointer).value_or(std::vector<std::string>());
    for (const auto& rule : lists_) {
      if (rule.pattern.Matches(level, segments)) return rule.value;
    }
  }
  return BuiltInListPolicy(LastSegment(pointer));
}

bool Policy::IsSecretAllowed(Level level, std::string_view pointer) const {
  const auto segments = SplitPointer(pointer);
  const auto matches = [&](const PathPattern& pattern) {
    return pattern.Matches(level, *segments);
  };
  return segments && std::any_of(secrets_allowed_.begin(), secrets_allowed_.end(), matches);
}

}  // namespace contextsync
