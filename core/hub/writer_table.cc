#include "core/hub/writer_table.h"

#include <vector>

#include "core/base/bytes.h"

namespace contextsync {

namespace {

/// Numbers the devices of a table in the order of their first appearance.
class DeviceTable {
 public:
  std::uint64_t PlaceOf(DeviceId device) {
    const auto [it, is_new] = places_.emplace(device, devices_.size());
    if (is_new) devices_.push_back(device);
    return it->second;
  }

  [[nodiscard]] const std::vector<DeviceId>& devices() const { return devices_; }

 private:
  std::map<DeviceId, std::uint64_t> places_;
  std::vector<DeviceId> devices_;
};

void WriteWriter(ByteWriter& out, DeviceTable& devices, const Writer& writer) {
  out.Varint(writer.seq.value);
  if (writer.seq.value != 0) out.Varint(devices.PlaceOf(writer.device));
}

void WriteCell(ByteWriter& out, DeviceTable& devices, const CellWriters& cell) {
  WriteWriter(out, devices, cell.head);
  WriteWriter(out, devices, cell.clr);
  out.Varint(cell.elems.size());
  for (const auto& [key, element] : cell.elems) {
    out.Text(key);
    WriteWriter(out, devices, element.last);
    WriteWriter(out, devices, element.rm);
  }
}

class TableReader {
 public:
  explicit TableReader(std::string_view bytes) : in_(bytes) {}

  Result<WriterTable> Read() {
    const std::uint64_t device_count = in_.Varint();
    for (std::uint64_t i = 0; in_.ok() && i < device_count; ++i) {
      devices_.emplace_back(in_.Fixed64());
    }
    const std::uint64_t path_count = in_.Varint();
    WriterTable writers;
    for (std::uint64_t i = 0; in_.ok() && i < path_count; ++i) {
      const std::string path(in_.Text());
      ReadCell(writers[path]);
    }
    if (!in_.ok() || !in_.AtEnd() || !is_sound_) {
      return Error(ErrorCode::kCorruption, "damaged writer table");
    }
    return writers;
  }

 private:
  void ReadCell(CellWriters& cell) {
    cell.head = ReadWriter();
    cell.clr = ReadWriter();
    const std::uint64_t count = in_.Varint();
    for (std::uint64_t i = 0; in_.ok() && i < count; ++i) {
      ElementWriters& element = cell.elems[std::string(in_.Text())];
      element.last = ReadWriter();
      element.rm = ReadWriter();
    }
  }

  Writer ReadWriter() {
    Writer writer;
    writer.seq = HubSequence(in_.Varint());
    if (writer.seq.value == 0) return writer;
    const std::uint64_t place = in_.Varint();
    is_sound_ = is_sound_ && place < devices_.size();
    if (place < devices_.size()) writer.device = devices_[place];
    return writer;
  }

  ByteReader in_;
  std::vector<DeviceId> devices_;
  bool is_sound_ = true;
};

}  // namespace

void RaiseWriters(WriterTable& writers, const Delta& raised, Writer writer, Ownership ownership) {
  const auto writer_of = [&](const Stamp& stamp) {
    return ownership == Ownership::kByStamp ? Writer{writer.seq, stamp.device} : writer;
  };
  for (const auto& [path, cell] : raised.cells) {
    CellWriters& at = writers[path];
    if (cell.head) at.head = writer_of(cell.head->stamp);
    if (!cell.clr.IsNever()) at.clr = writer_of(cell.clr);
    for (const auto& [key, element] : cell.elems) {
      if (!element.last.IsNever()) at.elems[key].last = writer_of(element.last);
      if (!element.rm.IsNever()) at.elems[key].rm = writer_of(element.rm);
    }
  }
}

const CellWriters* FindWriters(const WriterTable& writers, std::string_view path) {
  const auto it = writers.find(path);
  return it == writers.end() ? nullptr : &it->second;
}

std::string EncodeWriters(const WriterTable& writers) {
  ByteWriter cells;
  DeviceTable devices;
  for (const auto& [path, cell] : writers) {
    cells.Text(path);
    WriteCell(cells, devices, cell);
  }
  ByteWriter out;
  out.Varint(devices.devices().size());
  for (const DeviceId device : devices.devices())
    out.Fixed64(device.value);
  out.Varint(writers.size());
  out.Raw(std::move(cells).Take());
  return std::move(out).Take();
}

Result<WriterTable> DecodeWriters(std::string_view bytes) {
  return TableReader(bytes).Read();
}

}  // namespace contextsync
