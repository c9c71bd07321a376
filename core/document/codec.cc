#include "core/document/codec.h"

#include <algorithm>
#include <compare>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/document/element_key.h"

namespace contextsync {
namespace {

constexpr std::uint8_t kVersion = 1;

// Cell flags. The kind of the head takes two bits from kKindShift.
constexpr unsigned kHasHead = 1U;
constexpr unsigned kHasClear = 2U;
constexpr unsigned kHasElements = 4U;
constexpr unsigned kKindShift = 3;
constexpr unsigned kAllCellFlags = 0x1FU;

// Element flags. How `first` is given and how the key is take two bits each.
constexpr unsigned kHasLast = 1U;
constexpr unsigned kHasRemoval = 2U;
constexpr unsigned kHasBytes = 4U;
constexpr unsigned kFirstShift = 3;
constexpr unsigned kKeyShift = 5;
constexpr unsigned kAllElementFlags = 0x7FU;
enum class FirstForm : std::uint8_t { kAsLast = 0, kAbsent = 1, kWritten = 2 };
enum class KeyForm : std::uint8_t { kFirstValue = 0, kLaterValue = 1, kLog = 2, kText = 3 };

// What all stamps of one journal entry share.
struct EntryStamp {
  Hlc hlc;
  DeviceId device;

  friend auto operator<=>(const EntryStamp&, const EntryStamp&) = default;
};

template <typename Value>
void SortUnique(std::vector<Value>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

template <typename Value>
std::size_t IndexOf(const std::vector<Value>& sorted, const Value& value) {
  return static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), value) -
                                  sorted.begin());
}

const Stamp& BirthOf(const Element& element) {
  return element.first.IsNever() ? element.last : element.first;
}

FirstForm FirstFormOf(const Element& element) {
  if (element.first == element.last) return FirstForm::kAsLast;
  return element.first.IsNever() ? FirstForm::kAbsent : FirstForm::kWritten;
}

KeyForm KeyFormOf(const std::string& key, const Element& element) {
  if (element.bytes.empty()) return KeyForm::kText;
  if (const auto occurrence = OccurrenceIn(key, element.bytes)) {
    return *occurrence == 0 ? KeyForm::kFirstValue : KeyForm::kLaterValue;
  }
  return key == LogKey(BirthOf(element), element.bytes) ? KeyForm::kLog : KeyForm::kText;
}

class Encoder {
 public:
  std::string Encode(const State& state) && {
    CollectEntries(state);
    out_.U8(kVersion);
    WriteTables();
    out_.Varint(state.cells.size());
    std::string_view previous;
    for (const auto& [path, cell] : state.cells) {
      WritePath(previous, path);
      WriteCell(cell);
      previous = path;
    }
    return std::move(out_).Take();
  }

 private:
  void CollectEntries(const State& state) {
    ForEachStamp(state, [this](const Stamp& stamp) {
      if (entries_.empty() || entries_.back() != EntryStamp{stamp.hlc, stamp.device}) {
        entries_.push_back({stamp.hlc, stamp.device});
      }
    });
    SortUnique(entries_);
    for (const EntryStamp& entry : entries_)
      devices_.push_back(entry.device);
    SortUnique(devices_);
  }

  void WriteTables() {
    out_.Varint(devices_.size());
    for (const DeviceId device : devices_)
      out_.Fixed64(device.value);
    out_.Varint(entries_.size());
    std::uint64_t previous = 0;
    for (const EntryStamp& entry : entries_) {
      out_.Varint(entry.hlc.value - previous);
      out_.Varint(IndexOf(devices_, entry.device));
      previous = entry.hlc.value;
    }
  }

  void WritePath(std::string_view previous, std::string_view path) {
    const auto end = std::mismatch(previous.begin(), previous.end(), path.begin(), path.end());
    const auto shared = static_cast<std::size_t>(end.first - previous.begin());
    out_.Varint(shared);
    out_.Text(path.substr(shared));
  }

  void WriteStamp(const Stamp& stamp) {
    out_.Varint(IndexOf(entries_, EntryStamp{stamp.hlc, stamp.device}));
    out_.Varint(stamp.index);
  }

  void WriteCell(const Cell& cell) {
    unsigned flags = 0;
    if (cell.head) flags |= kHasHead | (static_cast<unsigned>(cell.head->kind) << kKindShift);
    if (!cell.clr.IsNever()) flags |= kHasClear;
    if (!cell.elems.empty()) flags |= kHasElements;
    out_.U8(static_cast<std::uint8_t>(flags));
    if (cell.head) {
      WriteStamp(cell.head->stamp);
      if (cell.head->kind == CellKind::kAtom) out_.Text(cell.head->bytes);
    }
    if (!cell.clr.IsNever()) WriteStamp(cell.clr);
    if (cell.elems.empty()) return;
    out_.Varint(cell.elems.size());
    for (const auto& [key, element] : cell.elems)
      WriteElement(key, element);
  }

  void WriteElement(const std::string& key, const Element& element) {
    const FirstForm first = FirstFormOf(element);
    const KeyForm key_form = KeyFormOf(key, element);
    unsigned flags = (static_cast<unsigned>(first) << kFirstShift) |
                     (static_cast<unsigned>(key_form) << kKeyShift);
    if (!element.last.IsNever()) flags |= kHasLast;
    if (!element.rm.IsNever()) flags |= kHasRemoval;
    if (!element.bytes.empty()) flags |= kHasBytes;
    out_.U8(static_cast<std::uint8_t>(flags));
    if (!element.bytes.empty()) out_.Text(element.bytes);
    if (!element.last.IsNever()) WriteStamp(element.last);
    if (first == FirstForm::kWritten) WriteStamp(element.first);
    if (!element.rm.IsNever()) WriteStamp(element.rm);
    if (key_form == KeyForm::kLaterValue) out_.Varint(*OccurrenceIn(key, element.bytes));
    if (key_form == KeyForm::kText) out_.Text(key);
  }

  ByteWriter out_;
  std::vector<DeviceId> devices_;
  std::vector<EntryStamp> entries_;
};

// Reads field by field; the first fault makes every later read give nothing and `ok()` false.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : in_(bytes) {}

  // Nothing when the bytes are not exactly one state.
  std::optional<State> Decode() && {
    ReadTables();
    State state;
    std::string path;
    const std::uint64_t count = in_.Varint();
    for (std::uint64_t i = 0; i < count && ok(); ++i) {
      if (!ReadPath(path, state)) return std::nullopt;
      state.cells.emplace_hint(state.cells.end(), path, ReadCell());
    }
    if (!ok() || !in_.AtEnd()) return std::nullopt;
    return state;
  }

 private:
  [[nodiscard]] bool ok() const { return is_valid_ && in_.ok(); }

  void Require(bool condition) { is_valid_ = is_valid_ && condition; }

  void ReadTables() {
    const std::uint64_t device_count = in_.Varint();
    for (std::uint64_t i = 0; i < device_count && ok(); ++i)
      devices_.emplace_back(in_.Fixed64());
    const std::uint64_t entry_count = in_.Varint();
    std::uint64_t hlc = 0;
    for (std::uint64_t i = 0; i < entry_count && ok(); ++i) {
      hlc += in_.Varint();
      const std::uint64_t device = in_.Varint();
      Require(device < devices_.size());
      if (ok()) entries_.push_back({Hlc{hlc}, devices_[device]});
    }
  }

  // Paths ascend, so a bit flip that swaps or doubles one is noticed.
  bool ReadPath(std::string& path, const State& state) {
    const std::uint64_t shared = in_.Varint();
    const std::string_view rest = in_.Text();
    if (!ok() || shared > path.size()) return false;
    std::string next = path.substr(0, shared).append(rest);
    const bool ascends = state.cells.empty() || PathLess()(path, next);
    path = std::move(next);
    return ascends && !path.empty();
  }

  Stamp ReadStamp() {
    const std::uint64_t entry = in_.Varint();
    const std::uint64_t index = in_.Varint();
    Require(entry < entries_.size() && index <= UINT32_MAX);
    if (!ok()) return {};
    return {entries_[entry].hlc, entries_[entry].device, static_cast<std::uint32_t>(index)};
  }

  Cell ReadCell() {
    Cell cell;
    const unsigned flags = in_.U8();
    Require((flags & ~kAllCellFlags) == 0 && (flags & (kHasHead | kHasClear | kHasElements)) != 0);
    if ((flags & kHasHead) != 0) {
      cell.head = Head{ReadStamp(), static_cast<CellKind>((flags >> kKindShift) & 3U), {}};
      if (cell.head->kind == CellKind::kAtom) cell.head->bytes = std::string(in_.Text());
    }
    if ((flags & kHasClear) != 0) cell.clr = ReadStamp();
    if ((flags & kHasElements) == 0) return cell;
    const std::uint64_t count = in_.Varint();
    Require(count > 0);
    for (std::uint64_t i = 0; i < count && ok(); ++i)
      ReadElement(cell);
    return cell;
  }

  void ReadElement(Cell& cell) {
    const unsigned flags = in_.U8();
    Require((flags & ~kAllElementFlags) == 0);
    Element element;
    if ((flags & kHasBytes) != 0) element.bytes = std::string(in_.Text());
    if ((flags & kHasLast) != 0) element.last = ReadStamp();
    const auto first = static_cast<FirstForm>((flags >> kFirstShift) & 3U);
    Require(first <= FirstForm::kWritten);
    if (first == FirstForm::kAsLast) element.first = element.last;
    if (first == FirstForm::kWritten) element.first = ReadStamp();
    if ((flags & kHasRemoval) != 0) element.rm = ReadStamp();
    std::string key = ReadKey(static_cast<KeyForm>((flags >> kKeyShift) & 3U), element);
    Require(cell.elems.empty() || cell.elems.rbegin()->first < key);
    if (ok()) cell.elems.emplace_hint(cell.elems.end(), std::move(key), std::move(element));
  }

  std::string ReadKey(KeyForm form, const Element& element) {
    switch (form) {
      case KeyForm::kFirstValue:
        return ValueKey(element.bytes, 0);
      case KeyForm::kLaterValue: {
        const std::uint64_t occurrence = in_.Varint();
        Require(occurrence <= UINT32_MAX);
        return ValueKey(element.bytes, static_cast<std::uint32_t>(occurrence));
      }
      case KeyForm::kLog:
        return LogKey(BirthOf(element), element.bytes);
      case KeyForm::kText:
        return std::string(in_.Text());
    }
    return {};
  }

  ByteReader in_;
  bool is_valid_ = true;
  std::vector<DeviceId> devices_;
  std::vector<EntryStamp> entries_;
};

}  // namespace

std::string EncodeState(const State& state) {
  return Encoder().Encode(state);
}

Result<State> DecodeState(std::string_view bytes) {
  if (bytes.empty()) return Error(ErrorCode::kCorruption, "a stored state is empty");
  const auto version = static_cast<std::uint8_t>(bytes.front());
  if (version > kVersion)
    return Error(ErrorCode::kUnavailable, "a stored state was written by a newer program");
  auto state = version == kVersion ? Decoder(bytes.substr(1)).Decode() : std::nullopt;
  if (!state) return Error(ErrorCode::kCorruption, "a stored state is damaged");
  return *std::move(state);
}

std::string StateHash(const State& state) {
  return Sha256Hex(EncodeState(state));
}

}  // namespace contextsync
