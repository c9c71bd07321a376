// OutputFile: a file that is written whole or not at all, or a stream that others read.

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace contextsync {

class OutputFile {
 public:
  /// What the new file stands in for when it is committed.
  enum class Links {
    kFollow,   // what the name leads to
    kReplace,  // the name itself, also where it is a link to somewhere else
  };

  /// `file` "-" is standard output, which is written at once, as devices and pipes are.
  ///
  /// Errors: kInvalidArgument when it cannot be written there.
  static Result<std::unique_ptr<OutputFile>> Create(const std::filesystem::path& file,
                                                    Links links = Links::kFollow);
  /// Leaves nothing behind unless it was committed.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Errors: kUnavailable; after it only this object's end is of use.
  Status Write(std::string_view text);

  /// Puts the file in its place, readable by its owner alone.
  ///
  /// Errors: kUnavailable; what was there is then as it was. Durability: on disk.
  Status Commit();

 private:
  OutputFile(int fd, std::filesystem::path file, std::string temporary)
      : fd_(fd), file_(std::move(file)), temporary_(std::move(temporary)) {}

  Status Flush();
  /// Gives the file, which has none yet, its temporary name.
  Status Name();
  [[nodiscard]] Error Failure(int error) const;

  int fd_;
  const std::filesystem::path file_;
  std::string temporary_;  // empty: a stream
  bool is_named_ = false;  // the file has that name, and no other yet
  std::string buffer_;
};

}  // namespace contextsync
