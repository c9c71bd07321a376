// Bind: turns a handler of typed params into one of raw requests, so that a method is one line of a
// table.

#pragma once

#include <variant>

#include "server/mcp/json_rpc.h"
#include "server/mcp/request.h"

namespace contextsync::mcp {

template <auto kHandler>
struct Binding;

template <typename Owner, typename Params, void (Owner::*kHandler)(const Request&, const Params&)>
struct Binding<kHandler> {
  /// Reads the params and calls the handler, or answers why they are wrong.
  static void Run(Owner& owner, const Request& request) {
    const OrRpcError<Params> params = Params::Read(request.params);
    if (const auto* error = std::get_if<RpcError>(&params)) return request.Fail(*error);
    (owner.*kHandler)(request, *std::get_if<Params>(&params));
  }
};

template <auto kHandler>
inline constexpr auto kBind = &Binding<kHandler>::Run;

}  // namespace contextsync::mcp
