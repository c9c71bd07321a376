#include "core/notebook/restamp.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/document/codec.h"
#include "core/notebook/hybrid_clock.h"
#include "core/notebook/install.h"
#include "core/notebook/journal.h"
#include "core/notebook/parking.h"
#include "core/notebook/stamp_map.h"
#include "core/notebook/tables.h"
#include "core/ports/hub_wire.h"

namespace contextsync {

namespace {

// A hub lets no stamp in that is further ahead of its clock.
constexpr UnixMillis kAllowedAheadMillis = 60'000;

bool IsTwin(const JournalEntry& entry) {
  return entry.outcome && entry.outcome->is_trimmed && !entry.stamped_before.empty();
}

/// Only its own (hlc, device) pair: what a repair holds was stamped by many, at many times.
bool IsOrdinary(const JournalEntry& entry) {
  return entry.push.op != EntryOp::kRepair;
}

/// `entry` with the fresh stamps of `map`.
Status Apply(const StampMap& map, JournalEntry& entry) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(PushEntry push, entry.Unpack());
  entry.stamped_before.push_back(push.hlc);
  push.delta = map.Apply(push.delta);
  push.hlc = IsOrdinary(entry) ? map.Of(push.hlc) : LargestStamp(push.delta).hlc;
  entry.push.hlc = push.hlc;
  entry.push.hash = EntryHash(push);
  entry.delta_bytes = EncodeState(push.delta);
  return {};
}

class Restamper {
 public:
  Restamper(Changeset& changes, const RestampOrder& order, const Clock& clock)
      : changes_(changes), order_(order), clock_(clock) {}

  Status Run() {
    Meta& meta = changes_.meta();
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto contexts,
                                 ContextsToRestamp(changes_.tables(), meta, order_.from));
    for (const ContextRef& ref : contexts) {
      if (!order_.pages.contains(ref))
        return Error(ErrorCode::kConflict, "the hub's copy of a context is missing");
    }
    meta.offset_ms = order_.clock_offset_ms;
    limit_ = Hlc::FromMillis(HubMillis(meta, clock_) + kAllowedAheadMillis);
    CONTEXTSYNC_RETURN_IF_ERROR(Collect());
    CONTEXTSYNC_RETURN_IF_ERROR(Renew());
    for (const ContextRef& ref : contexts)
      CONTEXTSYNC_RETURN_IF_ERROR(Rebuild(ref));
    return {};
  }

 private:
  /// Sorts what moves from what stays.
  Status Collect() {
    const Meta& meta = changes_.meta();
    CONTEXTSYNC_RETURN_IF_ERROR(
        journal::ForEach(changes_.tables(), meta.first_n, meta.next_n, [this](JournalEntry& entry) {
          if (entry.outcome || entry.push.n < order_.from) {
            stays_ = std::max(stays_, entry.push.hlc);
            if (IsTwin(entry)) twins_.push_back(std::move(entry));
          } else {
            moving_.push_back(std::move(entry));
          }
          return true;
        }));
    CONTEXTSYNC_RETURN_IF_ERROR(CollectRepaired());
    CONTEXTSYNC_ASSIGN_OR_RETURN(parked_, parking::All(changes_.tables()));
    const auto first_ahead = std::partition(
        parked_.begin(), parked_.end(),
        [this](const ParkedEntry& parked) { return parked.entry.push.hlc <= limit_; });
    std::for_each(parked_.begin(), first_ahead, [this](const ParkedEntry& parked) {
      stays_ = std::max(stays_, parked.entry.push.hlc);
    });
    parked_.erase(parked_.begin(), first_ahead);
    for (const auto& [ref, page] : order_.pages)
      stays_ = std::max(stays_, page.hlc);
    return {};
  }

  /// Repairs hold stamps that stay as well.
  Status CollectRepaired() {
    for (const JournalEntry& entry : moving_) {
      if (IsOrdinary(entry)) continue;
      CONTEXTSYNC_ASSIGN_OR_RETURN(const Delta delta, entry.DecodeDelta());
      ForEachStamp(delta, [this](const Stamp& stamp) {
        if (stamp.hlc <= limit_) stays_ = std::max(stays_, stamp.hlc);
      });
    }
    return {};
  }

  /// A clock that was ahead goes back here, but not behind anything that stays.
  Status Renew() {
    StampMap map(changes_.meta(), limit_);
    CONTEXTSYNC_RETURN_IF_ERROR(AddTo(map));
    changes_.meta().hlc = stays_;
    CONTEXTSYNC_RETURN_IF_ERROR(map.Draw(changes_.meta(), clock_));
    const UnixMillis now = HubMillis(changes_.meta(), clock_);
    for (JournalEntry& entry : moving_) {
      CONTEXTSYNC_RETURN_IF_ERROR(Apply(map, entry));
      entry.created = std::min(entry.created, now);
      journal::Update(changes_, entry);
    }
    for (ParkedEntry& parked : parked_) {
      CONTEXTSYNC_RETURN_IF_ERROR(Apply(map, parked.entry));
      changes_.tables().Put(tables::kParked, keys::Parked(parked.entry.push.id), Encode(parked));
      CONTEXTSYNC_RETURN_IF_ERROR(ShowParked(parked.entry.push.context));
    }
    return {};
  }

  /// Log elements of a twin are at the hub under the keys they were first pushed with, and entries
  /// after it that remove them must name those.
  void NameTwins(StampMap& map) const {
    for (const JournalEntry& twin : twins_) {
      const auto page = order_.pages.find(twin.push.context);
      if (page == order_.pages.end() || page->second.contexts.empty()) continue;
      for (const Hlc before : twin.stamped_before)
        map.NameAsBefore(twin.push.hlc, before, page->second.contexts.front().state);
    }
  }

  Status AddTo(StampMap& map) const {
    NameTwins(map);
    for (const JournalEntry& entry : moving_) {
      if (IsOrdinary(entry)) {
        map.Add(entry.push.hlc);
        continue;
      }
      CONTEXTSYNC_ASSIGN_OR_RETURN(const Delta delta, entry.DecodeDelta());
      map.AddAhead(delta);
    }
    for (const ParkedEntry& parked : parked_)
      map.Add(parked.entry.push.hlc);
    return {};
  }

  Status ShowParked(const ContextRef& ref) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(Document document, changes_.FindOrEmpty(ref));
    CONTEXTSYNC_RETURN_IF_ERROR(LayParkedOver(changes_.tables(), ref, document));
    return changes_.Put(ref, std::move(document));
  }

  Status Rebuild(const ContextRef& ref) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(Document document, changes_.FindOrEmpty(ref));
    // It was told by the clock that was wrong.
    document.header.updated_at =
        std::min(document.header.updated_at, HubMillis(changes_.meta(), clock_));
    CONTEXTSYNC_RETURN_IF_ERROR(changes_.Put(ref, std::move(document)));
    return InstallContext(changes_, ref, order_.pages.at(ref));
  }

  Changeset& changes_;
  const RestampOrder& order_;
  const Clock& clock_;
  Hlc limit_;
  Hlc stays_;                         // the largest reading that is not changed
  std::vector<JournalEntry> twins_;   // numbered as they were before they were restamped
  std::vector<JournalEntry> moving_;  // entries without outcome, from order.from on
  std::vector<ParkedEntry> parked_;   // those ahead of the hub
};

}  // namespace

Result<std::set<ContextRef>> ContextsToRestamp(const TableReader& tables, const Meta& meta,
                                               EntryNumber from) {
  std::set<ContextRef> contexts;
  CONTEXTSYNC_RETURN_IF_ERROR(
      journal::ForEach(tables, meta.first_n, meta.next_n, [&](const JournalEntry& entry) {
        const bool moves = !entry.outcome && entry.push.n >= from;
        if (moves || IsTwin(entry)) contexts.insert(entry.push.context);
        return true;
      }));
  return contexts;
}

Status Restamp(Changeset& changes, const RestampOrder& order, const Clock& clock) {
  return Restamper(changes, order, clock).Run();
}

Result<std::optional<EntryNumber>> FirstAfterTwin(const TableReader& tables, const Meta& meta) {
  std::optional<EntryNumber> first;
  const auto find = [&first](const JournalEntry& entry) {
    if (IsTwin(entry)) first = entry.push.n.Next();
    return !first;
  };
  // The hub ends a batch at a twin, so nothing before or at one lacks the hub's word.
  CONTEXTSYNC_RETURN_IF_ERROR(journal::ForEach(tables, meta.first_n, meta.acked_n.Next(), find));
  return first;
}

Status ReissueForgotten(Changeset& changes, HubSequence seen, const Clock& clock) {
  Meta& meta = changes.meta();
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto after_twin, FirstAfterTwin(changes.tables(), meta));
  std::vector<JournalEntry> later;
  CONTEXTSYNC_RETURN_IF_ERROR(
      journal::ForEach(changes.tables(), meta.first_n, meta.next_n, [&](JournalEntry& entry) {
        const bool is_first =
            SeenBy(entry.push) < meta.gc_floor || (after_twin && entry.push.n >= *after_twin);
        const bool counts = !entry.outcome && IsOrdinary(entry);
        if (counts && (is_first || !later.empty())) later.push_back(std::move(entry));
        return true;
      }));
  StampMap map(meta, meta.hlc);
  for (const JournalEntry& entry : later)
    map.Add(entry.push.hlc);
  CONTEXTSYNC_RETURN_IF_ERROR(map.Draw(meta, clock));
  for (JournalEntry& entry : later) {
    if (entry.push.base < meta.gc_floor) {
      entry.push.reissue = seen;
      entry.push.on_conflict = Strategy::kManual;
    }
    CONTEXTSYNC_RETURN_IF_ERROR(Apply(map, entry));
    journal::Update(changes, entry);
  }
  return {};
}

Status ReissueAlone(JournalEntry& entry, Meta& meta, const Clock& clock) {
  StampMap map(meta, meta.hlc);
  map.Add(entry.push.hlc);
  CONTEXTSYNC_RETURN_IF_ERROR(map.Draw(meta, clock));
  entry.push.reissue = meta.cursor;
  entry.push.on_conflict = Strategy::kManual;
  return Apply(map, entry);
}

}  // namespace contextsync
