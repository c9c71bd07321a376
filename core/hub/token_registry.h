// TokenRegistry: the bearer tokens of a hub. A token is shown once, when it is created; what is
// stored is its SHA-256. Format: docs/storage_format.md#tokens

#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/hub/principal.h"
#include "core/ports/clock.h"
#include "core/ports/table_store.h"

namespace contextsync {

/// Everything about a token but the token.
struct TokenInfo {
  std::string id;  // "tok-" and 16 hex digits; names the token in `list` and `revoke`
  std::string name;
  WorkspaceId workspace;
  Role role = Role::kRead;
  UnixMillis created_at = 0;
  UnixMillis expires_at = 0;
  std::optional<UnixMillis> last_used_at;  // to the hour
  std::optional<UnixMillis> revoked_at;

  friend bool operator==(const TokenInfo&, const TokenInfo&) = default;
};

struct TokenRequest {
  std::string name;  // becomes the author of what is written with it
  WorkspaceId workspace;
  Role role = Role::kRead;
  std::chrono::hours lifetime = std::chrono::hours(24 * 90);
};

struct NewToken {
  TokenInfo info;
  std::string secret;  // the only time it is seen
};

enum class TokenState { kValid, kUnknown, kExpired, kRevoked };

struct TokenVerdict {
  TokenState state = TokenState::kUnknown;
  TokenInfo info;  // empty when unknown
};

/// The whole table is held in memory, because every request asks: whoever has the store open is its
/// only writer, so the two cannot differ.
///
/// Thread-safety: any thread. `Verify` never touches the store.
class TokenRegistry {
 public:
  using MintWorkspace = std::function<Status(const WorkspaceId&)>;

  struct Environment {
    TableStore& store;
    TableId table;  // holds nothing else
    Clock& clock;
    Random& random;           // cryptographic: tokens come from here
    MintWorkspace mint = {};  // makes the workspace of a new token exist
  };

  static constexpr std::chrono::hours kMaxLifetime = std::chrono::hours(24 * 365);
  static constexpr std::size_t kMaxNameBytes = 128;

  /// Errors: kCorruption when a stored token cannot be read.
  static Result<std::unique_ptr<TokenRegistry>> Open(Environment environment);

  /// Errors:     kInvalidArgument for a bad name, workspace or lifetime (nothing is created then).
  /// Durability: token and workspace are durable when it returns.
  Result<NewToken> Create(const TokenRequest& request);

  /// All tokens, the oldest first.
  [[nodiscard]] std::vector<TokenInfo> List() const;

  /// Idempotent: a second revocation answers with the first one's time. Errors: kNotFound.
  Result<TokenInfo> Revoke(std::string_view id);

  /// What `secret` is worth now. Notes the use of a valid token.
  TokenVerdict Verify(std::string_view secret);

  /// The state of a token verified earlier.
  [[nodiscard]] TokenState StateOf(std::string_view id) const;

  /// Changes with every revocation, so that holders of open connections notice without asking for
  /// each.
  [[nodiscard]] std::uint64_t revocations() const { return revocations_.load(); }

  /// Writes what `Verify` noted since. Losing it to a crash loses only `last_used_at`.
  Status SaveUses();

 private:
  struct Entry {
    TokenInfo info;
    std::string digest;  // SHA-256 of the secret, raw bytes
    bool use_unsaved = false;
  };

  explicit TokenRegistry(Environment environment) : environment_(std::move(environment)) {}

  static std::string EncodeEntry(const Entry& entry);
  static Result<Entry> DecodeEntry(std::string_view id, std::string_view value);

  Status Load();
  Status LoadUse(Entry& entry) const;
  std::string RandomHex(std::size_t bytes);
  [[nodiscard]] TokenState StateOf(const Entry& entry) const;
  Status Save(const Entry& entry);
  Entry* Find(std::string_view secret) REQUIRES(mu_);

  const Environment environment_;
  std::atomic<std::uint64_t> revocations_{0};
  mutable Mutex mu_;
  std::unordered_map<std::string, Entry> entries_ GUARDED_BY(mu_);  // by id
  std::unordered_map<std::string, std::string> ids_by_digest_ GUARDED_BY(mu_);
};

/// `[A-Za-z0-9._:-]{1,128}`, and not `.` or `..`, which clients fold away in a URL.
bool IsValidWorkspace(std::string_view workspace);

/// True when `text` has the form of a token: prefix, 64 hex digits, 8 of checksum that fit. Catches
/// a token that was cut or mistyped without a look-up, and lets scanners recognise a leaked one.
bool LooksLikeToken(std::string_view text);

}  // namespace contextsync
