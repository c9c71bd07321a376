// Keys of the notebook's tables. A context is (level, length-prefixed id), so no id is a prefix of
// another; numbers are big-endian, so byte order is their order. Source:
// docs/storage_format.md#notebook-tables

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/timestamp.h"
#include "core/document/context_ref.h"

namespace contextsync::keys {

/// Which copy of the contexts is in force; a snapshot is installed under the other one and switched
/// to at once.
using Generation = std::uint8_t;

/// Level and id, as every key below spells a context.
std::string Context(const ContextRef& ref);

// ── meta ──
std::string MetaRecord();
std::string RebuildMark(const ContextRef& ref);
std::string RebuildMarks();  // prefix
std::optional<ContextRef> ParseRebuildMark(std::string_view key);
/// Purges of a context, for what is joined into it later.
std::string Purges(const ContextRef& ref);
std::optional<ContextRef> ParsePurges(std::string_view key);
/// There while something purged may still be in the store's files.
std::string ScrubMark();

// ── doc: generation, then header or cells ──
std::string Header(Generation generation, const ContextRef& ref);
std::string Cells(Generation generation, const ContextRef& ref);
std::string Headers(Generation generation);               // prefix
std::string CellsOf(Generation generation, Level level);  // prefix
/// The id at the end of a Cells key; nothing when it is damaged.
std::optional<std::string> ParseCells(std::string_view key);
std::optional<ContextRef> ParseHeader(std::string_view key);

/// Prefix of everything of `generation` in doc, upd, child and conf.
std::string OfGeneration(Generation generation);

// ── jrnl: entries by number, and an index by context ──
std::string Entry(EntryNumber n);
std::string Entries();  // prefix
EntryNumber ParseEntry(std::string_view key);
std::string EntryOf(const ContextRef& ref, EntryNumber n);
std::string EntriesOf(const ContextRef& ref);  // prefix
std::string EntryIndex();                      // prefix of all EntryOf

// ── park: by entry id, which survives renumbering, and an index by context ──
std::string Parked(const EntryId& id);
std::string AllParked();  // prefix
std::string ParkedOf(const ContextRef& ref, const EntryId& id);
std::string ParkedOf(const ContextRef& ref);  // prefix

// ── ops: receipts, and an index by age ──
std::string Operation(std::string_view op_id);
std::string OperationAge(UnixMillis time, std::string_view op_id);
std::string OperationAges();  // prefix

// ── hist ──
std::string Numbered(const ContextRef& ref, HubSequence seq);
std::string Numbered(const ContextRef& ref);  // prefix
std::string Folded(const ContextRef& ref, std::uint64_t local);
std::string Folded(const ContextRef& ref);  // prefix
std::string AllFolded();                    // prefix
/// Drops of a collection, beside the versions they lie between.
std::string Collected(const ContextRef& ref, HubSequence seq);
std::string Collected(const ContextRef& ref);  // prefix
/// Cells as of a numbered version …
std::string Checkpoint(const ContextRef& ref, HubSequence seq);
std::string Checkpoint(const ContextRef& ref);  // prefix
/// … and as of a version made without a hub.
std::string LocalCheckpoint(const ContextRef& ref, std::uint64_t version);
std::string LocalCheckpoint(const ContextRef& ref);  // prefix
std::string AllLocalCheckpoints();                   // prefix

// ── conf: records, an index of all by age, and one per context ──
std::string Conflict(Generation generation, std::string_view id);
std::string ConflictAge(Generation generation, HubSequence seq, std::string_view id);
std::string ConflictAges(Generation generation);  // prefix
std::string ConflictOf(Generation generation, const ContextRef& ref, HubSequence seq,
                       std::string_view id);
std::string ConflictsOf(Generation generation, const ContextRef& ref);  // prefix

// ── chg ──
std::string FeedChange(HubSequence seq);
std::string FeedChanges();  // prefix
std::string LocalChange(std::uint64_t local);
std::string LocalChanges();  // prefix

// ── upd: newest first, then id ──
std::string Updated(Generation generation, Level level, UnixMillis at, std::string_view id);
std::string UpdatedOf(Generation generation, Level level);  // prefix
/// The id at the end of an Updated key.
std::string_view UpdatedId(std::string_view key);
/// The time in it.
UnixMillis UpdatedAt(std::string_view key);

// ── child ──
std::string Child(Generation generation, const ContextRef& parent, const ContextRef& child);
std::string Children(Generation generation, const ContextRef& parent);  // prefix
std::optional<ContextRef> ParseChild(std::string_view key);

/// The number in the last eight bytes of a key that ends with one.
std::uint64_t TrailingNumber(std::string_view key);

}  // namespace contextsync::keys
