// Plausibility: whether a text that stands where a secret would stand is one, or a placeholder, a
// word, a reference to where the secret is.

#pragma once

#include <string_view>

namespace contextsync::secrets {

/// Written to be read by people: example keys, runs of x or *, "changeme", templates.
bool IsPlaceholder(std::string_view text);

/// As a key or token drawn at random: letters and digits mixed, no words joined by signs.
bool LooksRandom(std::string_view text);

/// As LooksRandom, or as a password that a person thought of.
bool LooksLikePassword(std::string_view text);

/// What a name promises of the value beside it.
enum class NamedSecret {
  kNone,
  kPassword,  // any password
  kKey,       // keys and tokens: long and random
};

/// `name` is a key of an object, or what stands before = or : in a text.
NamedSecret SecretNamedBy(std::string_view name);

/// Whether `value` is what its name promises.
bool IsNamedSecret(NamedSecret named, std::string_view value);

/// The kind reported for a value under `name`.
std::string_view KindNamedBy(std::string_view name, NamedSecret named);

}  // namespace contextsync::secrets
