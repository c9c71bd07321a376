#include "server/cli/words.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "server/cli/people.h"

namespace contextsync::words {

namespace {

constexpr int kIndent = 2;

/// A member as text; anything but text as JSON, nothing as nothing.
std::string Member(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : CompactText(*found);
}

const Json& Items(const Json& data, const char* name) {
  static const Json kNone = Json::array();
  const auto found = data.find(name);
  return found == data.end() ? kNone : *found;
}

std::string Joined(const Json& texts) {
  std::string joined;
  for (const Json& text : texts) {
    if (!text.is_string()) continue;
    joined += (joined.empty() ? "" : ", ") + text.get<std::string>();
  }
  return joined;
}

std::string VersionOf(const Json& object) {
  return Member(object, "version") + (object.value("pending", false) ? " (pending)" : "");
}

std::string WhoOf(const Json& object, const char* name) {
  const std::string author = Member(object, "author");
  return Member(object, name) + (author.empty() ? "" : " (" + author + ")");
}

std::string Render(const TextTable& table) {
  return table.Render(WindowColumns(), MayColour());
}

/// One side of a conflict.
std::string SideOf(const Json& record, const char* name) {
  const Json side = record.value(name, Json::object());
  const bool is_deleted = side.value("deleted", false);
  const auto value = side.find("value");
  const std::string shown = is_deleted || value == side.end() ? "deleted" : CompactText(*value);
  return shown + " by " + Member(side, "agent");
}

}  // namespace

std::string OfList(const Json& data) {
  const Json& contexts = Items(data, "contexts");
  if (contexts.empty()) return "none\n";
  TextTable table({"ID", "VERSION", "UPDATED", "BY", "KEYS"});
  for (const Json& context : contexts) {
    table.Add({Member(context, "context_id"), VersionOf(context), Member(context, "updated_at"),
               WhoOf(context, "updated_by"), Joined(Items(context, "keys"))});
  }
  return Render(table);
}

std::string OfContext(const Json& data) {
  const Json context = data.value("context", Json::object());
  std::string out = Shown(Member(context, "level") + " " + Member(context, "context_id")) +
                    ", version " + VersionOf(context) + ", updated " +
                    Member(context, "updated_at") + " by " + Shown(WhoOf(context, "updated_by")) +
                    "\n";
  if (const auto parent = context.find("parent"); parent != context.end() && parent->is_object())
    out += Shown("in " + Member(*parent, "level") + " " + Member(*parent, "context_id")) + "\n";
  for (const Json& link : Items(data, "chain")) {
    out += Shown("from " + Member(link, "level") + " " + Member(link, "context_id")) +
           ", version " + VersionOf(link) + "\n";
  }
  const Json content = context.value("data", Json::object());
  out += ShownLines(content.dump(kIndent, ' ', false, Json::error_handler_t::replace)) + "\n";
  for (const Json& omitted : Items(data, "omitted"))
    out += "left out: " + Shown(Member(omitted, "path")) + ", " + Member(omitted, "bytes") +
           " bytes; read it with --fields\n";
  return out;
}

std::string OfHistory(const Json& data) {
  TextTable table({"VERSION", "WHEN", "WHO", "WHAT", "KEYS", "WHY"});
  for (const Json& version : Items(data, "versions")) {
    const std::string source = Member(version, "source");
    const std::string what =
        Member(version, "change_type") + (source.empty() || source == "tool" ? "" : ", " + source);
    table.Add({VersionOf(version), Member(version, "timestamp"), WhoOf(version, "agent"), what,
               Joined(Items(version, "keys")), Member(version, "reason")});
  }
  return Render(table);
}

std::string OfDiff(const Json& data) {
  std::string text = Member(data, "text");
  if (text.empty()) return "no difference\n";
  if (text.back() != '\n') text += '\n';
  return ShownLines(text);
}

std::string OfSearch(const Json& data) {
  const Json& contexts = Items(data, "contexts");
  if (contexts.empty()) return "nothing found\n";
  std::string out;
  for (const Json& context : contexts) {
    out += Shown(Member(context, "level") + " " + Member(context, "context_id")) + "  (" +
           Member(context, "updated_at") + " by " + Shown(WhoOf(context, "updated_by")) + ")\n";
    for (const Json& snippet : Items(context, "snippets"))
      out += "  " + Shown(Member(snippet, "path") + "  " + Member(snippet, "text")) + "\n";
  }
  return out;
}

std::string OfConflicts(const Json& data) {
  const Json& records = Items(data, "conflicts");
  if (records.empty()) return "none\n";
  TextTable table({"ID", "STATUS", "CONTEXT", "PATH", "CURRENT", "INCOMING"});
  for (const Json& record : records) {
    table.Add({Member(record, "id"), Member(record, "status"),
               Member(record, "level") + " " + Member(record, "context_id"), Member(record, "path"),
               SideOf(record, "current"), SideOf(record, "incoming")});
  }
  return Render(table);
}

std::string OfResolution(const Json& data) {
  const Json record = data.value("conflict", Json::object());
  const bool is_changed = data.value("changed", false);
  const std::string state = data.value("pending", false) && is_changed
                                ? "decided; the hub has not numbered it yet"
                                : (is_changed ? "decided" : "was decided already");
  return Shown(Member(record, "id") + " in " + Member(record, "level") + " " +
               Member(record, "context_id") + " " + Member(record, "path")) +
         ": " + state + "\n";
}

}  // namespace contextsync::words
