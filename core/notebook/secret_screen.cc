#include "core/notebook/secret_screen.h"

#include <algorithm>
#include <utility>

namespace contextsync {

namespace {

Refusal Blocked(const SecretFinding& finding) {
  return {RefusalCode::kSecretBlocked,
          "The write holds what looks like a secret; nothing was stored.",
          "Name where the secret is kept instead of the secret. If it is none, allow its path in "
          "secrets.allow of global/_policy. A person takes out one that was stored before with "
          "`contextsync purge`.",
          {{"path", finding.path}, {"kind", finding.kind}}};
}

void Append(std::vector<SecretFinding>& all, const std::vector<SecretFinding>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

SecretScreen::SecretScreen(const WriteRequest& request) {
  std::vector<SecretFinding> in_call = FindSecretsInText("@op_id", request.op_id);
  Append(in_call, FindSecretsInText("@agent", request.agent));
  parts_.reserve(request.writes.size());
  for (const auto& write : request.writes) {
    parts_.push_back(Scan(write));
    Append(parts_.back().in_names, in_call);
  }
}

SecretScreen::Part SecretScreen::Scan(const ContextWrite& write) {
  Part part;
  part.in_value = FindSecrets(write.resolution ? write.resolution->value : write.update.data);
  part.in_reason = FindSecretsInText("@reason", write.reason);
  part.in_names = FindSecretsInText("@context_id", write.context.id);
  for (const auto& parent : write.parents)
    Append(part.in_names, FindSecretsInText("@parent", parent.id));
  return part;
}

std::optional<Refusal> SecretScreen::Pass(std::size_t index, const Policy& policy,
                                          const std::string& below, ContextWrite& write,
                                          ContextWritten& written) const {
  const Part& part = parts_[index];
  const Level level = write.delegate_to.value_or(write.context.level);
  std::vector<LocatedSecret> in_value = part.in_value;
  std::erase_if(in_value, [&](const LocatedSecret& secret) {
    return policy.IsSecretAllowed(level, below + secret.pointer);
  });
  std::vector<SecretFinding> found;
  found.reserve(in_value.size());
  for (const auto& secret : in_value)
    found.push_back({below + secret.finding.path, secret.finding.kind});
  Append(found, part.in_reason);
  std::vector<SecretFinding> all = found;
  Append(all, part.in_names);
  if (all.empty()) return std::nullopt;

  switch (policy.secret_mode()) {
    case SecretMode::kBlock:
      return Blocked(all.front());
    case SecretMode::kWarn:
      written.warned = std::move(all);
      return std::nullopt;
    case SecretMode::kRedact:
      break;
  }
  if (!part.in_names.empty()) return Blocked(part.in_names.front());
  RedactSecrets(write.resolution ? write.resolution->value : write.update.data, in_value);
  if (!part.in_reason.empty()) write.reason = RedactedText(write.reason);
  written.redacted = std::move(found);
  return std::nullopt;
}

void SecretScreen::TellRedacted(const Json& asked, const Json& kept, ContextWritten& written) {
  const auto is_other = [&](const std::string& key) {
    const auto was = asked.find(key);
    const auto is = kept.find(key);
    return is != kept.end() && (was == asked.end() || *was != *is);
  };
  const auto others = std::stable_partition(written.stored_keys.begin(), written.stored_keys.end(),
                                            [&](const std::string& key) { return !is_other(key); });
  written.ignored_keys.insert(written.ignored_keys.end(), others, written.stored_keys.end());
  written.stored_keys.erase(others, written.stored_keys.end());
  std::sort(written.ignored_keys.begin(), written.ignored_keys.end());
}

}  // namespace contextsync
