#include "core/tools/target.h"

#include <algorithm>

#include "core/base/hash.h"
#include "core/base/limits.h"

namespace contextsync {

namespace {

constexpr std::string_view kGlobalId = "global";

/// An id derived from git may be too long: cut, with a hash so that different ones stay different.
std::string Fitted(const std::string& id) {
  constexpr std::size_t kHashDigits = 8;
  if (id.size() <= limits::kContextIdBytes) return id;
  std::size_t keep = limits::kContextIdBytes - kHashDigits - 1;
  while ((static_cast<unsigned char>(id[keep]) & 0xC0U) == 0x80U)
    --keep;  // on a character border
  return id.substr(0, keep) + "-" + Sha256Hex(id).substr(0, kHashDigits);
}

/// The branch of this name; `<project>/<name>` when the plain one belongs to another project.
std::string BranchId(const std::string& name, const std::string& project,
                     const ParentLookup& parents) {
  const auto parent = parents.ParentOf({Level::kBranch, Fitted(name)});
  if (!parent || parent->id == project) return Fitted(name);
  return Fitted(project + "/" + name);
}

std::string ProjectOf(const Target& target, const Identity& identity) {
  return Fitted(target.parent_project.empty() ? identity.project : target.parent_project);
}

void RefuseId(ArgumentReader& in, const char* name, const ContextRef& ref) {
  const auto valid = ValidateContextRef(ref);
  if (valid.ok()) return;
  const bool is_too_long = ref.id.size() > limits::kContextIdBytes;
  in.RefuseArgument(name, valid.error().message(),
                    is_too_long ? Json{{"limit", limits::kContextIdBytes}} : Json::object());
}

}  // namespace

std::optional<Level> ReadLevel(ArgumentReader& in) {
  const auto level = in.Choice("level", {"global", "project", "branch", "task"});
  return level ? ParseLevel(*level) : std::nullopt;
}

Target ReadTarget(ArgumentReader& in, const Identity& identity) {
  Target target;
  target.level = ReadLevel(in).value_or(Level::kTask);
  target.id = in.Text("context_id", limits::kMessageBytes);
  target.parent_id = in.Text("parent_id", limits::kMessageBytes);
  if (!target.id && target.level == Level::kTask) target.id = identity.task;
  if (in.refusal()) return target;
  if (target.id) {
    RefuseId(in, "context_id", {target.level, *target.id});
  } else if (target.level == Level::kTask) {
    in.Refuse({RefusalCode::kMissingField,
               "`context_id` is required: the id of the task.",
               "Call again with `context_id`, for example the ticket's number.",
               {{"parameter", "context_id"}}});
  }
  const auto parent_level = ParentLevel(target.level);
  if (target.parent_id && !parent_level) {
    in.RefuseArgument("parent_id", "The global level has no parent.");
  } else if (target.parent_id && parent_level == Level::kGlobal && *target.parent_id != kGlobalId) {
    in.RefuseArgument("parent_id", "The parent of a project is \"global\".");
  } else if (target.parent_id) {
    RefuseId(in, "parent_id", {*parent_level, *target.parent_id});
  }
  return target;
}

std::optional<ContextRef> StoredParents::ParentOf(const ContextRef& context) const {
  const auto lookup = notebook_.Read(context);
  if (!lookup.ok() || !lookup.value().found) return std::nullopt;
  return lookup.value().found->info.parent;
}

ContextRef ResolveTarget(const Target& target, const Identity& identity, const Notebook& notebook) {
  return ResolveTarget(target, identity, StoredParents(notebook));
}

ContextRef ResolveTarget(const Target& target, const Identity& identity,
                         const ParentLookup& parents) {
  if (target.id) return {target.level, *target.id};
  switch (target.level) {
    case Level::kProject:
      return {Level::kProject, ProjectOf(target, identity)};
    case Level::kBranch:
      return {Level::kBranch, BranchId(identity.branch, ProjectOf(target, identity), parents)};
    case Level::kGlobal:
    case Level::kTask:
      break;
  }
  return {Level::kGlobal, std::string(kGlobalId)};
}

ContextRef DefaultParent(Level level, const Target& target, const Identity& identity,
                         const ParentLookup& parents) {
  const auto project = ProjectOf(target, identity);
  if (level == Level::kBranch) return {level, BranchId(identity.branch, project, parents)};
  if (level == Level::kProject) return {level, project};
  return {Level::kGlobal, std::string(kGlobalId)};
}

std::vector<ContextRef> ParentsOf(const ContextRef& context, const Target& target,
                                  const Identity& identity, const ParentLookup& parents) {
  std::vector<ContextRef> nearest_first;
  ContextRef at = context;
  for (auto level = ParentLevel(at.level); level; level = ParentLevel(at.level)) {
    std::optional<ContextRef> parent;
    if (at == context && target.parent_id) {
      parent = ContextRef{*level, *target.parent_id};
    } else {
      parent = parents.ParentOf(at);
    }
    if (!parent) parent = DefaultParent(*level, target, identity, parents);
    nearest_first.push_back(*parent);
    at = std::move(*parent);
  }
  std::reverse(nearest_first.begin(), nearest_first.end());
  return nearest_first;
}

}  // namespace contextsync
