#include "core/document/state.h"

#include <algorithm>

namespace contextsync {

const Cell* FindCell(const State& state, std::string_view path) {
  const auto it = state.cells.find(path);
  return it == state.cells.end() ? nullptr : &it->second;
}

std::string DataPath(std::string_view pointer) {
  return std::string(kDataRoot).append(pointer);
}

std::string_view DataPointer(std::string_view path) {
  return path.substr(kDataRoot.size());
}

bool IsDataPath(std::string_view path) {
  return IsAtOrBelow(path, kDataRoot);
}

Stamp LargestStamp(const State& state) {
  Stamp largest;
  ForEachStamp(state, [&largest](const Stamp& stamp) { largest = std::max(largest, stamp); });
  return largest;
}

}  // namespace contextsync
