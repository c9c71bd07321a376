// The reading half of wire.h: everything here comes from another program and may be hostile.

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/hash.h"
#include "core/base/hex.h"
#include "core/base/limits.h"
#include "core/document/element_key.h"
#include "core/document/wire.h"
#include "core/document/wire_names.h"

namespace contextsync {
namespace {

constexpr std::size_t kHashDigits = 16;

Error Malformed(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}
Error Unknown(std::string message) {
  return {ErrorCode::kUnavailable, std::move(message)};
}

const Json* Find(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

std::optional<std::uint64_t> ReadHex(const Json* value) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return FromHex16(value->get_ref<const std::string&>());
}

std::optional<std::uint32_t> ReadU32(const Json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  const auto number = value.get<std::uint64_t>();
  if (number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

std::optional<CellKind> ReadKind(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto it =
      std::find(kKindNames.begin(), kKindNames.end(), value.get_ref<const std::string&>());
  if (it == kKindNames.end()) return std::nullopt;
  return static_cast<CellKind>(it - kKindNames.begin());
}

bool IsMetaPath(std::string_view path) {
  return path == kMetaRoot || path == kMetaParent || path == kMetaCreated;
}

// A tree letter other than ours is a newer program's; anything else wrong with a path is a fault.
Status CheckPath(const std::string& path) {
  if (IsMetaPath(path)) return {};
  if (!path.starts_with(kDataRoot))
    return Unknown("a tree this program does not know: " + path.substr(0, 1));
  const auto segments = SplitPointer(DataPointer(path));
  if (!segments) return Malformed("a cell's path is no JSON Pointer");
  if (segments->size() > limits::kDataDepth) return Malformed("a cell's path is too deep");
  for (const std::string& key : *segments) {
    if (key.size() > limits::kKeyBytes || key.find('\0') != std::string::npos)
      return Malformed("a cell's key is not lawful");
  }
  return {};
}

// Objects inside an atom or element have keys too, and the parser let long ones pass, for the
// paths' sake.
bool HasLawfulKeys(const Json& root) {
  std::vector<const Json*> rest = {&root};
  while (!rest.empty()) {
    const Json* node = rest.back();
    rest.pop_back();
    for (const auto& [key, child] : node->items()) {
      if (node->is_object() && key.size() > limits::kKeyBytes) return false;
      if (child.is_structured()) rest.push_back(&child);
    }
  }
  return true;
}

class WireReader {
 public:
  Result<State> Read(const Json& json) && {
    if (!json.is_object()) return Malformed("a delta is an object");
    const Json* version = Find(json, "v");
    if (version == nullptr || !version->is_number_integer())
      return Malformed("a delta without version");
    if (*version != kWireVersion) return Unknown("a delta of version " + version->dump());
    CONTEXTSYNC_RETURN_IF_ERROR(ReadFrame(json));
    const Json* cells = Find(json, "cells");
    if (cells == nullptr || !cells->is_object()) return Malformed("a delta without cells");
    State state;
    for (const auto& [path, cell] : cells->items()) {
      CONTEXTSYNC_RETURN_IF_ERROR(CheckPath(path));
      CONTEXTSYNC_ASSIGN_OR_RETURN(Cell read, ReadCell(path, cell));
      state.cells.emplace(path, std::move(read));
    }
    return state;
  }

 private:
  Status ReadFrame(const Json& json) {
    const Json* devices = Find(json, "devices");
    if (devices != nullptr) return ReadDevices(*devices);
    const auto hlc = ReadHex(Find(json, "hlc"));
    const auto device = ReadHex(Find(json, "device"));
    if (!hlc || !device || *hlc == 0) return Malformed("a delta without hlc and device");
    entry_ = Stamp{Hlc{*hlc}, DeviceId(*device), 0};
    return {};
  }

  Status ReadDevices(const Json& devices) {
    if (!devices.is_array()) return Malformed("devices is not a list");
    is_full_ = true;
    for (const Json& text : devices) {
      const auto device = ReadHex(&text);
      if (!device) return Malformed("a device id is not 16 hex digits");
      devices_.emplace_back(*device);
    }
    return {};
  }

  Result<Stamp> ReadStamp(const Json& value) const {
    if (!is_full_) {
      const auto index = ReadU32(value);
      if (!index) return Malformed("a stamp is not an index");
      return Stamp{entry_.hlc, entry_.device, *index};
    }
    if (!value.is_array() || value.size() != 3)
      return Malformed("a stamp is not [hlc, device, index]");
    const auto hlc = ReadHex(&value[0]);
    const auto device = ReadU32(value[1]);
    const auto index = ReadU32(value[2]);
    if (!hlc || *hlc == 0 || !device || *device >= devices_.size() || !index)
      return Malformed("a stamp is malformed");
    return Stamp{Hlc{*hlc}, devices_[*device], *index};
  }

  // A value stored `depth` levels below the root of its document.
  static Result<std::string> ReadValue(const Json& value, std::size_t depth) {
    if (depth + Depth(value) > limits::kDataDepth) return Malformed("a value is nested too deep");
    if (!HasLawfulKeys(value)) return Malformed("a value holds a key that is too long");
    return CanonicalBytes(value);
  }

  Result<Cell> ReadCell(const std::string& path, const Json& json) const {
    if (!json.is_object()) return Malformed("a cell is an object");
    Cell cell;
    if (const Json* head = Find(json, "h")) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(cell.head, ReadHead(path, *head));
    }
    if (const Json* clear = Find(json, "c")) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(cell.clr, ReadStamp(*clear));
    }
    if (const Json* elements = Find(json, "e")) {
      CONTEXTSYNC_RETURN_IF_ERROR(ReadElements(path, *elements, cell));
    }
    if (IsNeutral(cell)) return Malformed("a cell holds nothing");
    return cell;
  }

  Result<Head> ReadHead(const std::string& path, const Json& json) const {
    if (!json.is_array() || json.size() < 2 || json.size() > 3)
      return Malformed("a head is [stamp, kind, value]");
    const auto kind = ReadKind(json[1]);
    if (!kind) return Unknown("a head of an unknown kind");
    if ((kind == CellKind::kAtom) != (json.size() == 3))
      return Malformed("only an atom has a value");
    const bool is_inner = kind == CellKind::kAtom || kind == CellKind::kList;
    if (is_inner && (path == kDataRoot || path == kMetaRoot))
      return Malformed("a root is an object");
    Head head;
    head.kind = *kind;
    CONTEXTSYNC_ASSIGN_OR_RETURN(head.stamp, ReadStamp(json[0]));
    if (kind == CellKind::kAtom) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(head.bytes, ReadValue(json[2], PointerDepth(path)));
    }
    return head;
  }

  Status ReadElements(const std::string& path, const Json& json, Cell& cell) const {
    if (!json.is_array() || path == kDataRoot || path == kMetaRoot)
      return Malformed("elements are a list's");
    for (const Json& item : json) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(Element element, ReadElement(path, item));
      CONTEXTSYNC_ASSIGN_OR_RETURN(std::string key, ReadKey(item, element));
      if (!cell.elems.emplace(std::move(key), std::move(element)).second)
        return Malformed("an element appears twice");
    }
    return {};
  }

  Result<Element> ReadElement(const std::string& path, const Json& json) const {
    if (!json.is_object()) return Malformed("an element is an object");
    const Json* value = Find(json, "v");
    const Json* added = Find(json, "a");
    const Json* first = Find(json, "f");
    const Json* removed = Find(json, "r");
    if ((value == nullptr) != (added == nullptr))
      return Malformed("an element is added with its value");
    if (added == nullptr && (removed == nullptr || first != nullptr))
      return Malformed("an element without stamps");
    Element element;
    if (value != nullptr) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(element.bytes, ReadValue(*value, PointerDepth(path) + 1));
      CONTEXTSYNC_ASSIGN_OR_RETURN(element.last, ReadStamp(*added));
      element.first = element.last;
    }
    if (first != nullptr && first->is_null()) {
      element.first = Stamp{};
    } else if (first != nullptr) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(element.first, ReadStamp(*first));
    }
    if (removed != nullptr) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(element.rm, ReadStamp(*removed));
    }
    return element;
  }

  static Result<std::string> ReadKey(const Json& json, const Element& element) {
    if (const Json* key = Find(json, "k")) return ReadWrittenKey(*key, element);
    if (element.bytes.empty()) return Malformed("a removed element without key");
    if (const Json* log = Find(json, "l")) {
      if (*log != 1) return Malformed("an element's l is 1");
      return LogKey(element.first.IsNever() ? element.last : element.first, element.bytes);
    }
    const Json* written = Find(json, "o");
    const auto occurrence =
        written == nullptr ? std::optional<std::uint32_t>(0) : ReadU32(*written);
    if (!occurrence) return Malformed("an element's occurrence is no number");
    return ValueKey(element.bytes, *occurrence);
  }

  // A key is either a value and its occurrence or a log key; one that contradicts its value is a
  // forgery.
  static Result<std::string> ReadWrittenKey(const Json& json, const Element& element) {
    if (!json.is_string()) return Malformed("an element's key is no text");
    const auto& key = json.get_ref<const std::string&>();
    if (LogKeyStamp(key)) {
      const bool fits = element.bytes.empty() || key.ends_with(ShortHash(element.bytes));
      if (fits && key.size() > kHashDigits) return key;
      return Malformed("an element's key does not fit its value");
    }
    const std::size_t mark = key.rfind('#');
    const bool is_value_key =
        mark != std::string::npos && OccurrenceIn(key, std::string_view(key).substr(0, mark));
    const bool fits = element.bytes.empty() || OccurrenceIn(key, element.bytes);
    if (!is_value_key || !fits) return Malformed("an element's key does not fit its value");
    return key;
  }

  bool is_full_ = false;
  Stamp entry_;
  std::vector<DeviceId> devices_;
};

}  // namespace

Result<Delta> DeltaFromWire(const Json& json) {
  return WireReader().Read(json);
}

Result<State> StateFromWire(const Json& json) {
  return WireReader().Read(json);
}

}  // namespace contextsync
