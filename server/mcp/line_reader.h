// LineReader: framing. Bytes in, in pieces of any size; one message per line out.
// How the input was cut into pieces never changes what comes out.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "server/mcp/oversized_line.h"

namespace contextsync::mcp {

class LineHandler {
 public:
  LineHandler() = default;
  LineHandler(const LineHandler&) = delete;
  LineHandler& operator=(const LineHandler&) = delete;
  virtual ~LineHandler() = default;

  /// One line that is not blank, without its line end. Lifetime: `line` is valid during the call.
  virtual void OnLine(std::string_view line) = 0;

  /// A line above the limit has ended and was thrown away.
  virtual void OnOversized(const OversizedLine& line) = 0;
};

/// Memory: never holds more than `max_bytes` of a line, and gives a large buffer back after use.
class LineReader {
 public:
  explicit LineReader(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void Feed(std::string_view bytes, LineHandler& handler);

  /// The input has ended: what was not closed by a line end counts as a line.
  void Finish(LineHandler& handler);

  [[nodiscard]] std::size_t buffered_bytes() const { return partial_.size(); }

 private:
  void Append(std::string_view piece);
  void EndLine(std::string_view piece, LineHandler& handler);

  std::size_t max_bytes_;
  std::string partial_;  // of the current line; empty once it is oversized
  std::optional<OversizedLine> oversized_;
};

}  // namespace contextsync::mcp
