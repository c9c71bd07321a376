// FileHighWaterMark: the mark as one small record in `<directory>.hwm`, beside the database it
// vouches for. Source: docs/storage_format.md#high-water-mark

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/ports/high_water_mark.h"
#include "storage/rocks/posix_status.h"

namespace contextsync {

/// Thread-safety: any thread; each call is one system call, which the kernel serialises per file.
class FileHighWaterMark final : public HighWaterMark {
 public:
  static Result<std::unique_ptr<FileHighWaterMark>> Open(const std::string& directory);

  std::optional<WaterMark> Load() const override;
  Status Store(const WaterMark& mark) override;
  Status Sync() override;

 private:
  FileHighWaterMark(Descriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  const Descriptor file_;
  const std::string path_;
};

}  // namespace contextsync
