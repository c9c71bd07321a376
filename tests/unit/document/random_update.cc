#include "tests/unit/document/random_update.h"

#include <array>

namespace contextsync {
namespace {

// One key per list policy, and some for everything else.
constexpr std::array<const char*, 6> kKeys = {"a", "b", "files", "todo", "insights", "c/d~e"};

}  // namespace

std::string RandomUpdates::Key(int depth) {
  return kKeys[Below(depth == 0 ? 6 : 3)];
}

Json RandomUpdates::Scalar() {
  switch (Below(6)) {
    case 0:
      return true;
    case 1:
      return "x";
    case 2:
      return "y";
    case 3:
      return 2.5;
    case 4:
      return std::uint64_t{18446744073709551615U};
    default:
      return Below(3);
  }
}

Json RandomUpdates::List() {
  Json list = Json::array();
  for (std::uint64_t count = Below(4); count > 0; --count) {
    if (OneIn(4)) {
      list.push_back(Json{{"id", OneIn(2) ? "i1" : "i2"}, {"n", Below(2)}});
    } else {
      list.push_back(Scalar());
    }
  }
  return list;
}

Json RandomUpdates::Value(int depth) {
  const std::uint64_t choice = Below(10);
  if (choice < 2) return nullptr;
  if (choice < 5) return List();
  if (choice < 8 && depth < 3) return Object(depth);
  return Scalar();
}

Json RandomUpdates::Object(int depth) {
  Json object = Json::object();
  for (std::uint64_t count = Below(3) + (depth == 0 ? 1 : 0); count > 0; --count) {
    object[Key(depth)] = Value(depth + 1);
  }
  return object;
}

Update RandomUpdates::Any(const Json& seen) {
  Update update;
  if (OneIn(25)) {
    update.erase_context = true;
    return update;
  }
  update.data = Object(0);
  if (OneIn(4)) update.on_conflict = Strategy::kLastWriteWins;
  if (OneIn(8)) update.parent = ContextRef{Level::kBranch, OneIn(2) ? "main" : "dev"};
  for (const auto& [key, value] : update.data.items()) {
    if (OneIn(8)) update.replace.push_back(AppendSegment("", key));
  }
  for (const auto& [key, value] : seen.items()) {
    if (!value.is_array() || value.empty() || !OneIn(3)) continue;
    const Json& victim = value[Below(value.size())];
    update.remove.emplace_back(AppendSegment("", key), std::vector<Json>{victim});
  }
  return update;
}

}  // namespace contextsync
