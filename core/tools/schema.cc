#include "core/tools/schema.h"

#include <nlohmann/json.hpp>

#include "core/tools/parameters.h"

namespace contextsync {

namespace {

using Json = nlohmann::json;

constexpr const char* kDialect = "https://json-schema.org/draft/2020-12/schema";

std::string ActionDescription() {
  std::string text;
  for (const auto& info : Actions()) {
    text.append(text.empty() ? "" : "\n").append(info.name).append(": ").append(info.summary);
  }
  return text;
}

Json ActionSchema() {
  Json names = Json::array();
  for (const auto& info : Actions())
    names.push_back(info.name);
  return {{"type", "string"}, {"enum", std::move(names)}, {"description", ActionDescription()}};
}

/// One form for both tools; `data` differs by action.
Json OutputSchema() {
  const Json text = {{"type", "string"}};
  const Json object = {{"type", "object"}};
  const Json list = {{"type", "array"}};
  return {{"type", "object"},
          {"properties",
           {{"success", {{"type", "boolean"}}},
            {"operation", text},
            {"timestamp", text},
            {"data", object},
            {"error", object},
            {"stored_keys", list},
            {"ignored_keys", list},
            {"sync", object},
            {"conflicts", list},
            {"notices", list},
            {"more", {{"type", "integer"}}}}},
          {"required", {"success", "operation", "timestamp"}}};
}

Json Annotations(bool read_only) {
  // A delete is a recoverable tombstone, so nothing here is destructive.
  return {{"readOnlyHint", read_only},
          {"destructiveHint", false},
          {"idempotentHint", read_only},
          {"openWorldHint", false}};
}

}  // namespace

Json DescribeManageContext() {
  Json properties = {{"action", ActionSchema()}};
  for (const auto& parameter : Parameters()) {
    Json schema = Json::parse(parameter.schema);
    schema["description"] = parameter.description;
    properties[parameter.name] = std::move(schema);
  }
  return {{"name", "manage_context"},
          {"title", "Shared notebook"},
          {"description",
           "Shared, durable notebook for agents. Call it when you start a task (get), whenever you "
           "read or change "
           "files, decide, learn or run tests (update), and when you finish. Everything else is "
           "automatic: other "
           "agents see it on their next call, and `notices` in answers tell you what they changed. "
           "An answer with "
           "sync.durable true is never lost."},
          {"inputSchema",
           {{"$schema", kDialect},
            {"type", "object"},
            {"properties", std::move(properties)},
            {"required", {"action"}}}},
          {"outputSchema", OutputSchema()},
          {"annotations", Annotations(/*read_only=*/false)}};
}

Json DescribeStatus() {
  return {{"name", "status"},
          {"title", "Notebook status"},
          {"description",
           "Is the notebook in sync? Shows the light (green, yellow, red), what waits for the hub, "
           "open conflicts and "
           "who you are. Takes no arguments."},
          {"inputSchema",
           {{"$schema", kDialect},
            {"type", "object"},
            {"properties", Json::object()},
            {"additionalProperties", false}}},
          {"outputSchema", OutputSchema()},
          {"annotations", Annotations(/*read_only=*/true)}};
}

}  // namespace contextsync
