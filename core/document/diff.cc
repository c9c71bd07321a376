#include "core/document/diff.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "core/document/pointer.h"

namespace contextsync {
namespace {

// A value in a line for people; the whole one stands in the change itself.
constexpr std::size_t kLongestValueInText = 512;

bool IsSame(const Json& left, const Json& right) {
  return CanonicalBytes(left) == CanonicalBytes(right);
}

bool IsBranch(const Json& value) {
  return value.is_object() && !value.empty();
}

std::set<std::string> KeysOfBoth(const Json& left, const Json& right) {
  std::set<std::string> keys;
  for (const auto& [key, value] : left.items())
    keys.insert(key);
  for (const auto& [key, value] : right.items())
    keys.insert(key);
  return keys;
}

/// The elements of `list` that `other` holds less often.
std::vector<Json> Surplus(const Json& list, const Json& other) {
  std::map<std::string, std::size_t> count;
  for (const auto& value : other)
    ++count[CanonicalBytes(value)];
  std::vector<Json> surplus;
  for (const auto& value : list) {
    auto& left = count[CanonicalBytes(value)];
    if (left == 0) {
      surplus.push_back(value);
    } else {
      --left;
    }
  }
  return surplus;
}

class Differ {
 public:
  std::vector<ValueChange> Run(const Json& before, const Json& after) {
    Compare("", before, after);
    return std::move(changes_);
  }

 private:
  void Compare(const std::string& path, const Json& before, const Json& after) {
    if (IsSame(before, after)) return;
    if (before.is_object() && after.is_object()) return CompareMembers(path, before, after);
    if (before.is_array() && after.is_array()) {
      ValueChange change{.path = path,
                         .op = ValueOp::kList,
                         .before = {},
                         .after = {},
                         .added = Surplus(after, before),
                         .removed = Surplus(before, after)};
      changes_.push_back(std::move(change));
      return;
    }
    changes_.push_back({path, ValueOp::kChange, before, after, {}, {}});
  }

  void CompareMembers(const std::string& path, const Json& before, const Json& after) {
    for (const auto& key : KeysOfBoth(before, after)) {
      const std::string below = AppendSegment(path, key);
      const auto old = before.find(key);
      const auto now = after.find(key);
      if (old == before.end()) {
        AddLeaves(below, ValueOp::kAdd, *now);
      } else if (now == after.end()) {
        AddLeaves(below, ValueOp::kRemove, *old);
      } else {
        Compare(below, *old, *now);
      }
    }
  }

  void AddLeaves(const std::string& path, ValueOp op, const Json& value) {
    if (IsBranch(value)) {
      for (const auto& [key, member] : value.items())
        AddLeaves(AppendSegment(path, key), op, member);
      return;
    }
    ValueChange change{path, op, {}, {}, {}, {}};
    (op == ValueOp::kAdd ? change.after : change.before) = value;
    changes_.push_back(std::move(change));
  }

  std::vector<ValueChange> changes_;
};

Json ParentOf(const View& view) {
  if (!view.parent) return nullptr;
  return {{"level", ToString(view.parent->level)}, {"context_id", view.parent->id}};
}

/// The compact form, cut on a character's border.
std::string Brief(const Json& value) {
  std::string text = CompactText(value);
  if (text.size() <= kLongestValueInText) return text;
  std::size_t end = kLongestValueInText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  text.resize(end);
  return text + "…";
}

std::vector<std::string> LinesOf(const ValueChange& change) {
  const std::string where = change.path.empty() ? "(root)" : change.path;
  const auto line = [&where](char sign, const std::string& what) {
    return std::string(1, sign) + " " + where + ": " + what;
  };
  switch (change.op) {
    case ValueOp::kAdd:
      return {line('+', Brief(change.after))};
    case ValueOp::kRemove:
      return {line('-', Brief(change.before))};
    case ValueOp::kChange:
      return {line('~', Brief(change.before) + " → " + Brief(change.after))};
    case ValueOp::kList:
      break;
  }
  std::vector<std::string> lines;
  for (const auto& value : change.removed)
    lines.push_back(line('-', Brief(value)));
  for (const auto& value : change.added)
    lines.push_back(line('+', Brief(value)));
  if (lines.empty()) lines.push_back(line('~', "another order"));
  return lines;
}

/// Merging would unite or strip what must stand as it is.
bool MustReplace(const Json& value) {
  if (value.is_array() || value.is_null()) return true;
  return value.is_object() && std::any_of(value.begin(), value.end(),
                                          [](const Json& member) { return MustReplace(member); });
}

/// Collects into an update what leads from one object to another.
class Leader {
 public:
  explicit Leader(Update& update) : update_(update) {}

  Json Members(const std::string& path, const Json& now, const Json& then) {
    Json data = Json::object();
    for (const auto& [key, value] : now.items()) {
      if (!then.contains(key)) data[key] = nullptr;
    }
    for (const auto& [key, value] : then.items()) {
      const auto old = now.find(key);
      const std::string below = AppendSegment(path, key);
      if (old == now.end()) {
        data[key] = Whole(below, value);
      } else if (!IsSame(*old, value)) {
        const bool are_objects = old->is_object() && value.is_object();
        data[key] = are_objects ? Members(below, *old, value) : Whole(below, value);
      }
    }
    return data;
  }

 private:
  Json Whole(const std::string& path, const Json& value) {
    if (MustReplace(value)) update_.replace.push_back(path);
    return value;
  }

  Update& update_;
};

}  // namespace

std::string_view ToString(ValueOp op) {
  switch (op) {
    case ValueOp::kAdd:
      return "add";
    case ValueOp::kRemove:
      return "remove";
    case ValueOp::kList:
      return "list";
    case ValueOp::kChange:
      break;
  }
  return "change";
}

std::vector<ValueChange> Diff(const View& before, const View& after) {
  std::vector<ValueChange> changes = Differ().Run(before.data, after.data);
  const bool is_moved = before.exists && after.exists && before.parent != after.parent;
  if (is_moved)
    changes.push_back({"@parent", ValueOp::kChange, ParentOf(before), ParentOf(after), {}, {}});
  return changes;
}

std::string DiffText(const std::vector<ValueChange>& changes, std::size_t max_bytes) {
  constexpr std::string_view kMore = "… more\n";
  std::string text;
  for (const auto& change : changes) {
    for (const auto& line : LinesOf(change)) {
      if (text.size() + line.size() + 1 + kMore.size() > max_bytes) return text.append(kMore);
      text.append(line).append("\n");
    }
  }
  return text;
}

Update UpdateBetween(const View& now, const View& then) {
  Update update;
  const Json nothing = Json::object();
  update.data = Leader(update).Members("", now.exists ? now.data : nothing, then.data);
  if (then.parent && (!now.exists || now.parent != then.parent)) update.parent = then.parent;
  return update;
}

}  // namespace contextsync
