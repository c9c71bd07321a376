// Which revision a message speaks. Two eras live side by side on one connection: the legacy ones
// open with `initialize`, the modern one says its version in every request. Source:
// docs/mcp.md#eras

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/mcp/json_rpc.h"

namespace contextsync::mcp {

enum class Era { kLegacy, kModern };

inline constexpr std::string_view kModernVersion = "2026-07-28";

/// The legacy version to answer `initialize` with: the one asked for if it is known, else the
/// newest.
std::string_view NegotiateLegacyVersion(std::string_view requested);

/// A request that may be dispatched, and what is known of its sender.
struct Admission {
  Era era = Era::kLegacy;
  std::string_view client_name;  // lifetime: the request's and the gate's
};

/// The era rules of one connection.
///
/// Thread-safety: one thread at a time.
class EraGate {
 public:
  /// Decides which era `request` belongs to, or why it cannot be served. Remembers that the modern
  /// era was spoken.
  ///
  /// Precondition: `request.kind` is kRequest.
  OrRpcError<Admission> Admit(const Message& request);

  /// The handshake was answered with `version`. A later one replaces it.
  void Initialise(std::string_view version, std::string_view client_name);

  /// True when an array of messages is a message.
  [[nodiscard]] bool allows_batches() const;

  /// True when an error that answers no readable id carries `"id":null`; else it carries none.
  [[nodiscard]] bool wants_null_id() const;

 private:
  OrRpcError<Admission> AdmitUnclaimed(const Message& request) const;

  std::string_view version_;  // negotiated; empty before the handshake
  std::string client_name_;   // of the handshake
  bool modern_seen_ = false;
};

}  // namespace contextsync::mcp
