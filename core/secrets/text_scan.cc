#include "core/secrets/text_scan.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "core/secrets/character_class.h"
#include "core/secrets/plausibility.h"
#include "core/secrets/shape.h"
#include "core/secrets/token_kinds.h"

namespace contextsync::secrets {

namespace {

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestValue = 512;
constexpr std::size_t kShortestUrlPassword = 4;
constexpr std::size_t kLongestPemHeader = 64;
constexpr std::size_t kShortestPemRun = 32;
constexpr std::size_t kPemPreamble = 256;  // a few header lines may stand before the key itself

using Found = std::optional<Match>;

/// Which kinds a token may have that begins with a character.
struct Candidate {
  const TokenKind* kind = nullptr;
  std::string_view start;  // the shape's literal start
};

using CandidateTable = std::array<std::vector<Candidate>, 256>;

CandidateTable MakeCandidates() {
  CandidateTable table;
  for (const TokenKind& kind : TokenKinds()) {
    const auto start = LiteralStart(kind.shape);
    const auto classes = FirstClasses(kind.shape);
    for (unsigned c = 0; c < table.size(); ++c) {
      const bool is_first = start.empty() ? Is(static_cast<char>(c), classes)
                                          : c == static_cast<unsigned char>(start.front());
      if (is_first) table[c].push_back({&kind, start});
    }
  }
  return table;
}

const CandidateTable& Candidates() {
  static const CandidateTable kTable = MakeCandidates();
  return kTable;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return (Is(a, kUpper) ? static_cast<char>(a - 'A' + 'a') : a) == b;
         });
}

bool EndsValue(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '`' || c == ',' ||
         c == ';' || c == '<' || c == '>' || c == '&' || c == '|';
}

bool EndsSentence(char c) {
  return c == ')' || c == ']' || c == '}' || c == '.' || c == ':';
}

class TextScan {
 public:
  explicit TextScan(std::string_view text) : text_(text) {}

  std::vector<Match> Run() {
    while (at_ < text_.size()) {
      const Found found = Look();
      const bool is_new = found && (matches_.empty() || found->begin >= matches_.back().end);
      if (is_new) {
        matches_.push_back(*found);
        at_ = std::max(found->end, at_ + 1);
      } else {
        // Nothing begins inside a word.
        at_ += std::max<std::size_t>(RunLength(text_, at_, kAlphanumeric, text_.size()), 1);
      }
    }
    return std::move(matches_);
  }

 private:
  Found Look() const {
    const char c = text_[at_];
    if (Is(c, kAlphanumeric)) return AtBoundary() ? TokenOrHeader() : Found();
    if (c == ':') return ColonOrAddress();
    if (c == '=') return Assigned();
    if (c == '~') return AzureSecret();
    if (c == '-') return PrivateKey();
    return {};
  }

  [[nodiscard]] bool AtBoundary() const { return at_ == 0 || !Is(text_[at_ - 1], kAlphanumeric); }

  [[nodiscard]] std::string_view Rest() const { return text_.substr(at_); }

  [[nodiscard]] Found TokenOrHeader() const {
    const Found token = TokenAt(at_);
    const char first = text_[at_];
    return token || (first != 'B' && first != 'b') ? token : Header();
  }

  [[nodiscard]] Found TokenAt(std::size_t begin) const {
    const std::string_view rest = text_.substr(begin);
    if (rest.empty()) return {};
    for (const Candidate& candidate : Candidates()[static_cast<unsigned char>(rest.front())]) {
      if (!rest.starts_with(candidate.start)) continue;
      const std::size_t length = MatchShape(candidate.kind->shape, rest);
      if (length == 0) continue;
      const auto token = rest.substr(0, length);
      if (IsPlaceholder(token)) continue;
      const auto body = token.substr(candidate.start.size());
      if (candidate.kind->needs_randomness && !LooksRandom(body)) continue;
      const auto more = MatchRest(candidate.kind->shape, rest.substr(length));
      return Match{begin, begin + length + more, candidate.kind->kind};
    }
    return {};
  }

  /// "Bearer …" and "Basic …" of an Authorization header.
  [[nodiscard]] Found Header() const {
    const std::string_view rest = Rest();
    const auto is_scheme = [rest](std::string_view scheme) {
      return rest.size() > scheme.size() &&
             EqualsIgnoringCase(rest.substr(0, scheme.size()), scheme);
    };
    constexpr std::string_view kBearer = "bearer ";
    constexpr std::string_view kBasic = "basic ";
    const bool is_bearer = is_scheme(kBearer);
    if (!is_bearer && !is_scheme(kBasic)) return {};
    const std::size_t begin = at_ + (is_bearer ? kBearer.size() : kBasic.size());
    const std::size_t end = ValueEnd(begin);
    const auto value = text_.substr(begin, end - begin);
    if (IsPlaceholder(value) || !LooksRandom(value)) return {};
    const bool is_token = std::all_of(
        value.begin(), value.end(), [](char c) { return Is(c, kBase64Url | kBase64Sign | kDot); });
    if (!is_token) return {};
    return Match{begin, end, is_bearer ? "bearer-token" : "basic-auth"};
  }

  [[nodiscard]] std::size_t ValueEnd(std::size_t begin) const {
    const std::size_t most = std::min(text_.size(), begin + kLongestValue);
    std::size_t end = begin;
    while (end < most && !EndsValue(text_[end]))
      ++end;
    // A bracket or full stop behind it belongs to the text around.
    const auto value = text_.substr(begin, end - begin);
    const bool is_call = value.find_first_of("([{") != std::string_view::npos;
    while (!is_call && end > begin && EndsSentence(text_[end - 1]))
      --end;
    return end;
  }

  Found ColonOrAddress() const {
    if (Rest().starts_with("://")) return AddressPassword();
    return Assigned();
  }

  /// scheme://user:password@host
  [[nodiscard]] Found AddressPassword() const {
    if (at_ == 0 || !Is(text_[at_ - 1], kAlphanumeric)) return {};
    const std::size_t begin = at_ + 3;
    std::size_t colon = 0;
    std::size_t sign = 0;
    const std::size_t most = std::min(text_.size(), begin + kLongestValue);
    for (std::size_t i = begin; i < most; ++i) {
      const char c = text_[i];
      if (EndsValue(c) || c == '/' || c == '?' || c == '#') break;
      if (c == ':' && colon == 0) colon = i;
      if (c == '@') sign = i;
    }
    if (colon == 0 || sign <= colon + kShortestUrlPassword) return {};
    const auto password = text_.substr(colon + 1, sign - colon - 1);
    const bool is_variable = password.front() == '$' || password.front() == '%' ||
                             password.front() == '*' || password.front() == '{';
    if (is_variable || IsPlaceholder(password)) return {};
    return Match{colon + 1, sign, "password-in-url"};
  }

  /// name = value, "name": "value", name: value.
  [[nodiscard]] Found Assigned() const {
    std::size_t name_end = at_;
    while (name_end > 0 && at_ - name_end < 3 && IsAround(text_[name_end - 1]))
      --name_end;
    std::size_t name_begin = name_end;
    while (name_begin > 0 && name_end - name_begin < kLongestName &&
           Is(text_[name_begin - 1], kBase64Url))
      --name_begin;
    if (name_end - name_begin < 3) return {};
    const auto name = text_.substr(name_begin, name_end - name_begin);
    const NamedSecret named = SecretNamedBy(name);
    if (named == NamedSecret::kNone) return {};
    std::size_t begin = at_ + 1;
    while (begin < text_.size() && begin - at_ < 5 &&
           (IsAround(text_[begin]) || text_[begin] == '=' || text_[begin] == '>'))
      ++begin;
    const std::size_t end = ValueEnd(begin);
    if (!IsNamedSecret(named, text_.substr(begin, end - begin))) return {};
    const Found token = TokenAt(begin);  // its form says more than the name
    return token ? token : Match{begin, end, KindNamedBy(name, named)};
  }

  static bool IsAround(char c) { return c == ' ' || c == '"' || c == '\'' || c == '\\'; }

  /// Client secrets of Azure have Q~ as their fifth and sixth character.
  [[nodiscard]] Found AzureSecret() const {
    constexpr std::size_t kBefore = 5;
    if (at_ < kBefore || text_[at_ - 1] != 'Q') return {};
    const std::size_t begin = at_ - kBefore;
    const std::size_t length = MatchShape("{v3}{d1}Q~{v31-34}", text_.substr(begin));
    if (length == 0 || IsPlaceholder(text_.substr(begin, length))) return {};
    return Match{begin, begin + length, "azure-client-secret"};
  }

  [[nodiscard]] Found PrivateKey() const {
    constexpr std::string_view kBegin = "-----BEGIN ";
    constexpr std::string_view kEnd = "-----END ";
    const std::string_view rest = Rest();
    if (!rest.starts_with(kBegin)) return {};
    const auto header = rest.substr(0, kBegin.size() + kLongestPemHeader);
    const auto header_end = header.find("-----", kBegin.size());
    if (header_end == std::string_view::npos) return {};
    if (header.substr(0, header_end).find("PRIVATE KEY") == std::string_view::npos) return {};
    const auto body = rest.substr(header_end + 5);
    if (!HoldsKey(body.substr(0, kPemPreamble))) return {};
    const auto footer = body.find(kEnd);
    if (footer == std::string_view::npos) return Match{at_, text_.size(), "private-key"};
    const auto closing = body.find("-----", footer + kEnd.size());
    const auto end = closing == std::string_view::npos ? body.size() : closing + 5;
    return Match{at_, at_ + header_end + 5 + end, "private-key"};
  }

  static bool HoldsKey(std::string_view body) {
    for (std::size_t i = 0; i < body.size();) {
      const auto run = RunLength(body, i, kAlphanumeric | kBase64Sign, body.size());
      if (run >= kShortestPemRun) return !IsPlaceholder(body.substr(i, run));
      i += run + 1;
    }
    return false;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Match> matches_;
};

}  // namespace

std::vector<Match> FindInText(std::string_view text) {
  return TextScan(text).Run();
}

std::vector<Match> FindInValue(std::string_view name, std::string_view text) {
  auto matches = FindInText(text);
  if (!matches.empty() || text.size() > kLongestValue) return matches;
  const NamedSecret named = SecretNamedBy(name);
  if (IsNamedSecret(named, text)) matches.push_back({0, text.size(), KindNamedBy(name, named)});
  return matches;
}

}  // namespace contextsync::secrets
