#include "core/document/wire.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/hex.h"
#include "core/document/element_key.h"
#include "core/document/visible.h"
#include "core/document/wire_names.h"

namespace contextsync {
namespace {

// How stamps are written: the index alone, or [hlc, device number, index].
class StampWriter {
 public:
  explicit StampWriter(const State& state, bool is_full) : is_full_(is_full) {
    if (!is_full) return;
    ForEachStamp(state, [this](const Stamp& stamp) { devices_.push_back(stamp.device); });
    std::sort(devices_.begin(), devices_.end());
    devices_.erase(std::unique(devices_.begin(), devices_.end()), devices_.end());
  }

  [[nodiscard]] Json Write(const Stamp& stamp) const {
    if (!is_full_) return stamp.index;
    const auto device = std::lower_bound(devices_.begin(), devices_.end(), stamp.device);
    return Json::array({ToHex16(stamp.hlc.value),
                        static_cast<std::size_t>(device - devices_.begin()), stamp.index});
  }

  [[nodiscard]] Json Devices() const {
    Json list = Json::array();
    for (const DeviceId device : devices_)
      list.push_back(ToHex16(device.value));
    return list;
  }

 private:
  const bool is_full_;
  std::vector<DeviceId> devices_;
};

// The key, by what it can be derived from. Only a removal whose value is unknown names it.
void WriteKey(Json& out, const std::string& key, const Element& element) {
  if (element.bytes.empty()) {
    out["k"] = key;
    return;
  }
  out["v"] = FromCanonical(element.bytes);
  const Stamp& birth = element.first.IsNever() ? element.last : element.first;
  if (const auto occurrence = OccurrenceIn(key, element.bytes)) {
    if (*occurrence > 0) out["o"] = *occurrence;
  } else if (key == LogKey(birth, element.bytes)) {
    out["l"] = 1;
  } else {
    out["k"] = key;
  }
}

Json WriteElement(const std::string& key, const Element& element, const StampWriter& stamps) {
  Json out = Json::object();
  WriteKey(out, key, element);
  if (!element.last.IsNever()) out["a"] = stamps.Write(element.last);
  if (element.first.IsNever() && !element.last.IsNever()) {
    out["f"] = nullptr;  // collected: counts as `a`, but is not the same state
  } else if (element.first != element.last) {
    out["f"] = stamps.Write(element.first);
  }
  if (!element.rm.IsNever()) out["r"] = stamps.Write(element.rm);
  return out;
}

Json WriteCell(const Cell& cell, const StampWriter& stamps) {
  Json out = Json::object();
  if (cell.head) {
    Json head = Json::array(
        {stamps.Write(cell.head->stamp), kKindNames[static_cast<std::size_t>(cell.head->kind)]});
    if (cell.head->kind == CellKind::kAtom) head.push_back(FromCanonical(cell.head->bytes));
    out["h"] = std::move(head);
  }
  if (!cell.clr.IsNever()) out["c"] = stamps.Write(cell.clr);
  if (cell.elems.empty()) return out;
  Json elements = Json::array();
  for (const auto& [key, element] : cell.elems)
    elements.push_back(WriteElement(key, element, stamps));
  out["e"] = std::move(elements);
  return out;
}

Json WriteCells(const State& state, const StampWriter& stamps) {
  Json cells = Json::object();
  for (const auto& [path, cell] : state.cells)
    cells[path] = WriteCell(cell, stamps);
  return cells;
}

}  // namespace

std::optional<Stamp> SingleEntryStamp(const Delta& delta) {
  std::optional<Stamp> entry;
  bool is_single = true;
  ForEachStamp(delta, [&](const Stamp& stamp) {
    if (!entry) entry = Stamp{stamp.hlc, stamp.device, 0};
    is_single = is_single && entry->hlc == stamp.hlc && entry->device == stamp.device;
  });
  return is_single ? entry : std::nullopt;
}

Json DeltaToWire(const Delta& delta) {
  const auto entry = SingleEntryStamp(delta);
  if (!entry) return StateToWire(delta);
  return Json{{"v", kWireVersion},
              {"hlc", ToHex16(entry->hlc.value)},
              {"device", ToHex16(entry->device.value)},
              {"cells", WriteCells(delta, StampWriter(delta, /*is_full=*/false))}};
}

Json StateToWire(const State& state) {
  const StampWriter stamps(state, /*is_full=*/true);
  return Json{
      {"v", kWireVersion}, {"devices", stamps.Devices()}, {"cells", WriteCells(state, stamps)}};
}

}  // namespace contextsync
