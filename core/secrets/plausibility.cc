#include "core/secrets/plausibility.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "core/secrets/character_class.h"

namespace contextsync::secrets {

namespace {

// What a judgement looks at; secrets are not told from text by what comes after.
constexpr std::size_t kJudgedBytes = 128;
constexpr std::size_t kShortestKey = 16;
constexpr std::size_t kShortestPassword = 6;
constexpr double kRandomBitsPerCharacter = 3.2;

constexpr std::string_view kPlaceholders[] = {
    "example",  "xxxx",  "****",  "....",  "placeholder", "changeme", "change_me", "change-me",
    "redacted", "dummy", "your_", "your-", "yourkey",     "insert",   "todo",      "fake",
    "sample",   "<",     ">",     "${",    "{{",          "%(",       "$("};

// Not secrets although they stand in the place of one; documentation is full of them.
constexpr std::string_view kWellKnown[] = {
    "password", "passwd",   "pass",      "secret", "pwd",    "pw",    "token", "apikey",
    "string",   "null",     "none",      "true",   "false",  "test",  "user",  "admin",
    "root",     "required", "undefined", "empty",  "hidden", "foobar"};

constexpr std::string_view kReferences[] = {
    "env:",     "env.",  "vault:", "file:", "os.",       "self.", "config",  "process.",
    "secrets.", "op://", "this.",  "std::", "settings.", "arn:",  "http://", "https://"};

char Lowered(char c) {
  return Is(c, kUpper) ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string LoweredText(std::string_view text) {
  std::string lowered(text.substr(0, kJudgedBytes));
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), Lowered);
  return lowered;
}

struct Makeup {
  std::size_t digits = 0;
  std::size_t lower = 0;
  std::size_t upper = 0;
  double bits = 0;  // entropy of one character
};

Makeup MakeupOf(std::string_view text) {
  Makeup makeup;
  std::array<unsigned, 256> counts{};
  for (const char c : text) {
    ++counts[static_cast<unsigned char>(c)];
    if (Is(c, kDigit)) ++makeup.digits;
    if (Is(c, kLower)) ++makeup.lower;
    if (Is(c, kUpper)) ++makeup.upper;
  }
  const auto size = static_cast<double>(text.size());
  for (const unsigned count : counts) {
    if (count == 0) continue;
    const double share = count / size;
    makeup.bits -= share * std::log2(share);
  }
  return makeup;
}

/// Words, numbers and abbreviations joined by signs: an identifier, a path, a date.
bool IsWordy(std::string_view text) {
  std::size_t begin = 0;
  std::size_t parts = 0;
  while (begin < text.size()) {
    const std::size_t letters = RunLength(text, begin, kLetter, kJudgedBytes);
    const std::size_t run = RunLength(text, begin, kAlphanumeric, kJudgedBytes);
    const std::size_t digits = run - std::min(run, letters);
    // A word may end in a number, and a number may stand alone.
    const bool is_word = RunLength(text, begin + letters, kDigit, kJudgedBytes) == digits &&
                         digits <= 4 && letters <= 24;
    if (!is_word) return false;
    begin += run + 1;
    ++parts;
  }
  return parts > 0;
}

bool IsAscending(std::string_view text) {
  if (text.size() < 8) return false;
  std::size_t longest = 1;
  std::size_t length = 1;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool goes_up = text[i] == text[i - 1] + 1 || (text[i - 1] == '9' && text[i] == '0');
    length = goes_up ? length + 1 : 1;
    longest = std::max(longest, length);
  }
  return longest * 2 > text.size();
}

bool IsUuid(std::string_view text) {
  constexpr std::size_t kUuidBytes = 36;
  if (text.size() != kUuidBytes) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool wants_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (wants_dash ? text[i] != '-' : !Is(text[i], kHex)) return false;
  }
  return true;
}

/// Where the value is, not what it is: a path, an address, an expression of some language.
bool IsReference(std::string_view text) {
  if (text.front() == '$' || text.front() == '%') return true;
  const auto starts = [text](std::string_view reference) { return text.starts_with(reference); };
  if (std::any_of(std::begin(kReferences), std::end(kReferences), starts)) return true;
  return text.find_first_of("()[]{}\\ ,;") != std::string_view::npos;
}

template <std::size_t kCount>
bool EndsWithOneOf(std::string_view text, const std::string_view (&endings)[kCount]) {
  return std::any_of(std::begin(endings), std::end(endings),
                     [text](std::string_view ending) { return text.ends_with(ending); });
}

/// Lower case, without the signs between words: "AWS_SECRET-Access.key" → "awssecretaccesskey".
std::string Squeezed(std::string_view name) {
  std::string squeezed;
  for (const char c : name.substr(name.size() - std::min<std::size_t>(name.size(), 64))) {
    if (Is(c, kAlphanumeric)) squeezed += Lowered(c);
  }
  return squeezed;
}

constexpr std::string_view kPasswordNames[] = {"password", "passwd", "passphrase", "passwort",
                                               "pwd",      "dbpass", "userpass"};
constexpr std::string_view kKeyNames[] = {
    "secret",      "secretkey",     "secretaccesskey", "apikey",      "apitoken",     "accesskey",
    "accesstoken", "authtoken",     "refreshtoken",    "bearertoken", "clientsecret", "privatekey",
    "signingkey",  "encryptionkey", "masterkey",       "accountkey",  "authkey",      "token",
    "credential",  "credentials",   "sharedaccesskey", "storagekey",  "webhooksecret"};
// Tokens that give nothing away.
constexpr std::string_view kHarmlessNames[] = {"nexttoken",   "pagetoken",    "continuationtoken",
                                               "csrftoken",   "canceltoken",  "cancellationtoken",
                                               "designtoken", "synctoken",    "idempotencytoken",
                                               "changetoken", "nextpagetoken"};

}  // namespace

bool IsPlaceholder(std::string_view text) {
  const std::string lowered = LoweredText(text);
  const bool is_marked =
      std::any_of(std::begin(kPlaceholders), std::end(kPlaceholders),
                  [&](std::string_view mark) { return lowered.find(mark) != std::string::npos; });
  if (is_marked) return true;
  return std::find(std::begin(kWellKnown), std::end(kWellKnown), lowered) != std::end(kWellKnown);
}

bool LooksRandom(std::string_view text) {
  text = text.substr(0, kJudgedBytes);
  if (text.size() < kShortestKey) return false;
  const Makeup makeup = MakeupOf(text);
  if (makeup.digits == 0 || makeup.lower + makeup.upper == 0) return false;
  return makeup.bits >= kRandomBitsPerCharacter && !IsWordy(text) && !IsAscending(text) &&
         !IsUuid(text);
}

bool LooksLikePassword(std::string_view text) {
  text = text.substr(0, kJudgedBytes);
  if (text.size() < kShortestPassword) return false;
  if (LooksRandom(text)) return true;
  const Makeup makeup = MakeupOf(text);
  const bool has_sign = text.find_first_of("!#&*+=?@^|") != std::string_view::npos;
  const bool has_letter = makeup.lower + makeup.upper > 0;
  return has_letter && (makeup.digits > 0 || has_sign) && !IsUuid(text);
}

NamedSecret SecretNamedBy(std::string_view name) {
  const std::string squeezed = Squeezed(name);
  if (EndsWithOneOf(squeezed, kPasswordNames)) return NamedSecret::kPassword;
  if (!EndsWithOneOf(squeezed, kKeyNames) || EndsWithOneOf(squeezed, kHarmlessNames))
    return NamedSecret::kNone;
  return NamedSecret::kKey;
}

bool IsNamedSecret(NamedSecret named, std::string_view value) {
  if (named == NamedSecret::kNone || value.size() < kShortestPassword) return false;
  if (IsReference(value) || IsPlaceholder(value)) return false;
  if (named == NamedSecret::kKey) return LooksRandom(value);
  const bool is_path = value.front() == '/' || value.front() == '~' || value.front() == '.';
  return !is_path && LooksLikePassword(value);
}

std::string_view KindNamedBy(std::string_view name, NamedSecret named) {
  if (named == NamedSecret::kPassword) return "password";
  const std::string squeezed = Squeezed(name);
  if (squeezed.ends_with("accountkey")) return "azure-storage-key";
  if (squeezed.ends_with("secretaccesskey")) return "aws-secret-key";
  if (squeezed.find("aws") != std::string::npos && squeezed.ends_with("secretkey"))
    return "aws-secret-key";
  return squeezed.ends_with("token") ? "token" : "key";
}

}  // namespace contextsync::secrets
