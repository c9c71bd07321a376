#include "core/secrets/secret_scan.h"

#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/document/pointer.h"
#include "core/secrets/text_scan.h"

namespace contextsync {

namespace {

/// Walks data of bounded depth; paths are put together only where something is found.
class DataScan {
 public:
  std::vector<LocatedSecret> Run(const Json& data) {
    Visit(data, {});
    return std::move(found_);
  }

 private:
  /// `name`: the key that the value, or the list it is in, stands under.
  void Visit(const Json& value, std::string_view name) {
    if (value.is_string()) {
      const auto matches = secrets::FindInValue(name, value.get_ref<const std::string&>());
      if (!matches.empty()) Note(matches.front().kind, /*is_key=*/false);
    } else if (value.is_object()) {
      VisitMembers(value);
    } else if (value.is_array()) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (!value[i].is_string() && !value[i].is_structured()) continue;
        path_.push_back(std::to_string(i));
        Visit(value[i], name);
        path_.pop_back();
      }
    }
  }

  void VisitMembers(const Json& object) {
    for (const auto& [key, member] : object.items()) {
      const auto matches = secrets::FindInText(key);
      if (!matches.empty()) Note(matches.front().kind, /*is_key=*/true);
      path_.push_back(key);
      Visit(member, key);
      path_.pop_back();
    }
  }

  void Note(std::string_view kind, bool is_key) {
    LocatedSecret found;
    for (const std::string& segment : path_) {
      found.pointer = AppendSegment(found.pointer, segment);
      const bool is_safe = secrets::FindInText(segment).empty();
      found.finding.path = AppendSegment(found.finding.path, is_safe ? segment : "*");
    }
    found.finding.kind = kind;
    found.is_key = is_key;
    found_.push_back(std::move(found));
  }

  std::vector<std::string> path_;
  std::vector<LocatedSecret> found_;
};

std::string Redacted(std::string_view text, const std::vector<secrets::Match>& matches) {
  std::string redacted;
  std::size_t from = 0;
  for (const auto& match : matches) {
    redacted += text.substr(from, match.begin - from);
    redacted.append("[redacted:").append(match.kind).append("]");
    from = match.end;
  }
  return redacted += text.substr(from);
}

/// Precondition: DataScan made the segment from a number.
std::size_t IndexOf(const std::string& segment) {
  std::size_t index = 0;
  std::from_chars(segment.data(), segment.data() + segment.size(), index);
  return index;
}

Json* ValueAt(Json& data, const std::string& pointer, std::string& name) {
  Json* value = &data;
  for (const std::string& segment : SplitPointer(pointer).value_or(std::vector<std::string>())) {
    if (value->is_array()) {
      value = &(*value)[IndexOf(segment)];
      continue;
    }
    name = segment;
    value = &(*value)[segment];
  }
  return value;
}

void RedactKeys(Json& object) {
  Json redacted = Json::object();
  for (auto& [key, member] : object.items())
    redacted[Redacted(key, secrets::FindInText(key))] = std::move(member);
  object = std::move(redacted);
}

}  // namespace

std::vector<LocatedSecret> FindSecrets(const Json& data) {
  return DataScan().Run(data);
}

std::vector<SecretFinding> FindSecretsInText(std::string_view path, std::string_view text) {
  std::vector<SecretFinding> findings;
  for (const auto& match : secrets::FindInText(text))
    findings.push_back({std::string(path), std::string(match.kind)});
  return findings;
}

void RedactSecrets(Json& data, const std::vector<LocatedSecret>& found) {
  for (const LocatedSecret& secret : found) {
    if (secret.is_key) continue;
    std::string name;
    Json& value = *ValueAt(data, secret.pointer, name);
    const auto& text = value.get_ref<const std::string&>();
    value = Redacted(text, secrets::FindInValue(name, text));
  }
  // The deepest first, as the pointers lead through the keys that are still to be renamed.
  for (auto secret = found.rbegin(); secret != found.rend(); ++secret) {
    std::string name;
    if (secret->is_key) RedactKeys(*ValueAt(data, secret->pointer, name));
  }
}

std::string RedactedText(std::string_view text) {
  return Redacted(text, secrets::FindInText(text));
}

}  // namespace contextsync
