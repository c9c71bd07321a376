#include "server/cli/status_words.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "server/cli/people.h"

namespace contextsync {

namespace {

constexpr std::size_t kFactWidth = 11;

using Facts = std::vector<std::pair<std::string, std::string>>;

std::string FactText(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return {};
  return Shown(found->is_string() ? found->get<std::string>() : CompactText(*found));
}

std::uint64_t FactNumber(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

/// "12 s", "4 min", "3 h"; nothing for what is unknown.
std::string Age(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return {};
  const double age = found->get<double>();
  constexpr double kMinute = 60;
  constexpr double kHour = 3'600;
  if (age < 2 * kMinute) return std::to_string(std::lround(age)) + " s";
  if (age < 2 * kHour) return std::to_string(std::lround(age / kMinute)) + " min";
  return std::to_string(std::lround(age / kHour)) + " h";
}

const char* ColourOf(const Json& data) {
  const std::string color = data.value("color", "");
  if (color == "green") return "\x1b[32m";
  if (color == "yellow") return "\x1b[33m";
  return color == "red" ? "\x1b[31m" : "\x1b[37m";
}

Json PartOf(const Json& data, const char* name) {
  const auto found = data.find(name);
  return found != data.end() && found->is_object() ? *found : Json::object();
}

std::string DotJoined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!part.empty()) text += (text.empty() ? "" : " · ") + part;
  }
  return text;
}

std::string PendingText(const Json& data) {
  const auto pending = FactNumber(data, "pending");
  const std::string oldest = Age(data, "oldest_pending_seconds");
  return std::to_string(pending) + (pending > 0 && !oldest.empty() ? ", the oldest " + oldest : "");
}

std::string HubText(const Json& data, const Json& identity, bool is_resting) {
  const std::string hub = FactText(identity, "hub");
  if (hub.empty()) return "none: this notebook stays on this machine";
  if (is_resting) return DotJoined({hub, "at rest, no process has the notebook open"});
  const std::string channel = FactText(data, "websocket");
  return DotJoined({hub, FactText(data, "link"), channel.empty() ? "" : "live channel " + channel});
}

Facts FactsOf(const Json& data, bool is_resting) {
  const Json identity = PartOf(data, "identity");
  const Json notebook = PartOf(data, "notebook");
  const Json error = PartOf(data, "last_error");
  Facts facts = {{"hub", HubText(data, identity, is_resting)},
                 {"pending", PendingText(data)},
                 {"parked", FactText(data, "parked")},
                 {"conflicts", FactText(data, "conflicts_open") + " open"},
                 {"notebook", DotJoined({Counted(FactNumber(notebook, "contexts"), "context"),
                                         Counted(FactNumber(notebook, "bytes"), "byte"),
                                         FactText(notebook, "state")})},
                 {"here", DotJoined({"workspace " + FactText(identity, "workspace"),
                                     "project " + FactText(identity, "project"),
                                     "branch " + FactText(identity, "branch")})}};
  if (const auto recovery = PartOf(notebook, "recovery"); !recovery.empty())
    facts.emplace_back("recovery", FactText(recovery, "message"));
  if (!error.empty()) {
    facts.emplace_back("last error", FactText(error, "message"));
    facts.emplace_back("remedy", FactText(error, "hint"));
  }
  if (FactNumber(data, "parked") > 0)
    facts.emplace_back("to do", "see `contextsync parked`: the hub refused these for good");
  if (FactNumber(data, "conflicts_open") > 0)
    facts.emplace_back("to do",
                       "see `contextsync conflicts`, decide with `contextsync resolve ID`");
  return facts;
}

std::string ContactText(const Json& data) {
  const std::string age = Age(data, "age_seconds");
  if (data.value("indicator", "") == "local") return {};
  return age.empty() ? "no contact with the hub" : "last contact " + age + " ago";
}

}  // namespace

std::string StatusWords(const Json& data, const StatusView& view) {
  const std::string light = FactText(data, "icon") + " " + FactText(data, "indicator");
  const std::string contact = ContactText(data);
  std::string text = (view.colour ? ColourOf(data) + light + "\x1b[0m" : light) +
                     (contact.empty() ? "" : " · " + contact) + "\n";
  for (const auto& [name, fact] : FactsOf(data, view.is_resting)) {
    std::string line = name;
    line.append(kFactWidth - std::min(kFactWidth, name.size()), ' ');
    // What helps is never cut: it runs on in the next line.
    const bool is_help = name == "last error" || name == "remedy" || name == "to do";
    text += CutTo(line + fact, is_help ? 0 : view.columns) + "\n";
  }
  return text;
}

std::string StatusLine(const Json& data) {
  const auto pending = FactNumber(data, "pending");
  const auto parked = FactNumber(data, "parked");
  const auto conflicts = FactNumber(data, "conflicts_open");
  const std::string light = FactText(data, "icon") + " " + FactText(data, "indicator");
  const bool is_green = data.value("color", "") == "green";
  const std::string age = is_green ? std::string() : Age(data, "age_seconds");
  return DotJoined({light + (age.empty() ? "" : " " + age),
                    pending > 0 ? std::to_string(pending) + " pending" : "",
                    parked > 0 ? std::to_string(parked) + " parked" : "",
                    conflicts > 0 ? Counted(conflicts, "conflict") : ""});
}

}  // namespace contextsync
