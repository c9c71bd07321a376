#include "core/notebook/chosen_update.h"

#include <utility>

#include "core/base/limits.h"
#include "core/document/json.h"
#include "core/document/pointer.h"

namespace contextsync {

namespace {

constexpr std::string_view kParentPath = "@parent";

/// A value to be written, or (nothing) to be deleted.
struct Chosen {
  std::optional<Json> value;
  bool replaces = false;  // lists and objects do not merge with what is there
};

/// What was left out began by clearing what its writer saw there, so merging would not bring it
/// back.
bool BeginsWithClear(const ConflictRecord& record) {
  const auto& cells = record.left_out.delta().cells;
  const auto cell = cells.find("d" + record.path);
  return cell != cells.end() && !cell->second.clr.IsNever();
}

Result<Chosen> ChosenOf(const ConflictRecord& record, const ResolutionChoice& choice) {
  Chosen chosen;
  if (choice.choose == "value") {
    chosen.replaces = true;
    if (!choice.value.is_null()) chosen.value = choice.value;
    return chosen;
  }
  chosen.replaces = BeginsWithClear(record);
  if (!record.incoming.value) return chosen;
  auto value = ParseStrict(*record.incoming.value, {.depth = limits::kMessageDepth});
  if (!value.ok()) return Error(ErrorCode::kCorruption, "a conflict record holds no JSON");
  chosen.value = std::move(value).value();
  return chosen;
}

Result<Update> MoveTo(const Chosen& chosen) {
  Update update;
  const bool is_ref = chosen.value && chosen.value->is_object() &&
                      chosen.value->value("context_id", Json()).is_string() &&
                      chosen.value->value("level", Json()).is_string();
  const auto level =
      is_ref ? ParseLevel(chosen.value->at("level").get_ref<const std::string&>()) : std::nullopt;
  if (!level)
    return Error(ErrorCode::kInvalidArgument, "A parent is an object of `level` and `context_id`.");
  update.parent = ContextRef{*level, chosen.value->at("context_id").get<std::string>()};
  return update;
}

Result<Update> OfWhole(const Chosen& chosen, const Json& shown) {
  Update update;
  update.erase_context = !chosen.value.has_value();
  if (update.erase_context) return update;
  if (!chosen.value->is_object())
    return Error(ErrorCode::kInvalidArgument, "A whole context is an object.");
  update.data = *chosen.value;
  if (!chosen.replaces) return update;
  for (const auto& [key, value] : chosen.value->items())
    update.replace.push_back(AppendSegment("", key));
  for (const auto& [key, value] : shown.items()) {
    if (!update.data.contains(key)) update.data[key] = nullptr;
  }
  return update;
}

Result<Update> At(const std::string& path, Chosen chosen) {
  const auto segments = SplitPointer(path);
  if (!segments || segments->empty())
    return Error(ErrorCode::kCorruption, "a conflict record stands at no path");
  Update update;
  const bool is_container = chosen.value && chosen.value->is_structured();
  if (is_container && chosen.replaces) update.replace.push_back(path);
  update.data = chosen.value ? std::move(*chosen.value) : Json();
  for (auto segment = segments->rbegin(); segment != segments->rend(); ++segment) {
    Json outer = Json::object();
    outer[*segment] = std::move(update.data);
    update.data = std::move(outer);
  }
  return update;
}

Result<Update> Written(const ConflictRecord& record, Chosen chosen, const Json& shown) {
  if (record.path == kParentPath) return MoveTo(chosen);
  if (record.path.empty()) return OfWhole(chosen, shown);
  return At(record.path, std::move(chosen));
}

}  // namespace

Result<std::optional<Update>> ChosenUpdate(const ConflictRecord& record,
                                           const ResolutionChoice& choice, const Json& shown) {
  if (choice.choose == "current") return std::optional<Update>();
  CONTEXTSYNC_ASSIGN_OR_RETURN(Chosen chosen, ChosenOf(record, choice));
  CONTEXTSYNC_ASSIGN_OR_RETURN(Update update, Written(record, std::move(chosen), shown));
  return std::optional<Update>(std::move(update));
}

}  // namespace contextsync
