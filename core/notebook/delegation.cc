#include "core/notebook/delegation.h"

#include <algorithm>
#include <utility>

#include "core/base/timestamp.h"
#include "core/notebook/refusals.h"

namespace contextsync {

namespace {

constexpr char kEndOfSource = '\n';  // no id holds one

Refusal NoSource(const ContextRef& ref, const Document* document) {
  Refusal refusal{RefusalCode::kNotFound,
                  "There is no such context to delegate from.",
                  "",
                  {{"level", ToString(ref.level)}, {"context_id", ref.id}}};
  if (document != nullptr && document->header.Version() > 0) {
    refusal.details["deleted_at"] = FormatTimestamp(document->header.updated_at);
    refusal.details["deleted_by"] = document->header.updated_by;
  }
  return refusal;
}

/// The parent of `ref` as stored, else the one of its level among `fallback`.
Result<std::optional<ContextRef>> ParentOf(const Changeset& changes, const ContextRef& ref,
                                           const std::vector<ContextRef>& fallback) {
  const auto level = ParentLevel(ref.level);
  if (!level) return std::optional<ContextRef>{};
  CONTEXTSYNC_ASSIGN_OR_RETURN(const DocumentPtr document, changes.Find(ref));
  if (document != nullptr && document->shown->exists && document->shown->parent)
    return document->shown->parent;
  const auto named = std::find_if(fallback.begin(), fallback.end(),
                                  [&](const ContextRef& each) { return each.level == *level; });
  if (named == fallback.end()) return std::optional<ContextRef>{};
  return std::optional<ContextRef>(*named);
}

}  // namespace

Checked<ContextWrite> DelegationOf(const Changeset& changes, const ContextWrite& write) {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const DocumentPtr source, changes.Find(write.context));
  if (source == nullptr || !source->shown->exists) return NoSource(write.context, source.get());

  ContextWrite update = write;
  update.delegate_to.reset();
  update.source = "delegate";
  update.reason = ToEntryReason({write.context, write.reason});
  std::vector<ContextRef> above;  // nearest first
  for (std::optional<ContextRef> at = write.context; at;) {
    CONTEXTSYNC_ASSIGN_OR_REFUSE(at, ParentOf(changes, *at, write.parents));
    if (at) above.push_back(*at);
  }
  const auto target = std::find_if(above.begin(), above.end(), [&](const ContextRef& each) {
    return each.level == *write.delegate_to;
  });
  if (target == above.end()) return NoSource(write.context, nullptr);
  update.context = *target;
  update.parents = {above.rbegin(), std::make_reverse_iterator(std::next(target))};
  return update;
}

std::string ToEntryReason(const DelegationReason& reason) {
  std::string text(ToString(reason.source.level));
  return text.append(" ").append(reason.source.id).append(1, kEndOfSource).append(reason.text);
}

std::optional<DelegationReason> ParseDelegationReason(std::string_view reason) {
  const auto end = reason.find(kEndOfSource);
  const auto space = reason.find(' ');
  if (end == std::string_view::npos || space > end) return std::nullopt;
  const auto level = ParseLevel(reason.substr(0, space));
  if (!level) return std::nullopt;
  DelegationReason parsed;
  parsed.source = {*level, std::string(reason.substr(space + 1, end - space - 1))};
  parsed.text = reason.substr(end + 1);
  if (!ValidateContextRef(parsed.source).ok()) return std::nullopt;
  return parsed;
}

}  // namespace contextsync
