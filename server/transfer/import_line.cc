#include "server/transfer/import_line.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/document/json.h"

namespace contextsync {

namespace {

constexpr const char* kEntities = "entities";

std::string TextOf(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

ImportEntry NotTaken(std::string message, const Json& line = Json::object()) {
  ImportEntry entry;
  entry.fault = {"INVALID_ARGUMENT", std::move(message), TextOf(line, "level"),
                 TextOf(line, "context_id")};
  return entry;
}

ImportEntry Taken(ContextRef context, std::string parent_id, const Json& data) {
  ImportEntry entry;
  entry.item = ImportItem{std::move(context), std::move(parent_id), CompactText(data)};
  return entry;
}

/// The id of the parent; empty when the line names none. Nothing: it cannot be the parent.
std::optional<std::string> ParentIn(const Json& line, Level level) {
  const auto parent = line.find("parent");
  if (parent == line.end() || parent->is_null()) return "";
  const auto above = ParentLevel(level);
  if (!parent->is_object() || !above || TextOf(*parent, "level") != ToString(*above))
    return std::nullopt;
  std::string id = TextOf(*parent, "context_id");
  if (!ValidateContextRef({*above, id}).ok()) return std::nullopt;
  return id;
}

ImportEntry ReadExported(const Json& line) {
  const auto level = ParseLevel(TextOf(line, "level"));
  if (!level) return NotTaken("`level` must be global, project, branch or task", line);
  ContextRef context{*level, TextOf(line, "context_id")};
  const Status valid = ValidateContextRef(context);
  if (!valid.ok()) return NotTaken("`context_id`: " + valid.error().message(), line);
  const auto data = line.find("data");
  if (data == line.end() || !data->is_object()) return NotTaken("`data` must be an object", line);
  auto parent = ParentIn(line, *level);
  if (!parent) return NotTaken("`parent` must be a context one level up", line);
  return Taken(std::move(context), std::move(*parent), *data);
}

/// The line under the entity's name; what other servers added to it stays.
ImportEntry ReadEntity(Json line, const ContextRef& into) {
  const std::string name = TextOf(line, "name");
  if (name.empty()) return NotTaken("an entity needs its `name`");
  line.erase("name");
  line["type"] = line.value("entityType", Json(""));
  line.erase("entityType");
  return Taken(into, "", {{kEntities, {{name, std::move(line)}}}});
}

ImportEntry ReadRelation(Json line, const ContextRef& into) {
  const std::string from = TextOf(line, "from");
  if (from.empty() || TextOf(line, "to").empty())
    return NotTaken("a relation needs its `from` and `to`");
  line.erase("from");
  line["type"] = line.value("relationType", Json(""));
  line.erase("relationType");
  const Json relations = Json::array({std::move(line)});
  return Taken(into, "", {{kEntities, {{from, {{"relations", relations}}}}}});
}

}  // namespace

ImportEntry ReadImportLine(std::string_view line, LineKind kind, const ContextRef& into) {
  auto parsed = ParseStrict(line, kWireJsonLimits);
  if (!parsed.ok()) return NotTaken("this is no JSON: " + parsed.error().message());
  Json& json = parsed.value();
  if (!json.is_object()) return NotTaken("this is no JSON object");
  const std::string type = TextOf(json, "type");
  const bool is_memory = type == "entity" || type == "relation";
  if (kind == LineKind::kExport || (kind == LineKind::kAny && json.contains("level")))
    return ReadExported(json);
  if (!is_memory) return NotTaken("this is neither a context nor an entity or a relation");
  return type == "entity" ? ReadEntity(std::move(json), into) : ReadRelation(std::move(json), into);
}

}  // namespace contextsync
