// RelayWire: what a process that relays and the one that has the notebook open say to each other.
// One JSON object a line; the answer of a call is a line more, which nobody reads on its way.
// Source: docs/architecture.md#relay

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/document/json.h"
#include "core/tools/session.h"
#include "server/mcp/tool_handler.h"

namespace contextsync {

inline constexpr std::uint64_t kRelayProtocol = 1;

/// The first line of a connection: who relays, and where its session stands.
struct RelayHello {
  std::uint64_t protocol = kRelayProtocol;
  std::string build;
  std::string session;
  SessionPosition position;
  // What is of the relaying process, not of the one that has the notebook open.
  std::string agent;
  std::string hub;
  std::string project;
  std::string branch;
  std::optional<std::string> task;
  std::string client = {};  // the process that began it, as its hooks name it; empty: none
};

struct RelayWelcome {
  std::uint64_t protocol = kRelayProtocol;
  std::string build;
  std::uint64_t pid = 0;
  SessionPosition position;
};

/// No calls are taken.
struct RelayDenial {
  std::string reason;   // for people
  bool leaves = false;  // the process lets go of the notebook: try the lock again
};

struct RelayCall {
  std::uint64_t number = 0;
  std::string tool;
  std::string client_name;
  std::shared_ptr<const Json> arguments;
  std::optional<JsonDefect> defect;
  std::string branch = {};  // as in ToolCall
};

struct RelayCancel {
  std::uint64_t number = 0;
};

/// The session's client sends nothing more: what only waits is answered.
struct RelayEnd {};

/// Answered at once by whoever is alive, however long calls take.
struct RelayPing {};

/// The line after this one is the answer itself.
struct RelayAnswer {
  std::uint64_t number = 0;
  bool is_error = false;
  SessionPosition position;
};

using RelayRequest = std::variant<RelayCall, RelayCancel, RelayEnd, RelayPing>;
using RelayReply = std::variant<RelayWelcome, RelayDenial, RelayAnswer, RelayPing>;

/// True when `line` opens a relay and is no command.
bool IsRelayHello(std::string_view line);

std::string Encode(const RelayHello& hello);
std::string Encode(const RelayRequest& request);
std::string Encode(const RelayReply& reply);

/// Errors: kInvalidArgument.
Result<RelayHello> ReadRelayHello(std::string_view line);
Result<RelayRequest> ReadRelayRequest(std::string_view line);
Result<RelayReply> ReadRelayReply(std::string_view line);

}  // namespace contextsync
