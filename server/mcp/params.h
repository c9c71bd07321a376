// What each method takes, read from its params: one type per shape, each either well-formed or an
// error.

#pragma once

#include <string_view>

#include "server/mcp/json_rpc.h"

namespace contextsync::mcp {

// In every Read below `params` is an object or null, and the result points into it.

struct NoParams {
  static OrRpcError<NoParams> Read(const Json* params);
};

/// Of the list methods. All our lists fit one page, so no cursor was ever handed out and none is
/// valid.
struct ListParams {
  static OrRpcError<ListParams> Read(const Json* params);
};

struct InitializeParams {
  std::string_view version;
  std::string_view client_name;  // empty when it gives none

  static OrRpcError<InitializeParams> Read(const Json* params);
};

struct CallParams {
  std::string_view name;
  const Json* arguments = nullptr;  // an object; null when left out

  static OrRpcError<CallParams> Read(const Json* params);
};

struct ListenParams {
  static OrRpcError<ListenParams> Read(const Json* params);
};

}  // namespace contextsync::mcp
