// LineSource: the lines of a file or of standard input, one at a time, however large it is.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace contextsync {

class LineSource {
 public:
  struct Line {
    std::size_t number = 0;  // from 1
    std::string text;        // without its end; empty where it is too long
    bool is_too_long = false;
  };

  /// `file` "-" is standard input. Longer lines than `most_bytes` are passed over.
  ///
  /// Errors: kInvalidArgument when it cannot be opened, or is a directory.
  static Result<std::unique_ptr<LineSource>> Open(const std::filesystem::path& file,
                                                  std::size_t most_bytes);
  ~LineSource();
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;

  /// Nothing at the end. Blocks. Errors: kUnavailable when reading fails.
  Result<std::optional<Line>> Next();

  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  /// 0 where it cannot be known before the end.
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  LineSource(int fd, std::uint64_t size, std::size_t most_bytes)
      : fd_(fd), size_(size), most_bytes_(most_bytes) {}

  Status Fill();

  const int fd_;
  const std::uint64_t size_;
  const std::size_t most_bytes_;
  std::string chunk_;
  std::size_t at_ = 0;  // in chunk_
  std::uint64_t bytes_read_ = 0;
  std::size_t number_ = 0;
  bool has_ended_ = false;
};

}  // namespace contextsync
