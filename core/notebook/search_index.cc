#include "core/notebook/search_index.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/limits.h"
#include "core/notebook/search_rows.h"
#include "core/notebook/tables.h"

namespace contextsync {

namespace {

namespace rows = search_rows;
using rows::Posting;

// One turn on the strand takes a few milliseconds: contexts above this end it.
constexpr std::uint64_t kBytesPerTurn = 512 * limits::kKiB;

/// Brings the rows of several contexts up to date; each row is read and written once.
class Indexer {
 public:
  explicit Indexer(Changeset& changes)
      : changes_(changes), tables_(changes.tables()), generation_(changes.meta().generation) {}

  Result<IndexProgress> Run(std::size_t most) {
    CONTEXTSYNC_RETURN_IF_ERROR(ReadTotals());
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto marked, Marked(most));
    IndexProgress progress;
    for (const ContextRef& ref : marked) {
      if (bytes_ > kBytesPerTurn) break;
      CONTEXTSYNC_RETURN_IF_ERROR(TakeIn(ref));
      tables_.Delete(tables::kSearch, rows::MarkKey(generation_, ref));
      ++progress.taken;
    }
    progress.complete = progress.taken == marked.size() && marked.size() < most;
    if (marked.empty()) return progress;
    CONTEXTSYNC_RETURN_IF_ERROR(WritePostings());
    CONTEXTSYNC_RETURN_IF_ERROR(WriteFacts());
    tables_.Put(tables::kSearch, rows::TotalsKey(generation_), Encode(totals_));
    return progress;
  }

 private:
  using Place = std::pair<std::string, rows::Block>;

  Status ReadTotals() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto bytes,
                                 tables_.Get(tables::kSearch, rows::TotalsKey(generation_)));
    if (!bytes) return {};
    CONTEXTSYNC_ASSIGN_OR_RETURN(totals_, rows::DecodeTotals(*bytes));
    return {};
  }

  Result<std::vector<ContextRef>> Marked(std::size_t most) const {
    std::vector<ContextRef> marked;
    CONTEXTSYNC_RETURN_IF_ERROR(tables_.Scan(tables::kSearch,
                                             PrefixRange(rows::MarkKeys(generation_)),
                                             [&](std::string_view key, std::string_view /*value*/) {
                                               if (auto ref = rows::ParseContext(key))
                                                 marked.push_back(std::move(*ref));
                                               return marked.size() < most;
                                             }));
    return marked;
  }

  Status TakeIn(const ContextRef& ref) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const DocumentPtr document, changes_.Find(ref));
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto stored,
                                 tables_.Get(tables::kSearch, rows::EntryKey(generation_, ref)));
    rows::Entry before;
    if (stored) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(before, rows::DecodeEntry(*stored));
    }
    if (document != nullptr && document->shown->exists) {
      bytes_ += document->header.cell_bytes;
      Put(ref, *document, stored ? &before : nullptr);
    } else if (stored) {
      Remove(ref, before);
    }
    return {};
  }

  void Put(const ContextRef& ref, const Document& document, const rows::Entry* before) {
    rows::Entry entry;
    entry.number = before == nullptr ? totals_.next++ : before->number;
    entry.updated_at = document.header.updated_at;
    entry.counts = CountWords(ref.id, document.shown->data);
    if (before == nullptr) {
      ++totals_.contexts;
      tables_.Put(tables::kSearch, rows::NumberKey(generation_, entry.number), rows::Encode(ref));
    } else {
      totals_.words -= before->counts.length;
    }
    totals_.words += entry.counts.length;
    static const WordCounts kNoWords;
    NoteDifference(entry.number, before == nullptr ? kNoWords : before->counts, entry.counts);
    facts_[rows::BlockOf(entry.number)][rows::SlotOf(entry.number)] =
        rows::Facts{rows::SlotOf(entry.number), ref.level, entry.counts.length, entry.updated_at};
    tables_.Put(tables::kSearch, rows::EntryKey(generation_, ref), rows::Encode(entry));
  }

  void Remove(const ContextRef& ref, const rows::Entry& before) {
    --totals_.contexts;
    totals_.words -= before.counts.length;
    NoteDifference(before.number, before.counts, {});
    facts_[rows::BlockOf(before.number)][rows::SlotOf(before.number)] = std::nullopt;
    tables_.Delete(tables::kSearch, rows::NumberKey(generation_, before.number));
    tables_.Delete(tables::kSearch, rows::EntryKey(generation_, ref));
  }

  /// Walks both lists of words side by side.
  void NoteDifference(rows::Number number, const WordCounts& before, const WordCounts& after) {
    auto old = before.words.begin();
    for (const WordCount& word : after.words) {
      for (; old != before.words.end() && old->word < word.word; ++old)
        Note(number, {old->word, 0, {}});
      const bool is_known = old != before.words.end() && old->word == word.word;
      if (!is_known || *old != word) Note(number, word);
      if (is_known) ++old;
    }
    for (; old != before.words.end(); ++old)
      Note(number, {old->word, 0, {}});
  }

  /// A count of 0 takes the context out.
  void Note(rows::Number number, const WordCount& word) {
    const std::uint8_t slot = rows::SlotOf(number);
    postings_[Place(word.word, rows::BlockOf(number))][slot] = {slot, word.count, word.followers};
  }

  Status WritePostings() {
    for (const auto& [place, noted] : postings_) {
      std::string key = rows::PostingKey(generation_, place.first, place.second);
      CONTEXTSYNC_ASSIGN_OR_RETURN(const auto bytes, tables_.Get(tables::kSearch, key));
      std::map<std::uint8_t, Posting> all = noted;
      if (bytes) {
        CONTEXTSYNC_ASSIGN_OR_RETURN(auto postings, rows::DecodePostings(*bytes));
        for (Posting& posting : postings)
          all.emplace(posting.slot, std::move(posting));  // what was noted wins
      }
      std::vector<Posting> left;
      for (auto& [slot, posting] : all) {
        if (posting.count > 0) left.push_back(std::move(posting));
      }
      Store(std::move(key), left);
    }
    return {};
  }

  Status WriteFacts() {
    for (const auto& [block, noted] : facts_) {
      std::string key = rows::FactsKey(generation_, block);
      CONTEXTSYNC_ASSIGN_OR_RETURN(const auto bytes, tables_.Get(tables::kSearch, key));
      std::map<std::uint8_t, std::optional<rows::Facts>> all = noted;
      if (bytes) {
        CONTEXTSYNC_ASSIGN_OR_RETURN(const auto known, rows::DecodeFacts(*bytes));
        for (const rows::Facts& facts : known)
          all.emplace(facts.slot, facts);  // what was noted wins
      }
      std::vector<rows::Facts> left;
      for (const auto& [slot, facts] : all) {
        if (facts) left.push_back(*facts);
      }
      Store(std::move(key), left);
    }
    return {};
  }

  template <typename Row>
  void Store(std::string key, const std::vector<Row>& left) {
    if (left.empty()) {
      tables_.Delete(tables::kSearch, std::move(key));
    } else {
      tables_.Put(tables::kSearch, std::move(key), rows::Encode(left));
    }
  }

  Changeset& changes_;
  Overlay& tables_;
  const keys::Generation generation_;
  rows::Totals totals_;
  std::uint64_t bytes_ = 0;                                    // of the contexts taken in
  std::map<Place, std::map<std::uint8_t, Posting>> postings_;  // count 0: taken out
  std::map<rows::Block, std::map<std::uint8_t, std::optional<rows::Facts>>> facts_;
};

/// Marks every context there is, shown or not: the marks cost little, and go when they are met.
Status MarkAll(Changeset& changes) {
  const keys::Generation generation = changes.meta().generation;
  std::vector<ContextRef> contexts;
  CONTEXTSYNC_RETURN_IF_ERROR(
      changes.tables().Scan(tables::kDocuments, PrefixRange(keys::Headers(generation)),
                            [&](std::string_view key, std::string_view /*value*/) {
                              if (auto ref = keys::ParseHeader(key))
                                contexts.push_back(std::move(*ref));
                              return true;
                            }));
  for (const ContextRef& ref : contexts)
    MarkForIndex(changes.tables(), generation, ref);
  changes.tables().Put(tables::kSearch, rows::TotalsKey(generation), Encode(rows::Totals{}));
  return {};
}

}  // namespace

void MarkForIndex(Overlay& tables, keys::Generation generation, const ContextRef& ref) {
  tables.Put(tables::kSearch, rows::MarkKey(generation, ref), {});
}

Result<IndexProgress> TakeIntoIndex(Changeset& changes, std::size_t most) {
  return Indexer(changes).Run(most);
}

Status EnsureIndex(Changeset& changes) {
  const std::string key = rows::TotalsKey(changes.meta().generation);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto bytes, changes.tables().Get(tables::kSearch, key));
  if (!bytes) return MarkAll(changes);
  const auto totals = rows::DecodeTotals(*bytes);
  const bool is_current = totals.ok() && totals.value().text_rules == rows::kTextRules;
  return is_current ? Status() : BeginIndexAnew(changes);
}

Status BeginIndexAnew(Changeset& changes) {
  std::vector<std::string> old;
  const std::string all = keys::OfGeneration(changes.meta().generation);
  CONTEXTSYNC_RETURN_IF_ERROR(changes.tables().Scan(tables::kSearch, PrefixRange(all),
                                                    [&](std::string_view key, std::string_view) {
                                                      old.emplace_back(key);
                                                      return true;
                                                    }));
  for (std::string& key : old)
    changes.tables().Delete(tables::kSearch, std::move(key));
  return MarkAll(changes);
}

}  // namespace contextsync
