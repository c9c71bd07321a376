// CompileRules: what policy and operators say about a path, for one update.

#pragma once

#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/document/compile.h"

namespace contextsync {

class CompileRules {
 public:
  CompileRules(const Policy& policy, Level level, const Update& update)
      : policy_(policy),
        level_(level),
        on_conflict_(update.on_conflict),
        replaced_(update.replace.begin(), update.replace.end()),
        is_append_(update.is_append) {}

  /// How a list at `pointer` takes values; the `replace` operator goes first.
  [[nodiscard]] ListPolicy ListAt(std::string_view pointer) const;

  /// True where the update is stored as one cell (last_write_wins). The root never is.
  [[nodiscard]] bool IsAtomic(std::string_view pointer) const;

  /// True where the `replace` operator points.
  [[nodiscard]] bool IsReplaced(std::string_view pointer) const {
    return replaced_.contains(pointer);
  }

  /// True when a log entry already shown under the same `id` is a repeat, whatever else it holds.
  [[nodiscard]] bool is_append() const { return is_append_; }

 private:
  const Policy& policy_;
  const Level level_;
  const std::optional<Strategy> on_conflict_;
  const std::set<std::string, std::less<>> replaced_;
  const bool is_append_;
};

/// The text of an object's string member `id`.
std::optional<std::string> RecordId(const Json& value);

}  // namespace contextsync
