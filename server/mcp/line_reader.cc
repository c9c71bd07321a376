#include "server/mcp/line_reader.h"

#include "server/mcp/tuning.h"

namespace contextsync::mcp {
namespace {

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
  if (!oversized_ && piece.size() <= max_bytes_ - partial_.size()) {
    partial_.append(piece);
    return;
  }
  if (!oversized_) {
    oversized_.emplace();
    oversized_->Take(partial_);
    std::string().swap(partial_);  // gives the large buffer back now, not at the line's end
  }
  oversized_->Take(piece);
}

void LineReader::EndLine(std::string_view piece, LineHandler& handler) {
  if (partial_.empty() && !oversized_ && piece.size() <= max_bytes_) {
    Deliver(piece, handler);  // the usual case: the whole line lies in one piece, nothing is copied
    return;
  }
  Append(piece);
  if (oversized_) {
    handler.OnOversized(*oversized_);
  } else {
    Deliver(partial_, handler);
  }
  oversized_.reset();
  partial_.clear();
  if (partial_.capacity() > kKeptBufferBytes) partial_.shrink_to_fit();
}

}  // namespace contextsync::mcp
