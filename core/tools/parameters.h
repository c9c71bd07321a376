// The actions and arguments of manage_context, in one table each: what the schema shows, what a
// call may name, and which alias means what. Source: docs/tools.md#arguments

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/notebook/refusal.h"

namespace contextsync {

enum class Action : std::uint8_t {
  kUpdate,
  kCreate,
  kGet,
  kResolve,
  kList,
  kSearch,
  kDelete,
  kAddInsight,
  kAddProgress,
  kDelegate,
  kHistory,
  kDiff,
  kRevert,
  kChanges,
  kWatch,
  kConflicts,
  kResolveConflict,
  kBatch,
};

struct ActionInfo {
  Action action;
  std::string_view name;
  bool is_write;
  std::string_view summary;  // one line and one example, for the model
};

/// In the order the schema lists them.
std::span<const ActionInfo> Actions();

/// The action that the arguments name; nullptr if they name none that exists.
const ActionInfo* FindAction(const Json& arguments);

struct ParameterInfo {
  const char* name;
  std::uint32_t actions;  // bit set of Action
  const char* schema;     // JSON Schema of the argument, without its description
  const char* description;
};

std::span<const ParameterInfo> Parameters();

/// nullptr: there is none of that name.
const ParameterInfo* FindParameter(std::string_view name);

/// Whether the action has a use for it.
bool Uses(Action action, const ParameterInfo& parameter);

/// A call's arguments under their real names.
struct NormalArguments {
  Action action = Action::kGet;
  Json values = Json::object();
  std::vector<std::string> ignored;  // accepted, without effect
  std::string parent_project;  // `project_id` where it names the branch's parent; usually empty
};

/// Resolves aliases, drops what means "not given", and refuses what is unknown or not used by the
/// action.
Checked<NormalArguments> NormaliseArguments(const Json& arguments);

/// The candidate with the least edit distance to `text`, if it is near enough to be meant; else
/// empty.
std::string_view Closest(std::string_view text, std::span<const std::string_view> candidates);

}  // namespace contextsync
