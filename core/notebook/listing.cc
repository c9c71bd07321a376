#include "core/notebook/listing.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/hex.h"
#include "core/document/pointer.h"
#include "core/notebook/filter_terms.h"
#include "core/notebook/list_facts.h"
#include "core/notebook/search_rows.h"
#include "core/notebook/tables.h"
#include "core/notebook/word_holders.h"

namespace contextsync {

namespace {

// How many contexts one page looks at, newest first: a filter whose words are nearly everywhere
// still answers soon, with a cursor to go on.
constexpr std::size_t kExaminedPerPage = 2'000;

// A filter that matches often fills a page from the newest contexts. After this many it is known to
// be a rare one, and the search index is asked.
constexpr std::size_t kExaminedBeforeIndex = 500;

// Places in the list one page passes over by what is kept beside them, undecoded contexts all.
constexpr std::size_t kPassedPerPage = 200'000;

std::optional<std::string> FromHexText(std::string_view hex) {
  if (hex.size() % 2 != 0 || !IsHex(hex, hex.size())) return std::nullopt;
  std::string bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + at, hex.data() + at + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

/// The value at a pointer; nullptr when there is none.
const Json* ValueAt(const Json& data, const std::string& pointer) {
  const auto segments = KeysOfFilter(pointer);
  if (!segments) return nullptr;
  const Json* value = &data;
  for (const auto& segment : *segments) {
    if (!value->is_object()) return nullptr;
    const auto member = value->find(segment);
    if (member == value->end()) return nullptr;
    value = &*member;
  }
  return value;
}

class ListReader {
 public:
  ListReader(const ListSource& source, const ListQuery& query)
      : source_(source),
        query_(query),
        prefix_(keys::UpdatedOf(source.generation, query.level)),
        terms_(source.has_parked ? FilterTerms({}) : FilterTerms(query.filters)),
        words_(WordsOfFilters(query.filters)) {}

  Result<ListPage> Read() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto range, Range());
    if (!words_.empty()) {
      CONTEXTSYNC_RETURN_IF_ERROR(ReadPiece(range, kExaminedBeforeIndex));
      if (is_done_) return Finish();
      if (source_.update_index && source_.update_index()) {
        CONTEXTSYNC_RETURN_IF_ERROR(ReadHolders());
        return Finish();
      }
      range.from = last_key_ + '\0';
    }
    CONTEXTSYNC_RETURN_IF_ERROR(ReadPiece(range, kExaminedPerPage));
    return Finish();
  }

 private:
  Result<KeyRange> Range() const {
    KeyRange range = PrefixRange(prefix_);
    if (query_.updated_since && *query_.updated_since > 0)  // newest first: older ones stand behind
      range.to = keys::Updated(source_.generation, query_.level, *query_.updated_since - 1, "");
    if (query_.cursor.empty()) return range;
    const auto last = FromHexText(query_.cursor);
    if (!last || last->size() <= sizeof(std::uint64_t))  // a time, then an id
      return Error(ErrorCode::kInvalidArgument, "`cursor` is not one that `list` gave out.");
    range.from = prefix_ + *last + '\0';  // the first key after it
    return range;
  }

  ListPage Finish() {
    if (has_more_) page_.next_cursor = ToHex(std::string_view(last_key_).substr(prefix_.size()));
    return std::move(page_);
  }

  /// Looks at the next `most` contexts, newest first.
  Status ReadPiece(const KeyRange& range, std::size_t most) {
    // Without conditions the page's length is known; one more tells whether it is the last.
    const bool is_plain = query_.filters.empty() && !query_.parent_id && !query_.agent;
    if (is_plain) most = std::min(query_.limit + 1, most);
    std::vector<std::string> keys;
    std::size_t passed = 0;
    std::string last;
    CONTEXTSYNC_RETURN_IF_ERROR(source_.tables.Scan(
        tables::kUpdated, range, [&](std::string_view key, std::string_view facts) {
          if (MayBeListed(facts)) keys.emplace_back(key);
          const bool is_end = keys.size() == most || ++passed == kPassedPerPage;
          if (is_end) last = key;
          return !is_end;
        }));
    CONTEXTSYNC_RETURN_IF_ERROR(ReadKeys(keys, !last.empty()));
    if (!is_done_) last_key_ = last;
    return {};
  }

  /// False only where the facts say that the context is not wanted.
  [[nodiscard]] bool MayBeListed(std::string_view bytes) const {
    if (!query_.agent && !query_.parent_id) return true;
    const auto facts = DecodeListFacts(bytes);
    if (!facts) return true;
    return (!query_.agent || facts->updated_by == *query_.agent) &&
           (!query_.parent_id || facts->parent_id == *query_.parent_id);
  }

  /// Looks at the contexts of `keys`; `follow` says whether there are more behind them.
  Status ReadKeys(const std::vector<std::string>& keys, bool follow) {
    is_done_ = !follow;
    has_more_ = follow;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      last_key_ = keys[i];
      CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_last,
                                   Examine(std::string(keys::UpdatedId(keys[i]))));
      const bool is_full = page_.contexts.size() >= query_.limit;
      if (!is_last && !is_full) continue;
      is_done_ = true;
      has_more_ = !is_last && (i + 1 < keys.size() || follow);
      return {};
    }
    return {};
  }

  /// Looks at the contexts behind last_key_ that hold the words of the filters.
  Status ReadHolders() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        auto holders, FindHolders(source_.tables, source_.generation, query_.level, words_));
    const UnixMillis last = keys::UpdatedAt(last_key_);
    std::erase_if(holders, [last](const WordHolder& holder) { return holder.updated_at > last; });
    const bool has_others = KeepNewest(holders);
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto keys, KeysBehindLast(holders));
    return ReadKeys(keys, has_others);
  }

  /// Keeps as many as one page looks at, and those of the same time as the last of them. True: it
  /// left out others.
  static bool KeepNewest(std::vector<WordHolder>& holders) {
    if (holders.size() <= kExaminedPerPage) return false;
    const auto is_newer = [](const WordHolder& left, const WordHolder& right) {
      return left.updated_at > right.updated_at;
    };
    const auto last = holders.begin() + static_cast<std::ptrdiff_t>(kExaminedPerPage - 1);
    std::nth_element(holders.begin(), last, holders.end(), is_newer);
    const UnixMillis oldest = last->updated_at;
    return std::erase_if(holders, [oldest](const WordHolder& holder) {
             return holder.updated_at < oldest;
           }) > 0;
  }

  /// The places of `holders` in the order of the list, those up to last_key_ left out.
  Result<std::vector<std::string>> KeysBehindLast(const std::vector<WordHolder>& holders) const {
    std::vector<std::string> keys;
    for (const WordHolder& holder : holders) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(
          const auto bytes,
          source_.tables.Get(tables::kSearch,
                             search_rows::NumberKey(source_.generation, holder.number)));
      if (!bytes) continue;  // just taken out
      CONTEXTSYNC_ASSIGN_OR_RETURN(const ContextRef ref, search_rows::DecodeContext(*bytes));
      auto key = keys::Updated(source_.generation, query_.level, holder.updated_at, ref.id);
      if (key > last_key_) keys.push_back(std::move(key));
    }
    std::sort(keys.begin(), keys.end());
    return keys;
  }

  /// False only for a context that cannot match.
  Result<bool> MayMatch(const ContextRef& ref) const {
    if (terms_.empty()) return true;
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const auto cells,
        source_.tables.Get(tables::kDocuments, keys::Cells(source_.generation, ref)));
    return !cells || terms_.MayMatch(*cells);
  }

  /// True when no later context can match.
  Result<bool> Examine(std::string id) {
    const ContextRef ref{query_.level, std::move(id)};
    if (!query_.updated_since) {  // else the age ends the list, which only the header tells
      CONTEXTSYNC_ASSIGN_OR_RETURN(const bool may_match, MayMatch(ref));
      if (!may_match) return false;
    }
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto header,
                                 LoadHeader(source_.tables, source_.generation, ref));
    if (!header || !header->is_shown) return false;
    if (query_.updated_since && header->updated_at < *query_.updated_since) return true;
    if (query_.parent_id && (!header->parent || header->parent->id != *query_.parent_id))
      return false;
    if (query_.agent && header->updated_by != *query_.agent) return false;
    CONTEXTSYNC_ASSIGN_OR_RETURN(const DocumentPtr document, source_.documents.Find(ref));
    if (document == nullptr || !document->shown->exists) return false;
    const bool matches =
        std::all_of(query_.filters.begin(), query_.filters.end(), [&](const auto& filter) {
          return MatchesFilter(document->shown->data, filter.first, filter.second);
        });
    if (matches)
      page_.contexts.push_back(
          {InfoOf(ref, document->header, source_.has_hub), ShownData(*document)});
    return false;
  }

  const ListSource& source_;
  const ListQuery& query_;
  const std::string prefix_;  // of all keys of the list
  const FilterTerms terms_;
  const std::vector<std::string> words_;  // of the filters, as the search index has them
  ListPage page_;
  std::string last_key_;   // the last one looked at
  bool is_done_ = false;   // the page is full, or the list at its end
  bool has_more_ = false;  // contexts behind last_key_ were not looked at
};

}  // namespace

bool MatchesFilter(const Json& data, const std::string& pointer, const Json& wanted) {
  const Json* value = ValueAt(data, pointer);
  if (value == nullptr) return false;
  const std::string bytes = CanonicalBytes(wanted);
  if (CanonicalBytes(*value) == bytes) return true;
  return value->is_array() &&
         std::any_of(value->begin(), value->end(),
                     [&bytes](const Json& element) { return CanonicalBytes(element) == bytes; });
}

ContextInfo InfoOf(const ContextRef& ref, const DocumentHeader& header, bool has_hub) {
  ContextInfo info;
  info.context = ref;
  info.parent = header.parent;
  info.version = header.Version();
  info.pending = has_hub && header.unnumbered > 0;
  info.created_at = header.created_at;
  info.updated_at = header.updated_at;
  info.updated_by = header.updated_by;
  info.author = header.author;
  return info;
}

Result<ListPage> ReadList(const ListSource& source, const ListQuery& query) {
  return ListReader(source, query).Read();
}

}  // namespace contextsync
