#include "core/notebook/revert.h"

#include <utility>

#include "core/document/diff.h"
#include "core/notebook/past.h"
#include "core/notebook/refusals.h"

namespace contextsync {

namespace {

Refusal NoSuchContext(const ContextRef& ref) {
  return {RefusalCode::kNotFound,
          "There never was such a context.",
          "",
          {{"level", ToString(ref.level)}, {"context_id", ref.id}}};
}

Refusal NotKept(const ContextRef& ref, std::uint64_t version, std::uint64_t oldest) {
  return {RefusalCode::kNotFound,
          "Version " + std::to_string(version) + " is none of those kept of this context.",
          "Call history to see which versions there are.",
          {{"level", ToString(ref.level)}, {"context_id", ref.id}, {"oldest", oldest}}};
}

/// Precondition: the context was seen.
Checked<View> ViewAt(const Past& past, const ContextRef& ref, std::uint64_t version) {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(auto view, past.At(version));
  if (view) return *std::move(view);
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const std::uint64_t oldest, past.Oldest());
  return NotKept(ref, version, oldest);
}

/// As ViewAt, but before the first version there was nothing.
Checked<View> SideOfSpan(const Past& past, const ContextRef& ref, std::uint64_t version) {
  if (version == 0) return View{};
  return ViewAt(past, ref, version);
}

/// A revived context goes where it was. Its parent is created anew if need be, below the parents
/// the caller named as far as they agree.
void PlaceUnder(const ContextRef& parent, ContextWrite& write) {
  if (write.parents.empty() || write.parents.back() != parent) write.parents = {parent};
}

}  // namespace

Checked<ContextWrite> RevertOf(const Changeset& changes, const ContextWrite& write) {
  const ContextRef& ref = write.context;
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const DocumentPtr document, changes.Find(ref));
  if (document == nullptr) return NoSuchContext(ref);
  const Past past(changes.tables(), changes.meta(), *document, ref);
  auto then = ViewAt(past, ref, *write.revert_to);
  if (!then.ok()) return std::move(then).failure();

  ContextWrite update = write;
  update.revert_to.reset();
  if (then.value().exists) {
    update.update = UpdateBetween(*document->view, then.value());
    if (update.update.parent) PlaceUnder(*update.update.parent, update);
  } else {
    update.update.erase_context = true;
  }
  update.update.on_conflict = write.update.on_conflict;
  return update;
}

Checked<VersionSpan> ReadSpan(const Changeset& changes, const SpanQuery& query) {
  const ContextRef& ref = query.context;
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const DocumentPtr document, changes.Find(ref));
  if (document == nullptr) return NoSuchContext(ref);
  const Past past(changes.tables(), changes.meta(), *document, ref);
  VersionSpan span;
  span.to = query.to.value_or(document->header.Version());
  auto after = SideOfSpan(past, ref, span.to);
  if (!after.ok()) return std::move(after).failure();
  span.after = std::move(after).value();
  if (query.from) {
    span.from = *query.from;
  } else {
    CONTEXTSYNC_ASSIGN_OR_REFUSE(const auto before, past.Before(span.to));
    CONTEXTSYNC_ASSIGN_OR_REFUSE(const std::uint64_t oldest, past.Oldest());
    if (!before) return NotKept(ref, span.to - 1, oldest);
    span.from = *before;
  }
  auto before = SideOfSpan(past, ref, span.from);
  if (!before.ok()) return std::move(before).failure();
  span.before = std::move(before).value();
  return span;
}

}  // namespace contextsync
