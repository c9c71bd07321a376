#include "core/tools/projection.h"

#include <algorithm>
#include <tuple>

#include "core/document/json.h"
#include "core/document/pointer.h"

namespace contextsync {

namespace {

void CopyAlong(const Json& from, const std::vector<std::string>& segments, Json& into) {
  const Json* source = &from;
  Json* target = &into;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto found = source->find(segments[i]);
    if (found == source->end()) return;
    const bool last = i + 1 == segments.size();
    if (last || !found->is_object()) {
      (*target)[segments[i]] = *found;
      return;
    }
    auto& next = (*target)[segments[i]];
    if (!next.is_object()) next = Json::object();
    source = &*found;
    target = &next;
  }
}

struct Candidate {
  std::size_t rank;
  std::size_t bytes;
  std::string key;
};

bool GoesFirst(const Candidate& left, const Candidate& right) {
  if (left.rank != right.rank) return left.rank < right.rank;
  return std::tie(left.bytes, left.key) > std::tie(right.bytes, right.key);
}

}  // namespace

Json SelectFields(const Json& data, const std::vector<std::string>& fields) {
  Json selected = Json::object();
  for (const auto& field : fields) {
    const auto segments =
        !field.empty() && field.front() == '/' ? SplitPointer(field) : std::nullopt;
    CopyAlong(data, segments.value_or(std::vector<std::string>{field}), selected);
  }
  return selected;
}

Fitted FitInto(Json data, std::size_t max_bytes, const FitRanks& ranks) {
  Fitted fitted;
  std::size_t total = CompactText(data).size();
  if (total <= max_bytes) {
    fitted.data = std::move(data);
    return fitted;
  }
  std::vector<Candidate> candidates;
  for (const auto& [key, value] : data.items()) {
    const auto rank = ranks.find(key);
    candidates.push_back({rank == ranks.end() ? 0 : rank->second, CompactText(value).size(), key});
  }
  std::sort(candidates.begin(), candidates.end(), GoesFirst);
  for (const auto& [rank, bytes, key] : candidates) {
    if (total <= max_bytes) break;
    total -= std::min(total, bytes + key.size());
    data.erase(key);
    fitted.omitted.push_back({{"path", AppendSegment("", key)}, {"bytes", bytes}});
  }
  fitted.data = std::move(data);
  return fitted;
}

}  // namespace contextsync
