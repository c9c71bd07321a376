#include "core/notebook/overlay.h"

#include <utility>

namespace contextsync {

namespace {

using Changes = std::map<std::string, std::optional<std::string>, std::less<>>;

/// The changed keys of a range, taken one by one in the direction of the scan.
class ChangedKeys {
 public:
  ChangedKeys(const Changes& changes, const KeyRange& range)
      : begin_(changes.lower_bound(range.from)),
        end_(range.to.empty() ? changes.end() : changes.lower_bound(range.to)),
        is_descending_(range.descending) {}

  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] const Changes::value_type& front() const {
    return is_descending_ ? *std::prev(end_) : *begin_;
  }
  void Pop() {
    if (is_descending_) {
      --end_;
    } else {
      ++begin_;
    }
  }
  [[nodiscard]] bool IsBefore(std::string_view key) const {
    return !empty() && (is_descending_ ? front().first > key : front().first < key);
  }

 private:
  Changes::const_iterator begin_;
  Changes::const_iterator end_;
  bool is_descending_;
};

}  // namespace

const Overlay::Changes* Overlay::Find(TableId table) const {
  const auto found = changes_.find(table);
  return found == changes_.end() ? nullptr : &found->second;
}

Result<std::optional<std::string>> Overlay::Get(TableId table, std::string_view key) const {
  if (const Changes* changes = Find(table)) {
    if (const auto found = changes->find(key); found != changes->end()) return found->second;
  }
  return below_.Get(table, key);
}

Status Overlay::Scan(TableId table, const KeyRange& range, const TableStore::Visitor& visit) const {
  const Changes* changes = Find(table);
  // An empty range has no begin before its end for the changed keys either.
  if (changes == nullptr || (!range.to.empty() && range.to <= range.from))
    return below_.Scan(table, range, visit);
  return ScanMerged(table, range, *changes, visit);
}

Status Overlay::ScanMerged(TableId table, const KeyRange& range, const Changes& changes,
                           const TableStore::Visitor& visit) const {
  ChangedKeys changed(changes, range);
  bool go_on = true;
  const auto visit_changed = [&] {
    const auto& [key, value] = changed.front();
    if (value) go_on = visit(key, *value);
    changed.Pop();
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      below_.Scan(table, range, [&](std::string_view key, std::string_view value) {
        while (go_on && changed.IsBefore(key))
          visit_changed();
        if (!go_on) return false;
        if (!changed.empty() && changed.front().first == key) {
          visit_changed();
        } else {
          go_on = visit(key, value);
        }
        return go_on;
      }));
  while (go_on && !changed.empty())
    visit_changed();
  return {};
}

void Overlay::Put(TableId table, std::string key, std::string value) {
  changes_[table].insert_or_assign(std::move(key), std::move(value));
}

void Overlay::Delete(TableId table, std::string key) {
  changes_[table].insert_or_assign(std::move(key), std::nullopt);
}

void Overlay::Absorb(Overlay&& upper) {
  for (auto& [table, changes] : upper.changes_) {
    auto& mine = changes_[table];
    for (auto& [key, value] : changes)
      mine.insert_or_assign(key, std::move(value));
  }
  upper.changes_.clear();
}

TableBatch Overlay::TakeBatch() {
  TableBatch batch;
  for (auto& [table, changes] : changes_) {
    for (auto& [key, value] : changes) {
      if (value) {
        batch.Put(table, key, std::move(*value));
      } else {
        batch.Delete(table, key);
      }
    }
  }
  changes_.clear();
  return batch;
}

}  // namespace contextsync
