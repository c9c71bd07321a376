// StoreCopy: a consistent copy of a store as of one moment, whether a process has it open or not:
// then that process makes it. What backup and verify read. Source: docs/storage_format.md#backup

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/document/json.h"
#include "core/ports/table_store.h"
#include "server/app/store_place.h"

namespace contextsync {

/// Lives beside the store, shares its table files, and is gone with this object.
class StoreCopy {
 public:
  /// Blocks while a process lets go of the store or takes it up, at most some seconds.
  ///
  /// Errors: kNotFound when there is no store; kConflict when a process has it open that cannot be
  /// asked; those of opening and of copying.
  static Result<std::unique_ptr<StoreCopy>> Take(const StorePlace& place);
  ~StoreCopy();
  StoreCopy(const StoreCopy&) = delete;
  StoreCopy& operator=(const StoreCopy&) = delete;

  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  explicit StoreCopy(std::string directory) : directory_(std::move(directory)) {}

  const std::string directory_;
};

/// What processes that died in the middle of a copy or a restore left beside `directory`: how many,
/// and away with them.
std::size_t CountStaleCopies(const std::string& directory);
std::size_t RemoveStaleCopies(const std::string& directory);

/// The request that makes the process that has a store open write a copy of it to `directory` …
Json CopyRequest(const std::string& directory);

/// … and what that process does with it: {"copied":true}. Nothing: it is another request.
std::optional<Result<Json>> AnswerCopyRequest(TableStore& store, const Json& request);

}  // namespace contextsync
