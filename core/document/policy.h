// Policy: how lists behave and which strategy decides a conflict, by path and level. Read from the
// shared context `global/_policy`; consulted by writers and by the hub, never by the join.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/document/context_ref.h"
#include "core/document/json.h"

namespace contextsync {

/// The numbers are stored; do not change them.
enum class Strategy : std::uint8_t { kMerge = 0, kLastWriteWins = 1, kVersion = 2, kManual = 3 };

/// "merge", "last_write_wins", "version", "manual".
std::string_view ToString(Strategy strategy);
std::optional<Strategy> ParseStrategy(std::string_view text);

/// How two writes clash; "scalar", "type", "delete_update".
enum class ClashKind : std::uint8_t { kScalar = 0, kType = 1, kDeleteUpdate = 2 };
std::string_view ToString(ClashKind kind);
std::optional<ClashKind> ParseClashKind(std::string_view text);

enum class ListPolicy : std::uint8_t { kUnion, kReplace, kLog };

/// What to do with a write that looks like it holds a secret.
enum class SecretMode : std::uint8_t { kBlock, kRedact, kWarn };

/// An optional level, then pointer segments; "*" is one whole segment, a final "**" the rest, the
/// node itself included.
class PathPattern {
 public:
  static Result<PathPattern> Parse(std::string_view text);

  [[nodiscard]] bool Matches(Level level, const std::vector<std::string>& segments) const;

  /// True when this pattern decides where both match: more literal segments, then a level, then
  /// longer, then byte order.
  [[nodiscard]] bool Beats(const PathPattern& other) const;

 private:
  std::string text_;
  std::optional<Level> level_;
  std::vector<std::string> segments_;  // unescaped; without a final "**"
  std::vector<bool> is_wildcard_;
  bool any_rest_ = false;
  std::size_t literal_count_ = 0;
};

class Policy {
 public:
  /// The rules without any `global/_policy`.
  static Policy BuiltIn();

  /// Errors: kInvalidArgument naming the entry, for a wrong strategy, level, list rule, secrets
  /// mode or pattern.
  ///         Unknown members are kept and mean nothing.
  static Result<Policy> FromJson(const Json& policy_data);

  /// path > level > workspace > built-in. `pointer` is a JSON Pointer into the context's data.
  [[nodiscard]] Strategy StrategyFor(Level level, std::string_view pointer, ClashKind kind) const;

  [[nodiscard]] ListPolicy ListPolicyFor(Level level, std::string_view pointer) const;

  [[nodiscard]] SecretMode secret_mode() const { return secret_mode_; }
  [[nodiscard]] bool IsSecretAllowed(Level level, std::string_view pointer) const;

 private:
  friend class PolicyReader;

  template <typename Value>
  struct Rule {
    PathPattern pattern;
    Value value;
  };

  std::optional<Strategy> workspace_;
  std::optional<Strategy> levels_[kAllLevels.size()];
  std::vector<Rule<Strategy>> strategies_;  // most specific first, so the first match decides
  std::vector<Rule<ListPolicy>> lists_;     // likewise
  SecretMode secret_mode_ = SecretMode::kBlock;
  std::vector<PathPattern> secrets_allowed_;
};

}  // namespace contextsync
