#include "server/cli/token_command.h"

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "server/app/token_tool.h"
#include "server/cli/command_line.h"
#include "server/cli/people.h"

namespace contextsync {

namespace {

void PrintLine(const std::string& line) {
  std::printf("%s\n", line.c_str());
}

int ExitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return kExitUsage;
    case ErrorCode::kNotFound:
      return kExitFailed;
    default:
      return kExitUnavailable;
  }
}

int Fail(const Error& error, bool json) {
  std::fprintf(stderr, "contextsync token: %s\n", error.message().c_str());
  if (json) {
    const bool missing = error.code() == ErrorCode::kNotFound;
    const bool invalid = error.code() == ErrorCode::kInvalidArgument;
    const char* other = invalid ? "INVALID_ARGUMENT" : "STORAGE_UNAVAILABLE";
    const Json answer = {
        {"success", false},
        {"error", {{"code", missing ? "NOT_FOUND" : other}, {"message", error.message()}}}};
    PrintLine(CompactText(answer));
  }
  return ExitCodeOf(error.code());
}

/// A member of the answer as text; empty when absent or null.
std::string TextOf(const Json& token, const char* member) {
  const auto found = token.find(member);
  return found != token.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string StateOf(const Json& token) {
  const std::string revoked = TextOf(token, "revoked_at");
  if (!revoked.empty()) return "revoked " + revoked;
  return "until " + TextOf(token, "expires_at");
}

void PrintTable(const Json& tokens) {
  TextTable table({"ID", "NAME", "WORKSPACE", "ROLE", "STATE"});
  for (const Json& token : tokens) {
    table.Add({TextOf(token, "id"), TextOf(token, "name"), TextOf(token, "workspace"),
               TextOf(token, "role"), StateOf(token)});
  }
  std::fputs(table.Render(WindowColumns(), MayColour()).c_str(), stdout);
}

}  // namespace

int RunTokenCreate(const TokenCreateOptions& options) {
  Json request = {{"command", "create"},
                  {"name", options.name},
                  {"workspace", options.workspace},
                  {"role", options.role}};
  constexpr std::uint64_t kTooManyDays = 10'000;  // refused in any case; keeps the product small
  if (options.days) request["hours"] = std::min(*options.days, kTooManyDays) * 24;
  const Result<Json> answer = AskForTokens(options.data_dir, request);
  if (!answer.ok()) return Fail(answer.error(), options.json);
  PrintLine(options.json ? CompactText(answer.value()) : TextOf(answer.value(), "token"));
  return kExitDone;
}

int RunTokenList(const TokenListOptions& options) {
  const Result<Json> answer = AskForTokens(options.data_dir, Json{{"command", "list"}});
  if (!answer.ok()) return Fail(answer.error(), options.json);
  if (options.json) {
    PrintLine(CompactText(answer.value()));
  } else {
    PrintTable(answer.value().value("tokens", Json::array()));
  }
  return kExitDone;
}

int RunTokenRevoke(const TokenRevokeOptions& options) {
  const Result<Json> answer =
      AskForTokens(options.data_dir, Json{{"command", "revoke"}, {"id", options.id}});
  if (!answer.ok()) return Fail(answer.error(), options.json);
  PrintLine(options.json ? CompactText(answer.value()) : "revoked " + options.id);
  return kExitDone;
}

}  // namespace contextsync
