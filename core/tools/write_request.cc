#include "core/tools/write_request.h"

#include <algorithm>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/uuid.h"
#include "core/document/json.h"

namespace contextsync {

namespace {

bool IsOpId(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '_' || c == ':' || c == '-';
  });
}

std::string ReadOpId(ArgumentReader& in, const ActionContext& context) {
  const auto given = in.StoredText("op_id", limits::kOpIdBytes);
  if (!given) {
    const auto now = static_cast<std::uint64_t>(context.clock.WallMillis());
    return MakeUuidV7(now, context.random.Next(), context.random.Next());
  }
  if (!IsOpId(*given)) in.RefuseArgument("op_id", "`op_id` may hold only A-Z a-z 0-9 . _ : -");
  return *given;
}

/// The same call again has the same hash, however it was spelled and however long it waits.
std::string HashOf(const NormalArguments& arguments) {
  std::string hashed = std::to_string(static_cast<int>(arguments.action));
  for (const auto& [name, value] : arguments.values.items()) {
    if (name == "op_id" || name == "require") continue;
    hashed += '\n' + name + ' ' + CanonicalBytes(value);
  }
  return Sha256Hex(hashed);
}

std::string ReadAgent(ArgumentReader& in, const ActionContext& context) {
  if (auto agent = in.StoredText("agent", limits::kAgentBytes)) return *agent;
  if (!context.identity.agent.empty()) return context.identity.agent;
  return context.session.client_name().empty() ? "agent" : context.session.client_name();
}

}  // namespace

WriteRequest ReadWriteRequest(ArgumentReader& in, const ActionContext& context) {
  WriteRequest request;
  request.op_id = ReadOpId(in, context);
  request.arguments_hash = HashOf(context.arguments);
  request.agent = ReadAgent(in, context);
  request.session = context.session.id();
  return request;
}

bool ReadRequireCloud(ArgumentReader& in) {
  return in.Choice("require", {"durable", "cloud"}) == "cloud";
}

}  // namespace contextsync
