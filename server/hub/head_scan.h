// ScanHead: finds the end of a request's header and refuses the forms that two parsers may read
// differently (request smuggling), before the real parser sees them. Source: RFC 9112
// sections 2.2, 5.1, 5.2, 6.3

#pragma once

#include <cstddef>
#include <string_view>

namespace contextsync {

enum class HeadState { kIncomplete, kComplete, kMalformed };

struct HeadScan {
  HeadState state = HeadState::kIncomplete;
  std::size_t length = 0;  // of a complete head, with its empty line
};

/// Malformed: a bare LF or CR, byte 0, a folded line, white space before a colon, Content-Length
/// beside Transfer-Encoding, a transfer coding other than chunked, or two of a field that must be
/// one.
///
/// Units: `seen` bytes were scanned before without an end; the search resumes there.
HeadScan ScanHead(std::string_view bytes, std::size_t seen = 0);

}  // namespace contextsync
