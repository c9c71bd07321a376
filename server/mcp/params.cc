#include "server/mcp/params.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace contextsync::mcp {
namespace {

constexpr std::array<std::string_view, 3> kFilterFlags = {"toolsListChanged", "promptsListChanged",
                                                          "resourcesListChanged"};

RpcError Invalid(std::string_view what) {
  return {RpcCode::kInvalidParams, "Invalid params: " + std::string(what)};
}

const Json* Find(const Json* params, std::string_view key) {
  return params == nullptr ? nullptr : FindMember(*params, key);
}

bool IsStringList(const Json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const Json& item) { return item.is_string(); });
}

}  // namespace

OrRpcError<NoParams> NoParams::Read(const Json* /*params*/) {
  return NoParams{};
}

OrRpcError<ListParams> ListParams::Read(const Json* params) {
  if (Find(params, "cursor") != nullptr) return Invalid("unknown cursor");
  return ListParams{};
}

OrRpcError<InitializeParams> InitializeParams::Read(const Json* params) {
  const auto version = ReadString(Find(params, "protocolVersion"));
  if (!version) return Invalid("protocolVersion must be a string");
  const Json* info = Find(params, "clientInfo");
  if (info != nullptr && !info->is_object()) return Invalid("clientInfo must be an object");
  const Json* capabilities = Find(params, "capabilities");
  if (capabilities != nullptr && !capabilities->is_object()) {
    return Invalid("capabilities must be an object");
  }
  return InitializeParams{*version, ReadString(Find(info, "name")).value_or("")};
}

OrRpcError<CallParams> CallParams::Read(const Json* params) {
  const auto name = ReadString(Find(params, "name"));
  if (!name) return Invalid("name must be a string");
  const Json* arguments = Find(params, "arguments");
  if (arguments != nullptr && !arguments->is_object())
    return Invalid("arguments must be an object");
  return CallParams{*name, arguments};
}

OrRpcError<ListenParams> ListenParams::Read(const Json* params) {
  const Json* filter = Find(params, "notifications");
  if (filter == nullptr || !filter->is_object()) return Invalid("notifications must be an object");
  for (const std::string_view flag : kFilterFlags) {
    const Json* value = FindMember(*filter, flag);
    if (value != nullptr && !value->is_boolean()) {
      return Invalid(std::string(flag) + " must be true or false");
    }
  }
  const Json* uris = FindMember(*filter, "resourceSubscriptions");
  if (uris != nullptr && !IsStringList(*uris)) {
    return Invalid("resourceSubscriptions must be a list of strings");
  }
  return ListenParams{};
}

}  // namespace contextsync::mcp
