#include "server/hub/token_admin.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/ports/json_reader.h"

namespace contextsync {

namespace {

constexpr std::array<std::pair<ErrorCode, std::string_view>, 7> kCodes = {
    {{ErrorCode::kInvalidArgument, "invalid_argument"},
     {ErrorCode::kConflict, "conflict"},
     {ErrorCode::kCorruption, "corruption"},
     {ErrorCode::kNotFound, "not_found"},
     {ErrorCode::kStorageFull, "storage_full"},
     {ErrorCode::kUnavailable, "unavailable"},
     {ErrorCode::kInternal, "internal"}}};

std::string_view NameOf(ErrorCode code) {
  for (const auto& [known, name] : kCodes) {
    if (known == code) return name;
  }
  return "internal";
}

ErrorCode CodeOf(std::string_view name) {
  for (const auto& [code, known] : kCodes) {
    if (known == name) return code;
  }
  return ErrorCode::kInternal;
}

Json TimeToJson(const std::optional<UnixMillis>& time) {
  return time ? Json(FormatTimestamp(*time)) : Json(nullptr);
}

Json NewTokenToJson(const NewToken& token) {
  return Json{{"id", token.info.id},
              {"name", token.info.name},
              {"workspace", token.info.workspace.value},
              {"role", RoleName(token.info.role)},
              {"expires_at", FormatTimestamp(token.info.expires_at)},
              {"token", token.secret}};
}

Json TokenToJson(const TokenInfo& token) {
  return Json{{"id", token.id},
              {"name", token.name},
              {"workspace", token.workspace.value},
              {"role", RoleName(token.role)},
              {"created_at", FormatTimestamp(token.created_at)},
              {"expires_at", FormatTimestamp(token.expires_at)},
              {"last_used_at", TimeToJson(token.last_used_at)},
              {"revoked_at", TimeToJson(token.revoked_at)}};
}

Result<Json> Create(TokenRegistry& tokens, JsonReader& reader) {
  TokenRequest request;
  request.name = reader.Text("name");
  request.workspace = WorkspaceId(reader.Text("workspace"));
  request.role = reader.Word("role", &ParseRole);
  // One more than allowed stands for all that is too long, and cannot overflow.
  const auto too_long = static_cast<std::uint64_t>(TokenRegistry::kMaxLifetime.count()) + 1;
  const auto usual = static_cast<std::uint64_t>(request.lifetime.count());
  request.lifetime = std::chrono::hours(std::min(reader.NumberOr("hours", usual), too_long));
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  CONTEXTSYNC_ASSIGN_OR_RETURN(const NewToken token, tokens.Create(request));
  return NewTokenToJson(token);
}

Json List(const TokenRegistry& tokens) {
  Json list = Json::array();
  for (const TokenInfo& token : tokens.List())
    list.push_back(TokenToJson(token));
  return Json{{"tokens", std::move(list)}};
}

Result<Json> Revoke(TokenRegistry& tokens, JsonReader& reader) {
  const std::string id = reader.Text("id");
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  CONTEXTSYNC_ASSIGN_OR_RETURN(const TokenInfo token, tokens.Revoke(id));
  return Json{{"id", token.id}, {"revoked", true}};
}

}  // namespace

Result<Json> RunTokenCommand(TokenRegistry& tokens, const Json& request) {
  JsonReader reader(request);
  const std::string command = reader.Text("command");
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  if (command == "create") return Create(tokens, reader);
  if (command == "list") return List(tokens);
  if (command == "revoke") return Revoke(tokens, reader);
  return Error(ErrorCode::kInvalidArgument, "there is no such token command");
}

Json TokenErrorToJson(const Error& error) {
  return Json{{"error", {{"code", NameOf(error.code())}, {"message", error.message()}}}};
}

Result<Json> TokenResultFromJson(Json answer) {
  if (!answer.is_object()) return Error(ErrorCode::kInternal, "the hub's answer is no object");
  const auto error = answer.find("error");
  if (error == answer.end()) return answer;
  JsonReader reader(*error);
  const std::string code = reader.TextOr("code", "internal");
  return Error(CodeOf(code), reader.TextOr("message", "the hub refused the command"));
}

}  // namespace contextsync
