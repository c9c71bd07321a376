// Exchange: how one exchange with the hub ended, in the terms that decide when the next one may
// begin.

#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/ports/hub_messages.h"

namespace contextsync {

struct Exchange {
  enum class Result {
    kNothing,      // there was nothing to say after all
    kDone,         // it brought us forward
    kResize,       // the same again at once with less in it; bounded, for it halves
    kDetour,       // another exchange has to come first, or this one again
    kBackOff,      // the hub answered: later
    kHubFailed,    // `failure`
    kLocalFailed,  // `error`: our own store
  };

  Result result = Result::kNothing;
  std::optional<HubFailure> failure = std::nullopt;
  std::optional<Error> error = std::nullopt;
  std::string trouble = {};  // code to report although the link is fine, e.g. "CLOCK_SKEW"

  static Exchange Nothing() { return {}; }
  static Exchange Done() { return {.result = Result::kDone}; }
  static Exchange Resize() { return {.result = Result::kResize}; }
  static Exchange Detour() { return {.result = Result::kDetour}; }
  static Exchange BackOff(std::string trouble = {}) {
    return {.result = Result::kBackOff, .trouble = std::move(trouble)};
  }
  static Exchange HubFailed(HubFailure failure) {
    return {.result = Result::kHubFailed, .failure = std::move(failure)};
  }
  static Exchange HubFailed(HubFault fault, std::string message) {
    HubFailure failure;
    failure.fault = fault;
    failure.message = std::move(message);
    return HubFailed(std::move(failure));
  }
  static Exchange LocalFailed(Error error) {
    return {.result = Result::kLocalFailed, .error = std::move(error)};
  }
};

}  // namespace contextsync
