// ManageContext: the one tool for all notebook work. Adding an action: a row in parameters.cc, a
// file action_<name>.cc, a line in the dispatch here.

#pragma once

#include "core/tools/action_context.h"
#include "core/tools/tool.h"

namespace contextsync {

/// Lifetime: all references must outlive the tool.
class ManageContext final : public Tool {
 public:
  ManageContext(const Identity& identity, Clock& clock, Random& random)
      : identity_(identity), clock_(clock), random_(random) {}

  [[nodiscard]] std::string_view name() const override { return "manage_context"; }
  [[nodiscard]] std::string OperationName(const Json& arguments) const override;
  [[nodiscard]] Json Describe() const override;
  Checked<std::unique_ptr<Operation>> Prepare(const ToolCall& call) override;

 private:
  const Identity& identity_;
  Clock& clock_;
  Random& random_;
  ResolveCache resolve_cache_;
};

}  // namespace contextsync
