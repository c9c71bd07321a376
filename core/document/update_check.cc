#include "core/document/update_check.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/limits.h"
#include "core/document/visible.h"

namespace contextsync {
namespace {

using Fault = std::optional<CompileError>;

CompileError Invalid(std::string message, std::string path) {
  return {CompileFault::kInvalid, std::move(message), std::move(path), 0, 0};
}

Fault CheckKeys(const Json& root) {
  std::vector<std::pair<const Json*, std::string>> rest = {{&root, ""}};
  while (!rest.empty()) {
    const auto [node, pointer] = std::move(rest.back());
    rest.pop_back();
    for (const auto& [key, child] : node->items()) {
      if (node->is_object() && key.size() > limits::kKeyBytes) {
        return CompileError{CompileFault::kKeyBytes, "a key is too long", pointer,
                            limits::kKeyBytes, key.size()};
      }
      if (child.is_structured()) rest.emplace_back(&child, AppendSegment(pointer, key));
    }
  }
  return std::nullopt;
}

bool HasValueAt(const Json& data, std::string_view pointer) {
  const auto segments = SplitPointer(pointer);
  if (!segments) return false;
  const Json* node = &data;
  for (const std::string& segment : *segments) {
    if (!node->is_object() || !node->contains(segment)) return false;
    node = &(*node)[segment];
  }
  return true;
}

Fault CheckOperators(const Update& update) {
  for (const std::string& pointer : update.replace) {
    if (update.data.is_null() || !HasValueAt(update.data, pointer)) {
      return Invalid("replace names a place that is not in data", pointer);
    }
  }
  for (const auto& [pointer, unused] : update.remove) {
    if (!ValidatePointer(pointer))
      return Invalid("remove names something that is not a JSON Pointer", pointer);
  }
  return std::nullopt;
}

Fault ListTooLong(std::string_view path, std::size_t length) {
  if (length <= limits::kListElements) return std::nullopt;
  return CompileError{CompileFault::kListLength, "a list is too long",
                      std::string(DataPointer(path)), limits::kListElements, length};
}

// Lists that an atom holds, at any depth of objects.
Fault CheckAtomLists(const Json& value, const std::string& path) {
  if (value.is_array()) return ListTooLong(path, value.size());
  if (!value.is_object()) return std::nullopt;
  for (const auto& [key, member] : value.items()) {
    if (auto fault = CheckAtomLists(member, AppendSegment(path, key))) return fault;
  }
  return std::nullopt;
}

Fault CheckLists(const Draft& draft) {
  for (const auto& [path, cell] : draft.delta().cells) {
    const auto adds = [](const ElementItem& item) { return !item.second.last.IsNever(); };
    if (std::any_of(cell.elems.begin(), cell.elems.end(), adds)) {
      const Place place = Locate(draft.state(), path);
      if (place.cell->elems.size() <= limits::kListElements) continue;
      if (auto fault = ListTooLong(path, CountShown(*place.cell, place.floor))) return fault;
    }
    // Shorter texts cannot hold a list above the limit.
    if (cell.head && cell.head->bytes.size() > 2 * limits::kListElements) {
      if (auto fault = CheckAtomLists(FromCanonical(cell.head->bytes), path)) return fault;
    }
  }
  return std::nullopt;
}

// At least the canonical size of `value`, without looking at each character.
std::size_t SizeBound(const Json& value) {
  constexpr std::size_t kLongestNumber = 26;
  constexpr std::size_t kLongestEscape = 6;
  if (value.is_string()) return kLongestEscape * value.get_ref<const std::string&>().size() + 3;
  std::size_t size = kLongestNumber;
  if (value.is_object()) {
    for (const auto& [key, member] : value.get_ref<const Json::object_t&>()) {
      size += kLongestEscape * key.size() + 4 + SizeBound(member);
    }
  } else if (value.is_array()) {
    for (const Json& element : value.get_ref<const Json::array_t&>())
      size += SizeBound(element);
  }
  return size;
}

Fault CheckSize(const Draft& draft, const Json& data) {
  if (SizeBound(data) <= limits::kContextBytes) return std::nullopt;
  const std::size_t size = CanonicalBytes(data).size();
  if (size <= limits::kContextBytes) return std::nullopt;
  // Two lawful writers may have added up to more; making it smaller again must stay possible.
  Draft undone = draft;
  undone.RollBack({});
  if (size <= CanonicalBytes(Render(undone.state()).data).size()) return std::nullopt;
  return CompileError{CompileFault::kContextBytes, "the context would become too large", "",
                      limits::kContextBytes, size};
}

}  // namespace

std::optional<CompileError> CheckUpdate(const Update& update) {
  if (!update.data.is_null() && !update.data.is_object())
    return Invalid("data is not an object", "");
  if (const std::size_t depth = Depth(update.data); depth > limits::kDataDepth) {
    return CompileError{CompileFault::kDepth, "data is nested too deep", "", limits::kDataDepth,
                        depth};
  }
  if (auto fault = CheckKeys(update.data)) return fault;
  return CheckOperators(update);
}

std::optional<CompileError> CheckGrowth(const Draft& draft, const View& view) {
  if (auto fault = CheckLists(draft)) return fault;
  return CheckSize(draft, view.data);
}

}  // namespace contextsync
