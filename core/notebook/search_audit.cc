#include "core/notebook/search_audit.h"

#include <functional>

#include "core/base/bytes.h"
#include "core/notebook/search_rows.h"
#include "core/notebook/tables.h"

namespace contextsync {

namespace {

namespace rows = search_rows;

std::uint64_t HashOf(ByteWriter bytes) {
  return std::hash<std::string>()(std::move(bytes).Take());
}

std::uint64_t PostingHash(std::string_view word, rows::Number number, std::uint32_t count,
                          std::string_view followers) {
  ByteWriter bytes;
  bytes.Text(word);
  bytes.Varint(number);
  bytes.Varint(count);
  bytes.Text(followers);
  return HashOf(std::move(bytes));
}

std::uint64_t FactsHash(rows::Number number, Level level, std::uint64_t length, UnixMillis at) {
  ByteWriter bytes;
  bytes.Varint(number);
  bytes.U8(static_cast<std::uint8_t>(level));
  bytes.Varint(length);
  bytes.Varint(static_cast<std::uint64_t>(at));
  return HashOf(std::move(bytes));
}

std::uint64_t NumberHash(rows::Number number, const ContextRef& ref) {
  ByteWriter bytes;
  bytes.Varint(number);
  bytes.Raw(keys::Context(ref));
  return HashOf(std::move(bytes));
}

/// Scans rows with a visitor that can fail.
Status ForEachRow(const TableReader& tables, const std::string& prefix,
                  const std::function<Status(std::string_view, std::string_view)>& visit) {
  Status visited;
  CONTEXTSYNC_RETURN_IF_ERROR(tables.Scan(tables::kSearch, PrefixRange(prefix),
                                          [&](std::string_view key, std::string_view value) {
                                            visited = visit(key, value);
                                            return visited.ok();
                                          }));
  return visited;
}

Error UnreadableKey() {
  return {ErrorCode::kCorruption, "a key of the search index cannot be read"};
}

bool SaysTheSame(const rows::Entry& entry, const ContextRef& ref, const Document& document) {
  const WordCounts counts = CountWords(ref.id, document.shown->data);
  return entry.updated_at == document.header.updated_at && entry.counts.length == counts.length &&
         entry.counts.words == counts.words;
}

}  // namespace

Status SearchAudit::Examine(const ContextRef& ref, const Document& document) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto mark,
                               tables_.Get(tables::kSearch, rows::MarkKey(generation_, ref)));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto bytes,
                               tables_.Get(tables::kSearch, rows::EntryKey(generation_, ref)));
  if (bytes) ++examined_;
  if (mark) return {};
  const std::string name = std::string(ToString(ref.level)) + " " + ref.id;
  if (bytes.has_value() != document.shown->exists) {
    problems_.push_back(name + (bytes ? " is in the search index though it is deleted"
                                      : " is not in the search index"));
    return {};
  }
  if (!bytes) return {};
  CONTEXTSYNC_ASSIGN_OR_RETURN(const rows::Entry entry, rows::DecodeEntry(*bytes));
  if (!SaysTheSame(entry, ref, document))
    problems_.push_back(name + " is in the search index with other words");
  return {};
}

Status SearchAudit::Finish() {
  CONTEXTSYNC_RETURN_IF_ERROR(ReadEntries());
  CONTEXTSYNC_RETURN_IF_ERROR(ReadWords());
  CONTEXTSYNC_RETURN_IF_ERROR(ReadFacts());
  CONTEXTSYNC_RETURN_IF_ERROR(ReadNumbers());
  CONTEXTSYNC_RETURN_IF_ERROR(CompareTotals());
  if (entries_ != examined_)
    problems_.emplace_back("the search index names contexts there are not");
  if (postings_sum_ != 0)
    problems_.emplace_back("the words of the search index are not those of its contexts");
  if (facts_sum_ != 0 || numbers_sum_ != 0)
    problems_.emplace_back("the numbers of the search index are not those of its contexts");
  return {};
}

// What the entries say is added to the sums, what the other rows say is taken off again.

Status SearchAudit::ReadEntries() {
  return ForEachRow(tables_, rows::EntryKeys(generation_),
                    [this](std::string_view key, std::string_view value) -> Status {
                      const auto ref = rows::ParseContext(key);
                      if (!ref) return UnreadableKey();
                      CONTEXTSYNC_ASSIGN_OR_RETURN(const auto entry, rows::DecodeEntry(value));
                      ++entries_;
                      words_ += entry.counts.length;
                      for (const auto& [word, count, followers] : entry.counts.words)
                        postings_sum_ += PostingHash(word, entry.number, count, followers);
                      facts_sum_ += FactsHash(entry.number, ref->level, entry.counts.length,
                                              entry.updated_at);
                      numbers_sum_ += NumberHash(entry.number, *ref);
                      return {};
                    });
}

Status SearchAudit::ReadWords() {
  return ForEachRow(tables_, rows::PostingsFrom(generation_, ""),
                    [this](std::string_view key, std::string_view value) -> Status {
                      CONTEXTSYNC_ASSIGN_OR_RETURN(const auto block, rows::DecodePostings(value));
                      for (const auto& [slot, count, followers] : block) {
                        const auto number = rows::NumberAt(rows::BlockIn(key), slot);
                        postings_sum_ -= PostingHash(rows::WordIn(key), number, count, followers);
                      }
                      return {};
                    });
}

Status SearchAudit::ReadFacts() {
  return ForEachRow(tables_, rows::FactsKeys(generation_),
                    [this](std::string_view key, std::string_view value) -> Status {
                      CONTEXTSYNC_ASSIGN_OR_RETURN(const auto block, rows::DecodeFacts(value));
                      for (const auto& [slot, level, length, updated_at] : block) {
                        const auto number = rows::NumberAt(rows::BlockIn(key), slot);
                        facts_sum_ -= FactsHash(number, level, length, updated_at);
                      }
                      return {};
                    });
}

Status SearchAudit::ReadNumbers() {
  return ForEachRow(tables_, rows::NumberKeys(generation_),
                    [this](std::string_view key, std::string_view value) -> Status {
                      CONTEXTSYNC_ASSIGN_OR_RETURN(const auto ref, rows::DecodeContext(value));
                      numbers_sum_ -= NumberHash(rows::BlockIn(key), ref);
                      return {};
                    });
}

Status SearchAudit::CompareTotals() {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto bytes,
                               tables_.Get(tables::kSearch, rows::TotalsKey(generation_)));
  rows::Totals totals;
  if (bytes) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(totals, rows::DecodeTotals(*bytes));
  }
  if (totals.contexts != entries_ || totals.words != words_)
    problems_.emplace_back("the search index counts other contexts or words than it holds");
  return {};
}

}  // namespace contextsync
