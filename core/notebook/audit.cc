#include "core/notebook/audit.h"

#include <limits>
#include <map>
#include <set>
#include <utility>

#include "core/document/codec.h"
#include "core/document/join.h"
#include "core/notebook/conflict_table.h"
#include "core/notebook/document.h"
#include "core/notebook/journal.h"
#include "core/notebook/list_facts.h"
#include "core/notebook/search_audit.h"
#include "core/notebook/tables.h"
#include "core/ports/hub_wire.h"

namespace contextsync {

namespace {

// A notebook with more is broken beyond what a list could help with.
constexpr std::size_t kMostProblems = 100;

std::string NameOf(const ContextRef& ref) {
  return std::string(ToString(ref.level)) + " " + ref.id;
}

std::string Number(std::uint64_t number) {
  return std::to_string(number);
}

class Auditor {
 public:
  Auditor(const TableReader& tables, const Meta& meta)
      : tables_(tables), meta_(meta), search_(tables, meta.generation) {}

  Result<std::vector<std::string>> Run() {
    CONTEXTSYNC_RETURN_IF_ERROR(Tolerate(CheckDocuments(), "the contexts"));
    CONTEXTSYNC_RETURN_IF_ERROR(Tolerate(CheckJournal(), "the journal"));
    CONTEXTSYNC_RETURN_IF_ERROR(Tolerate(CheckParked(), "the parked entries"));
    CONTEXTSYNC_RETURN_IF_ERROR(Tolerate(CheckConflicts(), "the conflict records"));
    CONTEXTSYNC_RETURN_IF_ERROR(Tolerate(search_.Finish(), "the search index"));
    for (const std::string& problem : search_.problems())
      Note(problem);
    return std::move(problems_);
  }

 private:
  void Note(std::string problem) {
    if (problems_.size() < kMostProblems) problems_.push_back(std::move(problem));
  }

  /// Damage is what we are here to find; anything else ends the audit.
  Status Tolerate(Status read, const std::string& what) {
    if (read.ok() || read.error().code() != ErrorCode::kCorruption) return read;
    Note(what + " cannot be read to the end: " + read.error().message());
    return {};
  }

  void Compare(std::string_view what, std::uint64_t counted, std::uint64_t found) {
    if (counted == found) return;
    Note(std::string(what) + ": " + Number(counted) + " counted, " + Number(found) + " there");
  }

  Result<std::set<std::string>> KeysOf(TableId table, const std::string& prefix) const {
    std::set<std::string> keys;
    CONTEXTSYNC_RETURN_IF_ERROR(
        tables_.Scan(table, PrefixRange(prefix), [&keys](std::string_view key, std::string_view) {
          keys.emplace(key);
          return true;
        }));
    return keys;
  }

  // ── contexts ──

  Status CheckDocuments() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto headers,
                                 KeysOf(tables::kDocuments, keys::Headers(meta_.generation)));
    for (const std::string& key : headers) {
      const auto ref = keys::ParseHeader(key);
      if (!ref) {
        Note("a context's key cannot be read");
        continue;
      }
      CONTEXTSYNC_RETURN_IF_ERROR(Tolerate(CheckDocument(*ref), NameOf(*ref)));
    }
    Compare("contexts", meta_.contexts, shown_);
    Compare("bytes", meta_.bytes, bytes_);
    CONTEXTSYNC_RETURN_IF_ERROR(CompareLists());
    return CompareIndex("the index of children", tables::kChildren, children_);
  }

  Status CheckDocument(const ContextRef& ref) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto header, LoadHeader(tables_, meta_.generation, ref));
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto document, LoadDocument(tables_, meta_.generation, ref));
    if (!header || document == nullptr) {
      Note(NameOf(ref) + " has a header without cells");
      return {};
    }
    const View& shown = *document->shown;
    const bool is_as_rendered = header->is_shown == shown.exists &&
                                header->parent == shown.parent &&
                                header->created_at == shown.created_at;
    if (!is_as_rendered) Note(NameOf(ref) + " is not described as its cells show it");
    Compare(NameOf(ref) + ", bytes", header->cell_bytes, EncodeState(*document->state).size());
    bytes_ += header->cell_bytes;
    parked_of_[ref] = header->parked;
    CONTEXTSYNC_RETURN_IF_ERROR(Tolerate(search_.Examine(ref, *document), "the search index"));
    if (!header->is_shown) return {};
    ++shown_;
    updated_.emplace(keys::Updated(meta_.generation, ref.level, header->updated_at, ref.id),
                     EncodeListFacts(*header));
    if (header->parent) children_.insert(keys::Child(meta_.generation, *header->parent, ref));
    return {};
  }

  Status CompareLists() {
    std::size_t rows = 0;
    std::size_t wrong = 0;
    CONTEXTSYNC_RETURN_IF_ERROR(tables_.Scan(
        tables::kUpdated, PrefixRange(keys::OfGeneration(meta_.generation)),
        [&](std::string_view key, std::string_view facts) {
          ++rows;
          const auto expected = updated_.find(key);
          // An earlier build kept no facts.
          const bool is_right =
              expected != updated_.end() && (facts.empty() || facts == expected->second);
          if (!is_right) ++wrong;
          return true;
        }));
    if (rows != updated_.size())
      Note("the lists: " + Number(rows) + " rows, not the " + Number(updated_.size()) +
           " of the contexts");
    if (wrong > 0) Note("the lists: " + Number(wrong) + " rows do not say what their contexts do");
    return {};
  }

  Status CompareIndex(const std::string& what, TableId table,
                      const std::set<std::string>& expected) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto found,
                                 KeysOf(table, keys::OfGeneration(meta_.generation)));
    if (found != expected)
      Note(what + ": " + Number(found.size()) + " rows, not the " + Number(expected.size()) +
           " of the contexts");
    return {};
  }

  // ── own entries ──

  Status CheckJournal() {
    std::set<std::string> index;
    std::vector<JournalEntry> entries;
    CONTEXTSYNC_RETURN_IF_ERROR(journal::ForEach(
        tables_, EntryNumber(0), EntryNumber(std::numeric_limits<std::uint64_t>::max()),
        [&](JournalEntry& entry) {
          index.insert(keys::EntryOf(entry.push.context, entry.push.n));
          entries.push_back(std::move(entry));
          return true;
        }));
    EntryNumber expected = meta_.acked_n.Next();
    for (const JournalEntry& entry : entries) {
      CONTEXTSYNC_RETURN_IF_ERROR(
          Tolerate(CheckEntry(entry), "entry " + Number(entry.push.n.value)));
      if (entry.push.n < expected) continue;
      if (entry.push.n != expected && !entry.outcome)
        Note("the journal lacks entry " + Number(expected.value));
      expected = entry.push.n.Next();
    }
    if (expected < meta_.next_n) Note("the journal lacks entry " + Number(expected.value));
    if (expected > meta_.next_n) Note("the journal holds an entry that was never numbered");
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto found, KeysOf(tables::kJournal, keys::EntryIndex()));
    if (found != index) Note("the index of the journal does not name its entries");
    return {};
  }

  Status CheckEntry(const JournalEntry& entry) {
    const std::string name = "entry " + Number(entry.push.n.value);
    if (entry.push.hlc > meta_.hlc) Note("the clock stands before " + name);
    CONTEXTSYNC_ASSIGN_OR_RETURN(const PushEntry push, entry.Unpack());
    if (EntryHash(push) != push.hash) Note(name + " does not have its hash");
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto document,
                                 LoadDocument(tables_, meta_.generation, push.context));
    const bool is_joined =
        push.delta.cells.empty() ||
        (document != nullptr && Above(*document->state, push.delta).cells.empty());
    if (!is_joined) Note(name + " is not in the cells of " + NameOf(push.context));
    return {};
  }

  Status CheckParked() {
    std::map<ContextRef, std::uint64_t> found;
    std::uint64_t count = 0;
    Status decoded;
    CONTEXTSYNC_RETURN_IF_ERROR(tables_.Scan(tables::kParked, PrefixRange(keys::AllParked()),
                                             [&](std::string_view, std::string_view value) {
                                               const auto parked = Decode<ParkedEntry>(value);
                                               ++count;
                                               if (parked.ok()) {
                                                 ++found[parked.value().entry.push.context];
                                               } else {
                                                 decoded = parked.error();
                                               }
                                               return decoded.ok();
                                             }));
    CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
    Compare("parked entries", meta_.parked, count);
    for (const auto& [ref, counted] : parked_of_) {
      const auto there = found.find(ref);
      Compare(NameOf(ref) + ", parked entries", counted, there == found.end() ? 0 : there->second);
    }
    return {};
  }

  Status CheckConflicts() {
    ConflictQuery all;
    all.limit = std::numeric_limits<std::size_t>::max();
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto page,
                                 conflict_table::Read(tables_, meta_.generation, all));
    std::uint64_t open = 0;
    for (const ConflictRecord& record : page.records)
      open += record.status == ConflictStatus::kOpen ? 1 : 0;
    Compare("open conflicts", meta_.conflicts_open, open);
    return {};
  }

  const TableReader& tables_;
  const Meta& meta_;
  SearchAudit search_;
  std::vector<std::string> problems_;
  std::uint64_t shown_ = 0;
  std::uint64_t bytes_ = 0;
  std::map<std::string, std::string, std::less<>> updated_;  // with their facts
  std::set<std::string> children_;
  std::map<ContextRef, std::uint64_t> parked_of_;
};

}  // namespace

Result<std::vector<std::string>> AuditNotebook(const TableReader& tables, const Meta& meta) {
  return Auditor(tables, meta).Run();
}

}  // namespace contextsync
