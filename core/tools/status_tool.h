// StatusTool: how the notebook stands, whatever state it is in. Always answers.

#pragma once

#include <string>

#include "core/ports/clock.h"
#include "core/tools/identity.h"
#include "core/tools/tool.h"
#include "core/tools/workspace.h"

namespace contextsync {

/// Lifetime: all references must outlive the tool.
class StatusTool final : public Tool {
 public:
  StatusTool(const Identity& identity, Workspace& workspace, Clock& clock, std::string version)
      : identity_(identity), workspace_(workspace), clock_(clock), version_(std::move(version)) {}

  [[nodiscard]] std::string_view name() const override { return "status"; }
  [[nodiscard]] Json Describe() const override;
  Checked<std::unique_ptr<Operation>> Prepare(const ToolCall& call) override;

 private:
  const Identity& identity_;
  Workspace& workspace_;
  Clock& clock_;
  const std::string version_;
};

}  // namespace contextsync
