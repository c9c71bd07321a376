#include "core/notebook/wire_size.h"

#include <string_view>

#include "core/document/wire.h"

namespace contextsync {

namespace {

constexpr std::uint64_t kPerEntry = 700;   // ids, hash, numbers and member names
constexpr std::uint64_t kPerCell = 24;     // "…":{"h":[…,"list"],"c":…,"e":[]},
constexpr std::uint64_t kPerElement = 24;  // {"v":…,"a":…,"o":…},
constexpr std::uint64_t kIndex = 6;        // a stamp of a one-entry delta
constexpr std::uint64_t kFullStamp = 32;   // ["<16 hex>",device,index]
constexpr std::uint64_t kPerWrite = 40;    // ["<16 hex>","<16 hex>"],
constexpr std::uint64_t kEscaped = 6;      // \u00xx

std::uint64_t QuotedSize(std::string_view text) {
  std::uint64_t size = 2;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    size += byte < 0x20U || c == '"' || c == '\\' ? kEscaped : 1;
  }
  return size;
}

std::uint64_t CellSize(const Cell& cell, std::uint64_t stamp) {
  std::uint64_t size = kPerCell + 2 * stamp;
  if (cell.head) size += cell.head->bytes.size();
  for (const auto& [key, element] : cell.elems) {
    // An element known only by its removal is named by its key.
    size +=
        kPerElement + 3 * stamp + (element.bytes.empty() ? QuotedSize(key) : element.bytes.size());
    if (!element.bytes.empty() && !element.rm.IsNever()) size += QuotedSize(key);
  }
  return size;
}

}  // namespace

std::uint64_t WireSize(const PushEntry& entry, const Delta& delta) {
  const std::uint64_t stamp = SingleEntryStamp(delta) ? kIndex : kFullStamp;
  std::uint64_t size =
      kPerEntry + QuotedSize(entry.context.id) + QuotedSize(entry.agent) + QuotedSize(entry.reason);
  size += QuotedSize(entry.purge.path) + entry.purge.writes.size() * kPerWrite;
  for (const auto& [path, cell] : delta.cells)
    size += QuotedSize(path) + CellSize(cell, stamp);
  return size;
}

}  // namespace contextsync
