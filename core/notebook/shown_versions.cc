#include "core/notebook/shown_versions.h"

#include <algorithm>
#include <map>
#include <utility>

namespace contextsync {

namespace {

bool IsShown(const ConflictRecord& record) {
  return record.strategy == Strategy::kVersion && record.status == ConflictStatus::kAuto &&
         record.seq.value > 0;
}

bool IsSame(const ConflictSide& left, const ConflictSide& right) {
  return left.seq == right.seq && left.value == right.value;
}

bool IsNewer(const ConflictSide& left, const ConflictSide& right) {
  return left.seq != right.seq ? right.seq < left.seq : left.value < right.value;
}

/// `records` of one path, the one that changed last first: its `current` is what is shown.
std::vector<ConflictSide> SidesOf(const std::vector<const ConflictRecord*>& records) {
  const ConflictSide& shown = records.front()->current;
  std::vector<ConflictSide> others;
  for (const auto* record : records) {
    others.push_back(record->current);
    others.push_back(record->incoming);
  }
  std::erase_if(others, [&shown](const ConflictSide& side) { return IsSame(side, shown); });
  std::sort(others.begin(), others.end(), IsNewer);
  others.erase(std::unique(others.begin(), others.end(), IsSame), others.end());
  others.insert(others.begin(), shown);
  return others;
}

}  // namespace

std::vector<PathVersions> ShownVersions(const std::vector<ConflictRecord>& records) {
  std::map<std::string, std::vector<const ConflictRecord*>> by_path;
  for (const auto& record : records) {
    if (IsShown(record)) by_path[record.path].push_back(&record);
  }
  std::vector<PathVersions> versions;
  for (auto& [path, of_path] : by_path) {
    std::sort(of_path.begin(), of_path.end(),
              [](const ConflictRecord* left, const ConflictRecord* right) {
                return left->rev != right->rev ? right->rev < left->rev : left->id < right->id;
              });
    versions.push_back({path, SidesOf(of_path)});
  }
  return versions;
}

}  // namespace contextsync
