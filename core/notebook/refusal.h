// Refusal: why a call changed nothing, in the words of the tool contract (docs/tools.md#errors).

#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/outcome.h"
#include "core/document/json.h"

namespace contextsync {

enum class RefusalCode {
  kMissingField,
  kInvalidArgument,
  kUnknownParameter,
  kNotFound,
  kAlreadyExists,
  kVersionMismatch,
  kHasChildren,
  kTooLarge,
  kTooDeep,
  kStorageFull,
  kStorageUnavailable,
  kSecretBlocked,
  kForbidden,
  kNotConfirmed,
  kInternal,
};

/// "MISSING_FIELD", "INVALID_ARGUMENT" …
std::string_view ToString(RefusalCode code);

struct Refusal {
  RefusalCode code = RefusalCode::kInternal;
  std::string message;  // what is wrong; never holds text written by others
  std::string hint;     // the next call to make; empty: the tool layer's default for the code
  Json details = Json::object();  // members beside code, message, hint, e.g. {"version": 7}
};

template <typename T>
using Checked = Outcome<T, Refusal>;

}  // namespace contextsync
