#include "core/notebook/refusal.h"

#include "core/notebook/refusals.h"

namespace contextsync {

std::string_view ToString(RefusalCode code) {
  switch (code) {
    case RefusalCode::kMissingField:
      return "MISSING_FIELD";
    case RefusalCode::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case RefusalCode::kUnknownParameter:
      return "UNKNOWN_PARAMETER";
    case RefusalCode::kNotFound:
      return "NOT_FOUND";
    case RefusalCode::kAlreadyExists:
      return "ALREADY_EXISTS";
    case RefusalCode::kVersionMismatch:
      return "VERSION_MISMATCH";
    case RefusalCode::kHasChildren:
      return "HAS_CHILDREN";
    case RefusalCode::kTooLarge:
      return "TOO_LARGE";
    case RefusalCode::kTooDeep:
      return "TOO_DEEP";
    case RefusalCode::kStorageFull:
      return "STORAGE_FULL";
    case RefusalCode::kStorageUnavailable:
      return "STORAGE_UNAVAILABLE";
    case RefusalCode::kSecretBlocked:
      return "SECRET_BLOCKED";
    case RefusalCode::kForbidden:
      return "FORBIDDEN";
    case RefusalCode::kNotConfirmed:
      return "NOT_CONFIRMED";
    case RefusalCode::kInternal:
      break;
  }
  return "INTERNAL";
}

Refusal RefusalFor(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kStorageFull:
      return {RefusalCode::kStorageFull, "The disk is full; nothing was stored.", "",
              Json::object()};
    case ErrorCode::kInvalidArgument:
      return {RefusalCode::kInvalidArgument, error.message(), "", Json::object()};
    case ErrorCode::kInternal:
      return {RefusalCode::kInternal, error.message(), "", Json::object()};
    default:
      return {RefusalCode::kStorageUnavailable, "The notebook's storage failed: " + error.message(),
              "", Json::object()};
  }
}

Refusal RefusalFor(const Error& error, std::string_view parameter) {
  Refusal refusal = RefusalFor(error);
  if (refusal.code == RefusalCode::kInvalidArgument) refusal.details["parameter"] = parameter;
  return refusal;
}

Refusal RefusalFor(const CompileError& error) {
  switch (error.fault) {
    case CompileFault::kInvalid: {
      Json details = {{"parameter", "replace"}};  // all else was refused where it was read
      if (!error.path.empty()) details["path"] = error.path;
      return {RefusalCode::kInvalidArgument, error.message, "", std::move(details)};
    }
    case CompileFault::kDepth:
      return {RefusalCode::kTooDeep, error.message, "", {{"limit", error.limit}}};
    case CompileFault::kListLength:
    case CompileFault::kContextBytes:
    case CompileFault::kKeyBytes:
      break;
  }
  Json details = {
      {"what", ToString(error.fault)}, {"limit", error.limit}, {"actual", error.actual}};
  if (!error.path.empty()) details["path"] = error.path;
  return {RefusalCode::kTooLarge, error.message, "", std::move(details)};
}

}  // namespace contextsync
