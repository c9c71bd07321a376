#include "core/notebook/listing.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base/hex.h"
#include "core/document/pointer.h"
#include "core/notebook/tables.h"

namespace contextsync {

namespace {

// How many contexts one page looks at: a filter that matches nothing still answers soon, with a
// cursor to go on.
constexpr std::size_t kExaminedPerPage = 2'000;

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
  const auto segments = pointer.empty() || pointer.front() == '/'
                            ? SplitPointer(pointer)
                            : std::optional<std::vector<std::string>>({pointer});
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
  ListReader(const ListSource& source, const ListQuery& query) : source_(source), query_(query) {}

  Result<ListPage> Read() {
    const std::string prefix = keys::UpdatedOf(source_.generation, query_.level);
    KeyRange range = PrefixRange(prefix);
    if (!query_.cursor.empty()) {
      const auto last = FromHexText(query_.cursor);
      if (!last || last->size() <= sizeof(std::uint64_t))  // a time, then an id
        return Error(ErrorCode::kInvalidArgument, "`cursor` is not one that `list` gave out.");
      range.from = prefix + *last + '\0';  // the first key after it
    }
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto keys, Collect(range));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_last,
                                   Examine(std::string(keys::UpdatedId(keys[i]))));
      if (is_last) break;
      const bool is_full = page_.contexts.size() >= query_.limit;
      const bool has_more = i + 1 < keys.size() || keys.size() == kExaminedPerPage;
      if (is_full || (i + 1 == keys.size() && has_more)) {
        if (has_more) page_.next_cursor = ToHex(std::string_view(keys[i]).substr(prefix.size()));
        break;
      }
    }
    return std::move(page_);
  }

 private:
  Result<std::vector<std::string>> Collect(const KeyRange& range) const {
    // Without conditions the page's length is known; one more tells whether it is the last.
    const bool is_plain = query_.filters.empty() && !query_.parent_id && !query_.agent;
    const std::size_t most =
        is_plain ? std::min(query_.limit + 1, kExaminedPerPage) : kExaminedPerPage;
    std::vector<std::string> keys;
    CONTEXTSYNC_RETURN_IF_ERROR(
        source_.tables.Scan(tables::kUpdated, range, [&](std::string_view key, std::string_view) {
          keys.emplace_back(key);
          return keys.size() < most;
        }));
    return keys;
  }

  /// True when no later context can match.
  Result<bool> Examine(std::string id) {
    const ContextRef ref{query_.level, std::move(id)};
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
  ListPage page_;
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
