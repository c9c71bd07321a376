// JSON as this program takes it in and gives it out: guarded parsing, and one canonical form so
// that equal values have equal bytes. Source: docs/sync_protocol.md#canonical-json

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/base/limits.h"
#include "core/base/result.h"

namespace contextsync {

using Json = nlohmann::json;

/// Why a well-formed text cannot be stored unchanged.
enum class JsonDefectKind {
  kDuplicateKey,   // the same key twice in one object, compared after unescaping
  kNumberChanges,  // the number would read back as another one
  kNulInKey,       // U+0000 inside an object key
  kKeyTooLong,     // a key above JsonLimits::key_bytes
};

struct JsonDefect {
  JsonDefectKind kind;
  std::string pointer;  // RFC 6901, of the value (or of the member whose key is at fault)
  std::string message;  // a sentence that names the value's place, never the value
};

struct ParsedJson {
  Json* operator->() { return value.get(); }
  // Behind a pointer so that this header needs only the forward declaration.
  std::shared_ptr<Json> value;
  std::optional<JsonDefect> defect;  // the first one in text order
};

struct JsonLimits {
  std::size_t depth = limits::kDataDepth;
  std::size_t elements = limits::kElements;
  std::size_t key_bytes = limits::kKeyBytes;
};

/// For messages between notebook and hub: cell paths are keys there, and each list element is an
/// object of its own. Their size is bounded in bytes before they are parsed.
inline constexpr JsonLimits kWireJsonLimits = {.depth = limits::kMessageDepth,
                                               .elements = limits::kPushBodyBytes,
                                               .key_bytes = limits::kPushBodyBytes};

/// Parses a protocol message: storability defects are noted, not refused, so that the caller can
/// answer with the place of the fault. When a defect is noted the tree still holds the last
/// duplicate / nearest number.
///
/// Errors: kInvalidArgument for malformed text, byte 0 anywhere, invalid UTF-8, lone surrogates,
/// and above
///         `limits.depth` or `limits.elements`. Iterative: never recurses on input.
Result<ParsedJson> ParseMessage(std::string_view text, const JsonLimits& limits);

/// Parses a value that will be stored: as ParseMessage, but a defect is an error too
/// (kInvalidArgument).
Result<Json> ParseStrict(std::string_view text, const JsonLimits& limits = {});

/// Canonical bytes of `value`: keys in byte order, no white space, shortest escapes, ECMAScript
/// numbers. Precondition: the tree came from a parse above or was built from such values; depth ≤
/// limits::kMessageDepth.
std::string CanonicalBytes(const Json& value);

/// `value` as one compact line for the wire; like CanonicalBytes, with U+2028 and U+2029 escaped,
/// and bytes that are not UTF-8 replaced by U+FFFD instead of throwing.
std::string CompactText(const Json& value);

/// The same, at the end of `out`; and for a text that stands in no tree.
void AppendCompactText(std::string& out, const Json& value);
void AppendCompactString(std::string& out, std::string_view text);

/// Deepest nesting of `value`; a scalar is 0, `{}` is 1.
std::size_t Depth(const Json& value);

}  // namespace contextsync
