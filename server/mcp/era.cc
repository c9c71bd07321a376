#include "server/mcp/era.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "server/mcp/json_text.h"
#include "server/mcp/tuning.h"

namespace contextsync::mcp {
namespace {

constexpr std::string_view kVersionKey = "io.modelcontextprotocol/protocolVersion";
constexpr std::string_view kCapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";
constexpr std::string_view kClientInfoKey = "io.modelcontextprotocol/clientInfo";
constexpr std::string_view kLogLevelKey = "io.modelcontextprotocol/logLevel";

struct LegacyVersion {
  std::string_view name;
  bool batches;
  bool null_ids;  // an unreadable id is answered as null; later schemas leave it out
};

// Newest first. 2024-10-07 was never published, but the first clients ask for it.
constexpr std::array<LegacyVersion, 5> kLegacyVersions = {{
    {"2025-11-25", false, false},
    {"2025-06-18", false, true},
    {"2025-03-26", true, true},
    {"2024-11-05", true, true},
    {"2024-10-07", true, true},
}};

constexpr std::array<std::string_view, 8> kLogLevels = {"debug", "info",     "notice", "warning",
                                                        "error", "critical", "alert",  "emergency"};

const LegacyVersion* FindLegacy(std::string_view name) {
  const auto* found = std::find_if(kLegacyVersions.begin(), kLegacyVersions.end(),
                                   [&](const LegacyVersion& v) { return v.name == name; });
  return found == kLegacyVersions.end() ? nullptr : found;
}

RpcError InvalidMeta(std::string_view what) {
  return {RpcCode::kInvalidParams, "Invalid _meta: " + std::string(what)};
}

RpcError UnsupportedVersion(std::string_view requested) {
  std::string data = R"({"supported":[")" + std::string(kModernVersion) + R"("],"requested":)";
  AppendJsonString(data, CutUtf8(requested, kQuotedBytes));
  data += '}';
  return {RpcCode::kUnsupportedVersion, "Unsupported protocol version", std::move(data)};
}

bool IsImplementation(const Json& value) {
  return ReadString(FindMember(value, "name")) && ReadString(FindMember(value, "version"));
}

bool IsLogLevel(const Json& value) {
  const auto level = ReadString(&value);
  return level && std::find(kLogLevels.begin(), kLogLevels.end(), *level) != kLogLevels.end();
}

// What a modern request must say about itself, besides a version we speak.
OrRpcError<Admission> AdmitModern(const Json& meta) {
  const Json* capabilities = FindMember(meta, kCapabilitiesKey);
  if (capabilities == nullptr || !capabilities->is_object()) {
    return InvalidMeta("clientCapabilities must be an object");
  }
  Admission admission{Era::kModern, {}};
  if (const Json* info = FindMember(meta, kClientInfoKey)) {
    if (!IsImplementation(*info)) return InvalidMeta("clientInfo needs a name and a version");
    admission.client_name = *ReadString(FindMember(*info, "name"));
  }
  const Json* level = FindMember(meta, kLogLevelKey);
  if (level != nullptr && !IsLogLevel(*level)) return InvalidMeta("unknown logLevel");
  return admission;
}

}  // namespace

std::string_view NegotiateLegacyVersion(std::string_view requested) {
  const LegacyVersion* known = FindLegacy(requested);
  return known != nullptr ? known->name : kLegacyVersions.front().name;
}

OrRpcError<Admission> EraGate::Admit(const Message& request) {
  const Json* meta = request.params == nullptr ? nullptr : FindMember(*request.params, "_meta");
  if (meta != nullptr && !meta->is_object()) return InvalidMeta("it must be an object");
  const Json* claim = meta == nullptr ? nullptr : FindMember(*meta, kVersionKey);
  if (claim == nullptr) return AdmitUnclaimed(request);

  modern_seen_ = true;
  const auto version = ReadString(claim);
  if (!version) return InvalidMeta("protocolVersion must be a string");
  if (*version != kModernVersion) return UnsupportedVersion(*version);
  return AdmitModern(*meta);
}

OrRpcError<Admission> EraGate::AdmitUnclaimed(const Message& request) const {
  const bool initialised = !version_.empty();
  const bool needs_claim = modern_seen_ || request.method == "server/discover";
  if (request.method != "initialize" && !initialised && needs_claim) {
    return InvalidMeta("missing required " + std::string(kVersionKey));
  }
  return Admission{Era::kLegacy, client_name_};
}

void EraGate::Initialise(std::string_view version, std::string_view client_name) {
  version_ = FindLegacy(version)->name;
  client_name_ = client_name;
}

bool EraGate::allows_batches() const {
  const LegacyVersion* legacy = FindLegacy(version_);
  return legacy != nullptr && legacy->batches;
}

bool EraGate::wants_null_id() const {
  const LegacyVersion* legacy = FindLegacy(version_);
  return legacy != nullptr && legacy->null_ids;
}

}  // namespace contextsync::mcp
