#include "server/mcp/line_reader.h"

#include "server/mcp/tuning.h"

namespace contextsync::mcp {
namespace {

constexpr std::size_t kHeadBytes = 64;  // enough to see what kind of text an oversized line is

void Deliver(std::string_view line, LineHandler& handler) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  handler.OnLine(line);
}

}  // namespace

void LineReader::Feed(std::string_view bytes, LineHandler& handler) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      Append(bytes);
      return;
    }
    EndLine(bytes.substr(0, end), handler);
    bytes.remove_prefix(end + 1);
  }
}

void LineReader::Finish(LineHandler& handler) {
  EndLine({}, handler);
}

void LineReader::Append(std::string_view piece) {
  if (oversized_) return;
  if (piece.size() <= max_bytes_ - partial_.size()) {
    partial_.append(piece);
    return;
  }
  oversized_ = true;
  std::string head = partial_.substr(0, kHeadBytes);
  head.append(piece.substr(0, kHeadBytes - head.size()));
  partial_.swap(head);  // gives the large buffer back now, not at the line's end
}

void LineReader::EndLine(std::string_view piece, LineHandler& handler) {
  if (partial_.empty() && !oversized_ && piece.size() <= max_bytes_) {
    Deliver(piece, handler);  // the usual case: the whole line lies in one piece, nothing is copied
    return;
  }
  Append(piece);
  if (oversized_) {
    handler.OnOversized(partial_);
  } else {
    Deliver(partial_, handler);
  }
  oversized_ = false;
  partial_.clear();
  if (partial_.capacity() > kKeptBufferBytes) partial_.shrink_to_fit();
}

}  // namespace contextsync::mcp
