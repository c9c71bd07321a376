#include "core/notebook/parking.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/timestamp.h"
#include "core/document/codec.h"
#include "core/document/join.h"
#include "core/notebook/changes_index.h"
#include "core/notebook/containment.h"
#include "core/notebook/history.h"
#include "core/notebook/hybrid_clock.h"
#include "core/notebook/journal.h"
#include "core/notebook/purging.h"
#include "core/notebook/restamp.h"
#include "core/notebook/tables.h"
#include "core/ports/hub_wire.h"
#include "core/ports/protocol_mutant.h"

namespace contextsync::parking {

namespace {

// A hub that is mended takes a suspect within this time.
constexpr UnixMillis kSuspectMillis = 10LL * 60 * 1000;

void RemoveRecord(Changeset& changes, const PushEntry& push) {
  changes.tables().Delete(tables::kParked, keys::Parked(push.id));
  changes.tables().Delete(tables::kParked, keys::ParkedOf(push.context, push.id));
  --changes.meta().parked;
}

/// The parts of the transaction `parked` belongs to that are still here, in order; or itself.
Result<std::vector<ParkedEntry>> PartsOf(const TableReader& tables, const ParkedEntry& parked) {
  if (!parked.entry.push.tx) return std::vector<ParkedEntry>{parked};
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::vector<ParkedEntry> parts, All(tables));
  std::erase_if(parts, [&parked](const ParkedEntry& other) {
    return !other.entry.push.tx || other.entry.push.tx->id != parked.entry.push.tx->id;
  });
  std::sort(parts.begin(), parts.end(), [](const ParkedEntry& a, const ParkedEntry& b) {
    return a.entry.push.tx->index < b.entry.push.tx->index;
  });
  return parts;
}

/// The write said it was the last change; now the one before it is again.
Status DescribeByHistory(const Changeset& changes, const ContextRef& ref, DocumentHeader& header) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto last, history::Latest(changes.tables(), ref));
  if (!last) return {};
  header.updated_at = last->at;
  header.updated_by = last->agent;
  header.author = last->author;
  return {};
}

/// Joins the entry into its context and appends it. `is_whole`: all of its transaction is here.
Status TakeBack(Changeset& changes, const ParkedEntry& parked, bool is_whole, const Clock& clock) {
  JournalEntry entry = parked.entry;
  entry.outcome.reset();
  entry.given_up.clear();
  // Parts are missing, so the hub would refuse the rest: what is left goes for itself.
  if (!is_whole) entry.push.tx.reset();
  Meta& meta = changes.meta();
  RemoveRecord(changes, entry.push);
  if (SeenBy(entry.push) < meta.gc_floor) {
    CONTEXTSYNC_RETURN_IF_ERROR(ReissueAlone(entry, meta, clock));
  }
  CONTEXTSYNC_RETURN_IF_ERROR(purging::TakeOutOf(changes, entry));
  CONTEXTSYNC_ASSIGN_OR_RETURN(PushEntry push, entry.Unpack());
  entry.push.hash = EntryHash(push);

  const ContextRef ref = entry.push.context;
  CONTEXTSYNC_ASSIGN_OR_RETURN(Document document, changes.FindOrEmpty(ref));
  State state = *document.state;
  Join(state, push.delta);
  if (document.header.parked > 0) --document.header.parked;
  SetState(document, std::move(state));
  CONTEXTSYNC_RETURN_IF_ERROR(LayParkedOver(changes.tables(), ref, document));
  meta.retried_n = meta.next_n;
  journal::Append(changes, std::move(entry));
  return changes.Put(ref, std::move(document));
}

}  // namespace

Status Park(Changeset& changes, const JournalEntry& entry, Reason reason) {
  const ContextRef& ref = entry.push.context;
  auto& tables = changes.tables();
  journal::Remove(changes, entry);
  tables.Put(
      tables::kParked, keys::Parked(entry.push.id),
      Encode(ParkedEntry{entry, std::move(reason.code), std::move(reason.message), reason.at}));
  tables.Put(tables::kParked, keys::ParkedOf(ref, entry.push.id), {});
  ++changes.meta().parked;
  if (!MutantActive(ProtocolMutant::kRefusedStays))
    CONTEXTSYNC_RETURN_IF_ERROR(MarkRebuild(changes, ref));
  CONTEXTSYNC_ASSIGN_OR_RETURN(Document document, changes.FindOrEmpty(ref));
  ++document.header.parked;
  CONTEXTSYNC_RETURN_IF_ERROR(LayParkedOver(tables, ref, document));
  return changes.Put(ref, std::move(document));
}

Result<std::vector<ParkedEntry>> All(const TableReader& tables) {
  std::vector<ParkedEntry> all;
  Status decoded;
  const auto take = [&](std::string_view, std::string_view value) {
    auto parked = Decode<ParkedEntry>(value);
    if (parked.ok()) {
      all.push_back(std::move(parked).value());
    } else {
      decoded = std::move(parked).error();
    }
    return decoded.ok();
  };
  CONTEXTSYNC_RETURN_IF_ERROR(tables.Scan(tables::kParked, PrefixRange(keys::AllParked()), take));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
  return all;
}

Result<ParkedEntry> Find(const TableReader& tables, EntryNumber n) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::vector<ParkedEntry> all, All(tables));
  const auto found = std::find_if(all.rbegin(), all.rend(), [n](const ParkedEntry& parked) {
    return parked.entry.push.n == n;
  });
  if (found == all.rend())
    return Error(ErrorCode::kNotFound, "no parked entry has number " + std::to_string(n.value));
  return std::move(*found);
}

Status Retry(Changeset& changes, const ParkedEntry& parked, const Clock& clock) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::vector<ParkedEntry> parts,
                               PartsOf(changes.tables(), parked));
  const bool is_whole = !parked.entry.push.tx || parts.size() == parked.entry.push.tx->count;
  for (const ParkedEntry& part : parts)
    CONTEXTSYNC_RETURN_IF_ERROR(TakeBack(changes, part, is_whole, clock));
  return {};
}

Result<std::size_t> RetrySuspects(Changeset& changes, bool all, const Clock& clock) {
  const std::uint64_t before = changes.meta().parked;
  const UnixMillis now = clock.WallMillis();
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::vector<ParkedEntry> entries, All(changes.tables()));
  for (const ParkedEntry& parked : entries) {
    if (parked.code != kSuspect) continue;
    const bool is_due = parked.at > now || now - parked.at >= kSuspectMillis;
    if (!all && !is_due) continue;
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const auto still_there,
        changes.tables().Get(tables::kParked, keys::Parked(parked.entry.push.id)));
    // Gone when it went back with an earlier part of its transaction.
    if (still_there) CONTEXTSYNC_RETURN_IF_ERROR(Retry(changes, parked, clock));
  }
  return static_cast<std::size_t>(before - changes.meta().parked);
}

Result<Json> Export(const ParkedEntry& parked) {
  PushRequest request;
  CONTEXTSYNC_ASSIGN_OR_RETURN(PushEntry push, parked.entry.Unpack());
  request.entries.push_back(std::move(push));
  Json json = std::move(ToJson(request)["entries"][0]);
  json["op_id"] = parked.entry.op_id;
  json["code"] = parked.code;
  json["message"] = parked.message;
  json["at"] = FormatTimestamp(parked.at);
  return json;
}

Status Discard(Changeset& changes, const ParkedEntry& parked) {
  const ContextRef& ref = parked.entry.push.context;
  RemoveRecord(changes, parked.entry.push);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Delta delta, parked.entry.DecodeDelta());
  CONTEXTSYNC_RETURN_IF_ERROR(Disown(changes, ref, delta));
  changes_index::RemoveLocal(changes, parked.entry.local);
  CONTEXTSYNC_ASSIGN_OR_RETURN(Document document, changes.FindOrEmpty(ref));
  DocumentHeader& header = document.header;
  if (header.parked > 0) --header.parked;
  if (header.unnumbered > 0) --header.unnumbered;
  if (header.unnumbered == 0) CONTEXTSYNC_RETURN_IF_ERROR(DescribeByHistory(changes, ref, header));
  CONTEXTSYNC_RETURN_IF_ERROR(LayParkedOver(changes.tables(), ref, document));
  return changes.Put(ref, std::move(document));
}

}  // namespace contextsync::parking
