// Finds secrets in JSON data, keys included, and takes them out. Source: docs/tools.md#secrets

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/document/json.h"

namespace contextsync {

/// Where a secret stands and what it is; never the secret itself.
struct SecretFinding {
  std::string path;  // JSON Pointer; a segment that holds a secret reads *
  std::string kind;  // "github-token"

  friend bool operator==(const SecretFinding&, const SecretFinding&) = default;
};

/// A finding with what is needed to take it out.
struct LocatedSecret {
  SecretFinding finding;
  std::string pointer;  // exact; of the object, for a key
  bool is_key = false;
};

/// One for each value or key that holds a secret; linear in the size of `data`.
std::vector<LocatedSecret> FindSecrets(const Json& data);

/// The same of one text.
std::vector<SecretFinding> FindSecretsInText(std::string_view path, std::string_view text);

/// Replaces the secrets at `found` by "[redacted:<kind>]", and nothing else.
void RedactSecrets(Json& data, const std::vector<LocatedSecret>& found);

/// `text` without its secrets.
std::string RedactedText(std::string_view text);

}  // namespace contextsync
