#include "server/net/curl_error.h"

namespace contextsync {

HubFailure FailureFromCurl(CURLcode code) {
  HubFailure failure;
  failure.fault = code == CURLE_OPERATION_TIMEDOUT ? HubFault::kTimeout : HubFault::kTransport;
  failure.message = curl_easy_strerror(code);
  return failure;
}

}  // namespace contextsync
