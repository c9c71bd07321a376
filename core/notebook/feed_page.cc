#include "core/notebook/feed_page.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/document/codec.h"
#include "core/document/pointer.h"
#include "core/notebook/changes_index.h"
#include "core/notebook/conflict_table.h"
#include "core/notebook/containment.h"
#include "core/notebook/history.h"
#include "core/notebook/history_keep.h"
#include "core/notebook/hybrid_clock.h"
#include "core/notebook/journal.h"
#include "core/notebook/purging.h"
#include "core/ports/protocol_mutant.h"

namespace contextsync {

namespace {

bool IsKnownKind(const FeedItem& item) {
  return item.kind == "delta" || item.kind == "resolve" || item.kind == "repair" ||
         item.kind == kCollection || item.kind == kPurging;
}

// A hub lets no stamp in that is further ahead of its clock.
constexpr UnixMillis kAheadOfHubMillis = 60'000;

/// Whether `item` can be applied at all. The limits are those a hub checks when it numbers an
/// entry: what breaks them would go on to break this notebook.
FeedStop Judge(const FeedItem& item) {
  if (!IsKnownKind(item)) return FeedStop::kUpgradeRequired;
  const Hlc bound = Hlc::FromMillis(item.timestamp + kAheadOfHubMillis);
  const bool is_lawful = ValidateContextRef(item.context).ok() &&
                         item.changed_by.size() <= limits::kAgentBytes &&
                         LargestStamp(item.delta).hlc <= bound;
  return is_lawful ? FeedStop::kNone : FeedStop::kHubInvalid;
}

bool EndsTransaction(const FeedItem& item) {
  return !item.tx || item.tx->index + 1 == item.tx->count;
}

class PageApplier {
 public:
  PageApplier(Changeset& changes, const ChangesPage& page) : changes_(changes), page_(page) {}

  Result<PageEffects> Run() {
    CONTEXTSYNC_RETURN_IF_ERROR(Survey());
    const bool is_stopped = effects_.stop != FeedStop::kNone;
    if (effects_.hole || effects_.forked || is_stopped || news_.empty()) return std::move(effects_);
    // Joins of different contexts do not touch each other, so each context is decoded and stored
    // once.
    std::map<ContextRef, std::vector<const FeedItem*>> by_context;
    for (const FeedItem* item : news_)
      by_context[item->context].push_back(item);
    if (MutantActive(ProtocolMutant::kCursorWithoutData) && by_context.size() > 1)
      by_context.erase(by_context.begin());
    for (const auto& [ref, items] : by_context)
      CONTEXTSYNC_RETURN_IF_ERROR(ApplyTo(ref, items));
    for (const FeedItem* item : news_)
      CONTEXTSYNC_RETURN_IF_ERROR(Note(*item));
    MoveCursor();
    CONTEXTSYNC_RETURN_IF_ERROR(RemoveContained(changes_));
    effects_.applied = news_.size();
    return std::move(effects_);
  }

 private:
  /// Finds out what is new, and whether it may be applied at all, before anything is changed.
  Status Survey() {
    HubSequence expected = changes_.meta().cursor.Next();
    for (const auto& item : page_.changes) {
      if (item.seq < expected) continue;
      if (item.seq != expected && !MutantActive(ProtocolMutant::kGapSkipped)) return Hole();
      effects_.stop = Judge(item);
      if (effects_.stop != FeedStop::kNone) return {};
      CONTEXTSYNC_RETURN_IF_ERROR(FindOwn(item));
      if (!item.has_delta && !IsOwnAsPushed(item)) return Hole();
      news_.push_back(&item);
      expected = item.seq.Next();
    }
    const bool is_complete =
        news_.empty() ? page_.next <= changes_.meta().cursor
                      : page_.next == news_.back()->seq && EndsTransaction(*news_.back());
    return is_complete ? Status() : Hole();
  }

  Status Hole() {
    effects_.hole = true;
    return {};
  }

  /// An item under our device and a number of ours acknowledges that entry, but only if it is that
  /// entry.
  Status FindOwn(const FeedItem& item) {
    if (item.device != changes_.meta().device) return {};
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto entry, journal::Find(changes_.tables(), item.n));
    const bool is_this = entry && (entry->push.id == item.id ||
                                   MutantActive(ProtocolMutant::kAcknowledgedWithoutId));
    if (is_this) {
      own_.emplace(item.seq, std::move(*entry));
    } else if (entry || item.n >= changes_.meta().next_n) {
      effects_.forked = !MutantActive(ProtocolMutant::kForkIgnored);
    }
    return {};
  }

  /// The entry in our journal says what the item holds, unless the hub left something out.
  [[nodiscard]] bool IsOwnAsPushed(const FeedItem& item) const {
    const auto own = own_.find(item.seq);
    return own != own_.end() && item.kind != kPurging && own->second.push.hash == item.hash;
  }

  Status ApplyTo(const ContextRef& ref, const std::vector<const FeedItem*>& items) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(Document document, changes_.FindOrEmpty(ref));
    State state = *document.state;
    View view = *document.view;
    bool is_joined = false;
    for (const FeedItem* item : items) {
      if (item->kind == kCollection) {
        CONTEXTSYNC_RETURN_IF_ERROR(Collect(*item, document.header, state, view));
        is_joined = true;
        continue;
      }
      const auto own = own_.find(item->seq);
      if (item->kind == kPurging) {
        CONTEXTSYNC_RETURN_IF_ERROR(TakeOut(*item, document.header, state, view));
        is_joined = true;
      }
      if (own != own_.end()) {
        CONTEXTSYNC_RETURN_IF_ERROR(Acknowledge(own->second, *item, document));
      } else if (item->seq > document.header.asof) {
        ApplyDelta(state, view, item->delta);
        is_joined = true;
        document.header.rev = std::max(document.header.rev, item->seq);
        document.header.aliases.clear();
      }
      if (ChangesContent(*item)) Describe(*item, document.header);
      CONTEXTSYNC_RETURN_IF_ERROR(history::Add(changes_, ref, HistoryOf(*item), document.header));
    }
    if (is_joined) {
      SetState(document, std::move(state), std::move(view));
      CONTEXTSYNC_RETURN_IF_ERROR(LayParkedOver(changes_.tables(), ref, document));
    }
    if (items.back()->kind != kCollection)
      CONTEXTSYNC_RETURN_IF_ERROR(
          history::Checkpoint(changes_, ref, items.back()->seq, items.back()->timestamp, document));
    return changes_.Put(ref, std::move(document));
  }

  /// Takes out what nobody needs. What own entries hold stays, or comes to light again: they are
  /// not part of what was collected.
  Status Collect(const FeedItem& item, const DocumentHeader& header, State& state, View& view) {
    if (item.seq.value >= header.history_from)
      history::AddCollected(changes_, item.context, item.seq, item.drops);
    if (item.seq <= header.asof) return {};
    ApplyDrops(state, item.drops);
    CONTEXTSYNC_RETURN_IF_ERROR(journal::JoinEntries(
        changes_.tables(), item.context,
        [&item](const JournalEntry& entry) {
          if (MutantActive(ProtocolMutant::kCollectedNotRejoined)) return false;
          return !entry.outcome || entry.outcome->is_trimmed || entry.outcome->seq > item.seq;
        },
        state));
    view = Render(state);
    return {};
  }

  /// What was written there by others who do not know of the purge yet stays, as own entries do,
  /// and what a rebuild brought that came after it.
  Status TakeOut(const FeedItem& item, DocumentHeader& header, State& state, View& view) {
    CONTEXTSYNC_RETURN_IF_ERROR(purging::TakeOut(changes_, item.context, item.purge));
    const bool is_ahead = item.seq > header.asof;
    ApplyPurgeToOlder(state, is_ahead ? item.purge : item.purge.OfNamed());
    CONTEXTSYNC_RETURN_IF_ERROR(FetchIfPartial(item, header));
    CONTEXTSYNC_RETURN_IF_ERROR(journal::JoinEntries(
        changes_.tables(), item.context,
        [&item](const JournalEntry& entry) {
          return !entry.outcome || entry.outcome->is_trimmed || entry.outcome->seq > item.seq;
        },
        state));
    header.aliases.clear();
    view = Render(state);
    return {};
  }

  /// A list element is known here by its first and last addition. Where some of its additions went,
  /// only the hub's feed can tell which of the others is first now.
  Status FetchIfPartial(const FeedItem& item, const DocumentHeader& header) {
    if (item.purge.IsWhole() || item.seq <= header.asof) return {};
    effects_.rebuild.push_back(item.context);
    return MarkRebuild(changes_, item.context);
  }

  Status Acknowledge(JournalEntry& entry, const FeedItem& item, Document& document) {
    std::vector<std::string> conflicts;
    for (const auto& record : item.conflicts)
      conflicts.push_back(record.id);
    CONTEXTSYNC_RETURN_IF_ERROR(NoteNumbered(
        changes_, entry, {item.seq, item.seq, item.hash, std::move(conflicts)}, document));
    if (entry.outcome->is_trimmed) effects_.rebuild.push_back(item.context);
    return {};
  }

  /// An item may carry records alone: everything the entry wrote was left out, or it only decided.
  [[nodiscard]] bool ChangesContent(const FeedItem& item) const {
    if (item.kind == kPurging) return true;
    if (item.has_delta) return !item.delta.cells.empty();
    const auto own = own_.find(item.seq);
    return own == own_.end() || own->second.delta_bytes != EncodeState(State{});
  }

  /// Who changed the context last: the item, unless an own change is shown on top of it.
  static void Describe(const FeedItem& item, DocumentHeader& header) {
    if (item.seq <= header.asof || header.unnumbered > 0) return;
    header.updated_at = item.timestamp;
    header.updated_by = item.changed_by;
    header.author = item.author;
  }

  [[nodiscard]] HistoryRecord HistoryOf(const FeedItem& item) const {
    HistoryRecord record;
    record.version = item.seq.value;
    record.change_type = item.change_type;
    record.agent = item.changed_by;
    record.author = item.author;
    record.device = item.device;
    record.at = item.timestamp;
    record.keys = KeysOf(item);
    record.source = item.source;
    record.reason = item.reason;
    record.strategy = DecidedBy(item);
    record.id = item.id;
    const auto own = own_.find(item.seq);
    record.delta_bytes = item.has_delta ? EncodeState(item.delta) : own->second.delta_bytes;
    return record;
  }

  /// The strategy of a clash the item was part of; an item may change the records of others too.
  static std::optional<Strategy> DecidedBy(const FeedItem& item) {
    const auto is_of_item = [&item](const ConflictSide& side) {
      return side.device == item.device && side.n == item.n;
    };
    for (const auto& record : item.conflicts) {
      const bool is_shown_side =
          record.status == ConflictStatus::kAuto && is_of_item(record.current);
      if (is_shown_side || is_of_item(record.incoming)) return record.strategy;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::vector<std::string> KeysOf(const FeedItem& item) const {
    const auto own = own_.find(item.seq);
    if (own != own_.end()) return own->second.keys;
    if (item.kind == kPurging) return KeysOf(item.purge);
    auto keys = changes_index::KeysOf(item.delta);
    for (const auto& record : item.conflicts) {
      const auto key = record.path.starts_with('/') ? TopLevelKey(record.path) : std::nullopt;
      if (key && std::find(keys.begin(), keys.end(), *key) == keys.end()) keys.push_back(*key);
    }
    return keys;
  }

  static std::vector<std::string> KeysOf(const Purge& purge) {
    const auto key = TopLevelKey(purge.path);
    return key ? std::vector<std::string>{*key} : std::vector<std::string>();
  }

  /// What belongs to the workspace rather than to one context, in feed order.
  Status Note(const FeedItem& item) {
    if (!MutantActive(ProtocolMutant::kFeedDoesNotMoveClock))
      Receive(changes_.meta(), LargestStamp(item.delta).hlc);
    for (const auto& record : item.conflicts)
      CONTEXTSYNC_RETURN_IF_ERROR(NoteConflict(record));
    for (const auto& id : item.forgotten)
      CONTEXTSYNC_RETURN_IF_ERROR(ForgetConflict(id, item.seq));
    // A collection changes nothing that anybody sees. Changes made here were told to the other
    // sessions when they were made, those that a rebuild took out of the journal too.
    if (item.kind == kCollection || item.device == changes_.meta().device) return {};
    ChangeRecord change;
    change.context = item.context;
    change.changed_by = item.changed_by;
    change.author = item.author;
    change.change_type = item.change_type;
    change.keys = KeysOf(item);
    change.version = item.seq.value;
    change.seq = item.seq;
    change.at = item.timestamp;
    return changes_index::AddFeed(changes_, item.seq, change);
  }

  Status NoteConflict(const ConflictRecord& record) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const auto known,
        conflict_table::Find(changes_.tables(), changes_.meta().generation, record.id));
    // A snapshot may have brought a later form of it.
    if (known && known->rev > record.rev) return {};
    return conflict_table::Put(changes_, record);
  }

  /// A record filed again after the hub forgot it stays: a snapshot brought it.
  Status ForgetConflict(const std::string& id, HubSequence at) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const auto known, conflict_table::Find(changes_.tables(), changes_.meta().generation, id));
    const bool is_due = known && known->rev < at;
    if (is_due && !MutantActive(ProtocolMutant::kRecordNotForgotten))
      conflict_table::Forget(changes_, *known);
    return {};
  }

  void MoveCursor() {
    Meta& meta = changes_.meta();
    meta.cursor = news_.back()->seq;
    meta.check = page_.check;
    meta.head = std::max({meta.head, page_.head, meta.cursor});
    NoteKnown(meta, meta.cursor, meta.check);
  }

  Changeset& changes_;
  const ChangesPage& page_;
  PageEffects effects_;
  std::vector<const FeedItem*> news_;
  std::map<HubSequence, JournalEntry> own_;
};

}  // namespace

Result<PageEffects> ApplyPage(Changeset& changes, const ChangesPage& page) {
  return PageApplier(changes, page).Run();
}

}  // namespace contextsync
