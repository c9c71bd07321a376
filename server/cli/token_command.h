// `contextsync token create|list|revoke`: the hub's tokens, whether the hub runs or not.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace contextsync {

struct TokenCreateOptions {
  std::string data_dir;
  std::string name;
  std::string workspace;
  std::string role = "write";
  std::optional<std::uint64_t> days;  // of life; the registry's default otherwise
  bool json = false;                  // else the token alone
};

struct TokenListOptions {
  std::string data_dir;
  bool json = false;
};

struct TokenRevokeOptions {
  std::string data_dir;
  std::string id;
  bool json = false;
};

// All return an exit code of docs/operations.md#exit-codes.
int RunTokenCreate(const TokenCreateOptions& options);
int RunTokenList(const TokenListOptions& options);
int RunTokenRevoke(const TokenRevokeOptions& options);

}  // namespace contextsync
