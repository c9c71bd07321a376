#include "core/hub/token_registry.h"

#include <algorithm>
#include <tuple>

#include "core/base/bytes.h"
#include "core/base/failpoint.h"
#include "core/base/hash.h"
#include "core/base/hex.h"

namespace contextsync {

namespace {

constexpr std::string_view kSecretPrefix = "ctxs_";
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kChecksumDigits = 8;
constexpr std::size_t kSecretLength = kSecretPrefix.size() + 2 * kSecretBytes + kChecksumDigits;
constexpr std::string_view kIdPrefix = "tok-";
constexpr std::size_t kIdBytes = 8;
constexpr std::uint8_t kRecordVersion = 1;
// Keys: one letter, then the id. The last use has a row of its own, so that noting one can never
// overwrite a revocation written at the same moment.
constexpr char kTokenRow = 't';
constexpr char kUseRow = 'u';
// `last_used_at` answers "is this token still needed"; a finer grain would cost a write per
// request.
constexpr UnixMillis kUseGrain = 3'600'000;

std::string Checksum(std::string_view body) {
  return ToHex16(Crc32(body)).substr(16 - kChecksumDigits);
}

std::string DigestOf(std::string_view secret) {
  const Sha256Digest digest = Sha256(secret);
  return {digest.begin(), digest.end()};
}

/// Equality whose duration does not tell where the first difference is.
bool SameDigest(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<std::uint8_t>(a[i] ^ b[i]);
  }
  return difference == 0;
}

bool IsPrintableName(std::string_view name) {
  return !name.empty() && name.size() <= TokenRegistry::kMaxNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

Status Check(const TokenRequest& request) {
  if (!IsPrintableName(request.name)) {
    return Error(ErrorCode::kInvalidArgument,
                 "a token's name is 1 to 128 printable ASCII characters");
  }
  if (!IsValidWorkspace(request.workspace.value)) {
    return Error(ErrorCode::kInvalidArgument,
                 "a workspace is 1 to 128 of the characters A-Z a-z 0-9 . _ : -");
  }
  if (request.lifetime.count() <= 0 || request.lifetime > TokenRegistry::kMaxLifetime) {
    return Error(ErrorCode::kInvalidArgument,
                 "a token lives for at least one hour and at most 365 days");
  }
  return {};
}

std::string KeyOf(char row, std::string_view id) {
  return std::string(1, row).append(id);
}

// An absent time is stored as 0, a present one as itself plus 1.
void WriteTime(ByteWriter& out, std::optional<UnixMillis> time) {
  out.Varint(time ? static_cast<std::uint64_t>(*time) + 1 : 0);
}

std::optional<UnixMillis> ReadTime(ByteReader& in) {
  const std::uint64_t stored = in.Varint();
  if (stored == 0) return std::nullopt;
  return static_cast<UnixMillis>(stored - 1);
}

}  // namespace

bool IsValidWorkspace(std::string_view workspace) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == ':' || c == '-';
  };
  return !workspace.empty() && workspace.size() <= 128 && workspace != "." && workspace != ".." &&
         std::all_of(workspace.begin(), workspace.end(), allowed);
}

bool LooksLikeToken(std::string_view text) {
  if (text.size() != kSecretLength || !text.starts_with(kSecretPrefix)) return false;
  const std::string_view body = text.substr(0, kSecretLength - kChecksumDigits);
  return IsHex(body.substr(kSecretPrefix.size()), 2 * kSecretBytes) &&
         text.substr(body.size()) == Checksum(body);
}

std::string TokenRegistry::EncodeEntry(const Entry& entry) {
  ByteWriter out;
  out.U8(kRecordVersion);
  out.Text(entry.digest);
  out.Text(entry.info.name);
  out.Text(entry.info.workspace.value);
  out.U8(static_cast<std::uint8_t>(entry.info.role));
  out.Varint(static_cast<std::uint64_t>(entry.info.created_at));
  out.Varint(static_cast<std::uint64_t>(entry.info.expires_at));
  WriteTime(out, entry.info.revoked_at);
  return std::move(out).Take();
}

Result<TokenRegistry::Entry> TokenRegistry::DecodeEntry(std::string_view id,
                                                        std::string_view value) {
  ByteReader in(value);
  Entry entry;
  const std::uint8_t version = in.U8();
  entry.info.id = id;
  entry.digest = in.Text();
  entry.info.name = in.Text();
  entry.info.workspace = WorkspaceId(std::string(in.Text()));
  const std::uint8_t role = in.U8();
  entry.info.created_at = static_cast<UnixMillis>(in.Varint());
  entry.info.expires_at = static_cast<UnixMillis>(in.Varint());
  entry.info.revoked_at = ReadTime(in);
  const bool whole = in.ok() && in.AtEnd() && version == kRecordVersion &&
                     role <= static_cast<std::uint8_t>(Role::kAdmin) &&
                     entry.digest.size() == kSecretBytes;
  if (!whole)
    return Error(ErrorCode::kCorruption, "token record cannot be read: " + std::string(id));
  entry.info.role = static_cast<Role>(role);
  return entry;
}

Result<std::unique_ptr<TokenRegistry>> TokenRegistry::Open(Environment environment) {
  std::unique_ptr<TokenRegistry> registry(new TokenRegistry(std::move(environment)));
  CONTEXTSYNC_RETURN_IF_ERROR(registry->Load());
  return registry;
}

Status TokenRegistry::Load() {
  std::vector<Entry> loaded;
  Status decoded;
  CONTEXTSYNC_RETURN_IF_ERROR(
      environment_.store.Scan(environment_.table, PrefixRange({&kTokenRow, 1}),
                              [&](std::string_view key, std::string_view value) {
                                Result<Entry> entry = DecodeEntry(key.substr(1), value);
                                if (!entry.ok()) {
                                  decoded = std::move(entry).error();
                                  return false;
                                }
                                loaded.push_back(std::move(entry).value());
                                return true;
                              }));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
  for (Entry& entry : loaded)
    CONTEXTSYNC_RETURN_IF_ERROR(LoadUse(entry));
  const MutexLock lock(mu_);
  for (Entry& entry : loaded) {
    ids_by_digest_[entry.digest] = entry.info.id;
    entries_[entry.info.id] = std::move(entry);
  }
  return {};
}

Status TokenRegistry::LoadUse(Entry& entry) const {
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const std::optional<std::string> use,
      environment_.store.Get(environment_.table, KeyOf(kUseRow, entry.info.id)));
  if (!use) return {};
  ByteReader in(*use);
  entry.info.last_used_at = ReadTime(in);
  if (!in.ok())
    return Error(ErrorCode::kCorruption, "use of token cannot be read: " + entry.info.id);
  return {};
}

Result<NewToken> TokenRegistry::Create(const TokenRequest& request) {
  CONTEXTSYNC_RETURN_IF_ERROR(Check(request));
  if (environment_.mint) CONTEXTSYNC_RETURN_IF_ERROR(environment_.mint(request.workspace));

  NewToken token;
  token.secret = std::string(kSecretPrefix) + RandomHex(kSecretBytes);
  token.secret += Checksum(token.secret);
  token.info.id = std::string(kIdPrefix) + RandomHex(kIdBytes);
  token.info.name = request.name;
  token.info.workspace = request.workspace;
  token.info.role = request.role;
  token.info.created_at = environment_.clock.WallMillis();
  token.info.expires_at =
      token.info.created_at + std::chrono::milliseconds(request.lifetime).count();

  Entry entry{token.info, DigestOf(token.secret), false};
  CONTEXTSYNC_RETURN_IF_ERROR(TryFailpoint(Failpoint::kHubTokenMade));
  CONTEXTSYNC_RETURN_IF_ERROR(Save(entry));
  PassFailpoint(Failpoint::kHubTokenStored);
  const MutexLock lock(mu_);
  ids_by_digest_[entry.digest] = entry.info.id;
  entries_[entry.info.id] = std::move(entry);
  return token;
}

std::vector<TokenInfo> TokenRegistry::List() const {
  std::vector<TokenInfo> tokens;
  {
    const MutexLock lock(mu_);
    tokens.reserve(entries_.size());
    for (const auto& [id, entry] : entries_)
      tokens.push_back(entry.info);
  }
  std::sort(tokens.begin(), tokens.end(), [](const TokenInfo& a, const TokenInfo& b) {
    return std::tie(a.created_at, a.id) < std::tie(b.created_at, b.id);
  });
  return tokens;
}

Result<TokenInfo> TokenRegistry::Revoke(std::string_view id) {
  Entry revoked;
  {
    const MutexLock lock(mu_);
    const auto found = entries_.find(std::string(id));
    if (found == entries_.end()) {
      return Error(ErrorCode::kNotFound, "there is no token with this id");
    }
    if (found->second.info.revoked_at) return found->second.info;
    revoked = found->second;
  }
  revoked.info.revoked_at = environment_.clock.WallMillis();
  CONTEXTSYNC_RETURN_IF_ERROR(Save(revoked));
  PassFailpoint(Failpoint::kHubTokenRevoked);
  const MutexLock lock(mu_);
  entries_[revoked.info.id].info.revoked_at = revoked.info.revoked_at;
  revocations_.fetch_add(1);
  return revoked.info;
}

TokenRegistry::Entry* TokenRegistry::Find(std::string_view secret) {
  if (!LooksLikeToken(secret)) return nullptr;
  const std::string digest = DigestOf(secret);
  const auto id = ids_by_digest_.find(digest);
  if (id == ids_by_digest_.end()) return nullptr;
  Entry& entry = entries_[id->second];
  return SameDigest(entry.digest, digest) ? &entry : nullptr;
}

TokenVerdict TokenRegistry::Verify(std::string_view secret) {
  const UnixMillis now = environment_.clock.WallMillis();
  const MutexLock lock(mu_);
  Entry* entry = Find(secret);
  if (entry == nullptr) return {};
  const TokenState state = StateOf(*entry);
  const UnixMillis hour = now - now % kUseGrain;
  if (state == TokenState::kValid && entry->info.last_used_at != hour) {
    entry->info.last_used_at = hour;
    entry->use_unsaved = true;
  }
  return {state, entry->info};
}

TokenState TokenRegistry::StateOf(std::string_view id) const {
  const MutexLock lock(mu_);
  const auto found = entries_.find(std::string(id));
  return found == entries_.end() ? TokenState::kUnknown : StateOf(found->second);
}

TokenState TokenRegistry::StateOf(const Entry& entry) const {
  if (entry.info.revoked_at) return TokenState::kRevoked;
  if (environment_.clock.WallMillis() >= entry.info.expires_at) return TokenState::kExpired;
  return TokenState::kValid;
}

Status TokenRegistry::SaveUses() {
  TableBatch batch;
  {
    const MutexLock lock(mu_);
    for (auto& [id, entry] : entries_) {
      if (!std::exchange(entry.use_unsaved, false)) continue;
      ByteWriter use;
      WriteTime(use, entry.info.last_used_at);
      batch.Put(environment_.table, KeyOf(kUseRow, id), std::move(use).Take());
    }
  }
  if (batch.empty()) return {};
  PassFailpoint(Failpoint::kHubUsesSaving);
  return environment_.store.Write(batch, Durability::kBuffered);
}

Status TokenRegistry::Save(const Entry& entry) {
  TableBatch batch;
  batch.Put(environment_.table, KeyOf(kTokenRow, entry.info.id), EncodeEntry(entry));
  return environment_.store.Write(batch, Durability::kSynced);
}

std::string TokenRegistry::RandomHex(std::size_t bytes) {
  std::string text;
  while (text.size() < 2 * bytes)
    text += ToHex16(environment_.random.Next());
  return text;
}

}  // namespace contextsync
