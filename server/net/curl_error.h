// The one place where libcurl's errors become ours.

#pragma once

#include <curl/curl.h>

#include "core/ports/hub_messages.h"

namespace contextsync {

/// What a transfer that gave no answer means to the protocol.
HubFailure FailureFromCurl(CURLcode code);

}  // namespace contextsync
