// How a write is journalled: compiled against what is here, staged, and appended once all are.

#include <algorithm>
#include <utility>

#include "core/document/codec.h"
#include "core/document/compile.h"
#include "core/notebook/changes_index.h"
#include "core/notebook/history.h"
#include "core/notebook/history_keep.h"
#include "core/notebook/hybrid_clock.h"
#include "core/notebook/journal.h"
#include "core/notebook/refusals.h"
#include "core/notebook/wire_size.h"
#include "core/notebook/write_path.h"
#include "core/ports/hub_wire.h"

namespace contextsync {

namespace {

// Without a hub the journal would grow for ever: beyond this many entries the oldest are dropped,
// and the first hello repairs from the state instead.
constexpr std::uint64_t kJournalWithoutHub = 1'000;

}  // namespace

WritePath::Refused WritePath::CompileOne(const ContextWrite& write, ContextWritten& written) {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const Document before, changes_.FindOrEmpty(write.context));
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const Policy* const policy, services_.policy.Current(changes_));
  Update update = write.update;
  const bool may_create = update.data.is_object() && !before.view->exists;
  if (may_create && !update.parent && !write.parents.empty()) update.parent = write.parents.back();

  const Hlc last = changes_.meta().hlc;
  const auto hlc = Tick(changes_.meta(), services_.clock);
  if (!hlc)
    return Refusal{RefusalCode::kInternal, "The clock stands beyond the year 9999.", "", {}};
  auto compiled = Compile(*before.state, *before.view, update, *policy,
                          {write.context.level, *hlc, changes_.meta().device});
  if (!compiled.ok()) return RefusalFor(compiled.failure());
  written.stored_keys = compiled.value().stored_keys;
  written.ignored_keys = compiled.value().ignored_keys;
  written.changed = compiled.value().changed;
  written.created = !before.view->exists && compiled.value().view.exists;
  written.version = before.header.is_shown ? before.header.Version() : 0;
  written.pending = services_.has_hub && before.header.unnumbered > 0;
  // A choice is told to the hub although it changes nothing that is shown here.
  if (!written.changed && !write.resolution) {
    changes_.meta().hlc = last;
    return std::nullopt;
  }
  written.version = before.header.Version() + 1;
  written.pending = services_.has_hub;
  return Stage(write, before, std::move(compiled).value());
}

WritePath::Refused WritePath::Stage(const ContextWrite& write, const Document& before,
                                    Compiled compiled) {
  if (write.context == PolicyContext() && compiled.view.exists) {
    if (const auto policy = Policy::FromJson(compiled.view.data); !policy.ok())
      return RefusalFor(policy.error(), "data");
  }
  Meta& meta = changes_.meta();
  Staged staged;
  JournalEntry& entry = staged.entry;
  entry.push.id = MintEntryId(meta, services_.clock, services_.random);
  entry.push.context = write.context;
  entry.push.base = std::max(meta.cursor, before.header.asof);
  CONTEXTSYNC_ASSIGN_OR_REFUSE(entry.push.over, LeastPending(write.context));
  entry.push.hlc = meta.hlc;
  entry.push.agent = request_.agent;
  entry.push.source = write.source;
  entry.push.reason = write.reason;
  entry.push.on_conflict = write.update.on_conflict;
  entry.push.fail = write.fail_on_conflict || write.expected_version.has_value();
  if (write.resolution) {
    entry.push.op = EntryOp::kResolve;
    entry.push.conflict = write.resolution->conflict;
    entry.push.choose = write.resolution->choose;
  }
  entry.op_id = request_.op_id;
  entry.session = request_.session;
  entry.change_type = write.resolution        ? "resolve"
                      : !compiled.view.exists ? "delete"
                      : before.view->exists   ? "update"
                                              : "create";
  entry.keys = std::move(compiled.changed_keys);
  entry.created = now_;
  entry.floor = meta.cursor;
  entry.version = before.header.Version() + 1;
  entry.delta_bytes = EncodeState(compiled.delta);
  entry.wire_bytes = WireSize(entry.push, compiled.delta);
  staged.delta = std::move(compiled.delta);

  Document after = before;
  SetState(after, std::move(compiled.after), std::move(compiled.view));
  ++after.header.unnumbered;
  after.header.aliases.clear();
  // The stamp behind created_at may be a tick ahead of the clock that was read for this call.
  after.header.updated_at = std::max(now_, after.view->created_at);
  after.header.updated_by = request_.agent;
  after.header.author.clear();
  CONTEXTSYNC_REFUSE_IF_ERROR(LayParkedOver(changes_.tables(), write.context, after));
  if (meta.epoch.empty())
    CONTEXTSYNC_REFUSE_IF_ERROR(history::CheckpointLocal(changes_, write.context, after));
  CONTEXTSYNC_REFUSE_IF_ERROR(changes_.Put(write.context, std::move(after)));
  staged_.push_back(std::move(staged));
  return std::nullopt;
}

Result<std::optional<EntryId>> WritePath::LeastPending(const ContextRef& ref) const {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto least, journal::LeastIdOf(changes_, ref));
  if (least) return least;
  const auto earlier = std::find_if(staged_.begin(), staged_.end(), [&ref](const Staged& staged) {
    return staged.entry.push.context == ref;
  });
  if (earlier != staged_.end()) least = earlier->entry.push.id;
  return least;
}

/// What the writes before this one did, as history sees it: their numbers and hashes come last.
void WritePath::AppendStaged(Changeset& seen) const {
  for (const auto& staged : staged_)
    journal::Append(seen, staged.entry);
}

WritePath::Refused WritePath::JournalAll() {
  if (staged_.empty()) return std::nullopt;
  std::uint64_t bytes = 0;
  for (const auto& staged : staged_)
    bytes += staged.entry.wire_bytes;
  if (bytes > limits::kEntryBytes)
    return Refusal{RefusalCode::kTooLarge,
                   "The change is too large to be sent as one.",
                   "",
                   {{"what", "entry_bytes"}, {"limit", limits::kEntryBytes}, {"actual", bytes}}};
  receipt_.first_n = changes_.meta().next_n;
  const std::string tx = staged_.front().entry.push.id.value;
  std::uint32_t index = 0;
  for (auto& [entry, delta] : staged_) {
    if (staged_.size() > 1)
      entry.push.tx = TxPart{tx, index++, static_cast<std::uint32_t>(staged_.size())};
    entry.push.delta = std::move(delta);
    entry.push.hash = EntryHash(entry.push);
    entry.push.delta = {};
    ChangeRecord change;
    change.context = entry.push.context;
    change.changed_by = request_.agent;
    change.change_type = entry.change_type;
    change.keys = entry.keys;
    change.version = entry.version;
    change.at = now_;
    change.session = request_.session;
    CONTEXTSYNC_ASSIGN_OR_REFUSE(entry.local, changes_index::AddLocal(changes_, change));
    receipt_.last_n = changes_.meta().next_n;
    journal::Append(changes_, std::move(entry));
  }
  return FoldOldest();
}

WritePath::Refused WritePath::FoldOldest() {
  Meta& meta = changes_.meta();
  // What a hub has once heard of is its business; only a notebook that never met one folds.
  if (services_.has_hub || !meta.epoch.empty()) return std::nullopt;
  while (meta.next_n.value - meta.first_n.value > kJournalWithoutHub) {
    CONTEXTSYNC_ASSIGN_OR_REFUSE(const auto oldest, journal::Find(changes_.tables(), meta.first_n));
    if (oldest) {
      history::AddFolded(changes_, *oldest, meta.device);
      journal::Remove(changes_, *oldest);
    }
    meta.first_n = meta.first_n.Next();
    meta.acked_n = EntryNumber(meta.first_n.value - 1);
    meta.is_folded = true;
  }
  return std::nullopt;
}

}  // namespace contextsync
