#include "core/notebook/records.h"

#include "core/document/codec.h"
#include "core/notebook/record_fields.h"

namespace contextsync {

namespace {

// One number for all records: they are only ever migrated together.
constexpr std::uint8_t kFormat = 1;

}  // namespace

// The fields of each record in stored order. Appending needs a new format number.

template <typename Fields>
void VisitFields(ContextRef& ref, Fields& fields) {
  fields(ref.level);
  fields(ref.id);
}

template <typename Fields>
void VisitFields(Recovery& recovery, Fields& fields) {
  fields(recovery.at);
  fields(recovery.lost_from);
  fields(recovery.lost_to);
  fields(recovery.message);
}

template <typename Fields>
void VisitFields(Meta& meta, Fields& fields) {
  fields(meta.workspace);
  fields(meta.device);
  fields(meta.former);
  fields(meta.generation);
  fields(meta.hlc);
  fields(meta.offset_ms);
  fields(meta.last_id);
  fields(meta.next_n);
  fields(meta.acked_n);
  fields(meta.first_n);
  fields(meta.last_local);
  fields(meta.epoch);
  fields(meta.cursor);
  fields(meta.check);
  fields(meta.known);
  fields(meta.known_check);
  fields(meta.head);
  fields(meta.gc_floor);
  fields(meta.last_sync_at);
  fields(meta.hub_origin);
  fields(meta.is_folded);
  fields(meta.retried_n);
  fields(meta.contexts);
  fields(meta.bytes);
  fields(meta.parked);
  fields(meta.conflicts_open);
  fields(meta.conflicts_total);
  fields(meta.own_confirmed);
  fields(meta.operations);
  fields(meta.changes_dropped_seq);
  fields(meta.changes_dropped_local);
  fields(meta.feed_changes);
  fields(meta.recovery);
}

template <typename Fields>
void VisitFields(DocumentHeader& header, Fields& fields) {
  fields(header.is_shown);
  fields(header.rev);
  fields(header.asof);
  fields(header.unnumbered);
  fields(header.aliases);
  fields(header.parked);
  fields(header.created_at);
  fields(header.updated_at);
  fields(header.updated_by);
  fields(header.author);
  fields(header.parent);
  fields(header.cell_bytes);
  fields(header.history);
  fields(header.history_from);
  fields(header.since_checkpoint);
}

template <typename Fields>
void VisitFields(TxPart& tx, Fields& fields) {
  fields(tx.id);
  fields(tx.index);
  fields(tx.count);
}

template <typename Fields>
void VisitFields(WriteId& write, Fields& fields) {
  fields(write.hlc);
  fields(write.device);
}

template <typename Fields>
void VisitFields(Purge& purge, Fields& fields) {
  fields(purge.path);
  fields(purge.before);
  fields(purge.seqs);
  fields(purge.writes);
}

/// As one number, 0 for none.
template <typename Fields>
void VisitReissue(std::optional<HubSequence>& reissue, Fields& fields) {
  const HubSequence written = reissue ? reissue->Next() : HubSequence();
  HubSequence above = written;
  fields(above);
  if (above != written) reissue = HubSequence(above.value - 1);  // read into an empty one
}

template <typename Fields>
void VisitFields(PushEntry& push, Fields& fields) {
  fields(push.n);
  fields(push.id);
  fields(push.op);
  fields(push.tx);
  fields(push.context);
  fields(push.base);
  fields(push.over);
  fields(push.hlc);
  fields(push.agent);
  fields(push.source);
  fields(push.reason);
  fields(push.on_conflict);
  fields(push.fail);
  VisitReissue(push.reissue, fields);
  fields(push.conflict);
  fields(push.choose);
  fields(push.records);
  if (push.op == EntryOp::kPurge) fields(push.purge);
  fields(push.hash);
}

template <typename Fields>
void VisitFields(EntryOutcome& outcome, Fields& fields) {
  fields(outcome.seq);
  fields(outcome.hash);
  fields(outcome.conflicts);
  fields(outcome.is_trimmed);
}

template <typename Fields>
void VisitFields(JournalEntry& entry, Fields& fields) {
  fields(entry.push);
  fields(entry.delta_bytes);
  fields(entry.op_id);
  fields(entry.session);
  fields(entry.change_type);
  fields(entry.keys);
  fields(entry.created);
  fields(entry.local);
  fields(entry.floor);
  fields(entry.wire_bytes);
  fields(entry.version);
  fields(entry.outcome);
  fields(entry.stamped_before);
  fields(entry.given_up);
}

template <typename Fields>
void VisitFields(ParkedEntry& parked, Fields& fields) {
  fields(parked.entry);
  fields(parked.code);
  fields(parked.message);
  fields(parked.at);
}

template <typename Fields>
void VisitFields(SecretFinding& finding, Fields& fields) {
  fields(finding.path);
  fields(finding.kind);
}

template <typename Fields>
void VisitFields(ContextWritten& written, Fields& fields) {
  fields(written.context);
  fields(written.version);
  fields(written.pending);
  fields(written.created);
  fields(written.changed);
  fields(written.deleted_count);
  fields(written.parents_created);
  fields(written.stored_keys);
  fields(written.ignored_keys);
  fields(written.redacted);
  fields(written.warned);
}

template <typename Fields>
void VisitFields(WriteReceipt& receipt, Fields& fields) {
  fields(receipt.writes);
  fields(receipt.first_n);
  fields(receipt.last_n);
}

template <typename Fields>
void VisitFields(OperationRecord& record, Fields& fields) {
  fields(record.arguments_hash);
  fields(record.at);
  fields(record.receipt);
}

template <typename Fields>
void VisitFields(HistoryRecord& record, Fields& fields) {
  fields(record.version);
  fields(record.change_type);
  fields(record.agent);
  fields(record.author);
  fields(record.device);
  fields(record.at);
  fields(record.keys);
  fields(record.source);
  fields(record.reason);
  fields(record.strategy);
  fields(record.id);
  fields(record.delta_bytes);
}

template <typename Fields>
void VisitFields(ChangeRecord& record, Fields& fields) {
  fields(record.context);
  fields(record.changed_by);
  fields(record.author);
  fields(record.change_type);
  fields(record.keys);
  fields(record.version);
  fields(record.seq);
  fields(record.at);
  fields(record.session);
}

template <typename Fields>
void VisitFields(Stamp& stamp, Fields& fields) {
  fields(stamp.hlc);
  fields(stamp.device);
  fields(stamp.index);
}

template <typename Fields>
void VisitFields(ConflictSide& side, Fields& fields) {
  fields(side.value);
  fields(side.stamp);
  fields(side.agent);
  fields(side.device);
  fields(side.n);
  fields(side.id);
  fields(side.seq);
  fields(side.at);
}

template <typename Fields>
void VisitFields(ConflictResolution& resolution, Fields& fields) {
  fields(resolution.choose);
  fields(resolution.by);
  fields(resolution.seq);
}

template <typename Fields>
void VisitFields(ConflictRecord& record, Fields& fields) {
  fields(record.id);
  fields(record.rev);
  fields(record.seq);
  fields(record.context);
  fields(record.path);
  fields(record.kind);
  fields(record.current);
  fields(record.incoming);
  fields(record.strategy);
  fields(record.status);
  fields(record.left_out);
  fields(record.resolution);
}

namespace {

template <typename T>
std::string EncodeRecord(const T& record) {
  FieldWriter writer(kFormat);
  writer(record);
  return writer.Take();
}

}  // namespace

std::string Encode(const Meta& meta) {
  return EncodeRecord(meta);
}
std::string Encode(const DocumentHeader& header) {
  return EncodeRecord(header);
}
std::string Encode(const JournalEntry& entry) {
  return EncodeRecord(entry);
}
std::string Encode(const ParkedEntry& entry) {
  return EncodeRecord(entry);
}
std::string Encode(const OperationRecord& record) {
  return EncodeRecord(record);
}
std::string Encode(const HistoryRecord& record) {
  return EncodeRecord(record);
}
std::string Encode(const ChangeRecord& record) {
  return EncodeRecord(record);
}
std::string Encode(const ConflictRecord& record) {
  return EncodeRecord(record);
}

template <typename T>
Result<T> Decode(std::string_view bytes) {
  FieldReader reader(bytes);
  if (reader.format() > kFormat)
    return Error(ErrorCode::kInvalidArgument, "the notebook was written by a newer build");
  T record;
  reader(record);
  if (reader.format() != kFormat || !reader.IsComplete())
    return Error(ErrorCode::kCorruption, "a notebook record is damaged");
  return record;
}

template Result<Meta> Decode<Meta>(std::string_view);
template Result<DocumentHeader> Decode<DocumentHeader>(std::string_view);
template Result<JournalEntry> Decode<JournalEntry>(std::string_view);
template Result<ParkedEntry> Decode<ParkedEntry>(std::string_view);
template Result<OperationRecord> Decode<OperationRecord>(std::string_view);
template Result<HistoryRecord> Decode<HistoryRecord>(std::string_view);
template Result<ChangeRecord> Decode<ChangeRecord>(std::string_view);
template Result<ConflictRecord> Decode<ConflictRecord>(std::string_view);

Result<Delta> JournalEntry::DecodeDelta() const {
  return DecodeState(delta_bytes);
}

Result<PushEntry> JournalEntry::Unpack() const {
  PushEntry entry = push;
  CONTEXTSYNC_ASSIGN_OR_RETURN(entry.delta, DecodeDelta());
  return entry;
}

}  // namespace contextsync
