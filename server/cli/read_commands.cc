#include "server/cli/read_commands.h"

#include <cstdio>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "server/cli/command_line.h"
#include "server/cli/resolve_dialog.h"
#include "server/cli/tool_answer.h"
#include "server/cli/words.h"

namespace contextsync {

namespace {

/// Adds what was typed; what was not keeps the tool's default.
void Give(Json& arguments, const char* name, const std::string& typed) {
  if (!typed.empty()) arguments[name] = typed;
}

int WrongUsage(const char* message) {
  static_cast<void>(std::fprintf(stderr, "contextsync: %s\n", message));
  return kExitUsage;
}

/// K=V; V is JSON where it can be read as such, else text.
std::optional<Json> FiltersFrom(const std::vector<std::string>& typed) {
  Json filters = Json::object();
  for (const std::string& filter : typed) {
    const auto equals = filter.find('=');
    if (equals == std::string::npos || equals == 0) return std::nullopt;
    const std::string wanted = filter.substr(equals + 1);
    auto value = ParseStrict(wanted);
    filters[filter.substr(0, equals)] = value.ok() ? std::move(value).value() : Json(wanted);
  }
  return filters;
}

}  // namespace

ReadCommands::ReadCommands(const Adder& add, const bool& json) : json_(json) {
  AddList(add);
  AddShow(add);
  AddLog(add);
  AddDiff(add);
  AddSearch(add);
  AddConflicts(add);
  AddResolve(add);
}

void ReadCommands::AddContext(CLI::App& command) {
  command.add_option("level", typed_.level, "global, project, branch or task")
      ->required()
      ->check(CLI::IsMember({"global", "project", "branch", "task"}));
  command.add_option("id", typed_.id, "Its id")->required();
}

void ReadCommands::AddPaging(CLI::App& command) {
  command.add_option("--limit", typed_.limit, "At most this many, 1 to 500; default 50");
  command.add_option("--cursor", typed_.cursor, "Where the last page ended");
  command.add_flag("--all", typed_.all, "All pages");
}

void ReadCommands::AddList(const Adder& add) {
  auto* command = add("list", "Contexts of a level, newest first", [this](const Settings& found) {
    const auto filters = FiltersFrom(typed_.filters);
    if (!filters) return WrongUsage("a filter is KEY=VALUE");
    auto arguments = std::make_shared<Json>(Json{{"action", "list"}, {"level", typed_.level}});
    if (!filters->empty()) (*arguments)["filters"] = *filters;
    Give(*arguments, "updated_since", typed_.updated_since);
    Give(*arguments, "parent_id", typed_.parent);
    Give(*arguments, "limit", typed_.limit);
    Give(*arguments, "cursor", typed_.cursor);
    return RunToolCommand(found, {"list", arguments, "contexts", typed_.all, json_, words::OfList});
  });
  command->add_option("level", typed_.level, "global, project, branch or task")
      ->required()
      ->check(CLI::IsMember({"global", "project", "branch", "task"}));
  command->add_option("--filter", typed_.filters, "KEY=VALUE, or POINTER=JSON; all must hold")
      ->allow_extra_args(false);
  command->add_option("--updated-since", typed_.updated_since, "A time: 2026-11-22T12:00:00Z");
  command->add_option("--parent", typed_.parent, "Only contexts in this one");
  AddPaging(*command);
}

void ReadCommands::AddShow(const Adder& add) {
  auto* command = add("show", "One context", [this](const Settings& found) {
    auto arguments = std::make_shared<Json>(
        Json{{"action", "get"}, {"level", typed_.level}, {"context_id", typed_.id}});
    if (typed_.inherited) (*arguments)["action"] = "resolve";
    Give(*arguments, "fields", typed_.fields);
    return RunToolCommand(found, {"show", arguments, "", false, json_, words::OfContext});
  });
  AddContext(*command);
  command->add_flag("--inherited", typed_.inherited, "With what it inherits from the levels above");
  command->add_option("--fields", typed_.fields, "Only these keys, with commas between");
}

void ReadCommands::AddLog(const Adder& add) {
  auto* command = add("log", "Versions of a context, newest first", [this](const Settings& found) {
    auto arguments = std::make_shared<Json>(
        Json{{"action", "history"}, {"level", typed_.level}, {"context_id", typed_.id}});
    Give(*arguments, "limit", typed_.limit);
    Give(*arguments, "cursor", typed_.cursor);
    return RunToolCommand(found,
                          {"log", arguments, "versions", typed_.all, json_, words::OfHistory});
  });
  AddContext(*command);
  AddPaging(*command);
}

void ReadCommands::AddDiff(const Adder& add) {
  auto* command = add("diff", "What changed between two versions", [this](const Settings& found) {
    auto arguments = std::make_shared<Json>(
        Json{{"action", "diff"}, {"level", typed_.level}, {"context_id", typed_.id}});
    Give(*arguments, "from", typed_.from);
    Give(*arguments, "to", typed_.to);
    return RunToolCommand(found, {"diff", arguments, "", false, json_, words::OfDiff});
  });
  AddContext(*command);
  command->add_option("from", typed_.from, "The older version; default: the one before");
  command->add_option("to", typed_.to, "The newer version; default: the current one");
}

void ReadCommands::AddSearch(const Adder& add) {
  auto* command = add("search", "Full text over all levels", [this](const Settings& found) {
    auto arguments = std::make_shared<Json>(Json{{"action", "search"}, {"query", typed_.query}});
    Give(*arguments, "level", typed_.level);
    Give(*arguments, "context_id", typed_.id);
    Give(*arguments, "limit", typed_.limit);
    Give(*arguments, "cursor", typed_.cursor);
    return RunToolCommand(found,
                          {"search", arguments, "contexts", typed_.all, json_, words::OfSearch});
  });
  command->add_option("query", typed_.query, "Words, \"a phrase\", pre*; all must occur")
      ->required();
  command->add_option("--level", typed_.level, "Only this level");
  command->add_option("--id", typed_.id, "Only contexts of this id");
  AddPaging(*command);
}

void ReadCommands::AddConflicts(const Adder& add) {
  auto* command = add("conflicts", "Where writes met", [this](const Settings& found) {
    auto arguments = std::make_shared<Json>(Json{{"action", "conflicts"}});
    Give(*arguments, "status", typed_.status);
    Give(*arguments, "limit", typed_.limit);
    Give(*arguments, "cursor", typed_.cursor);
    return RunToolCommand(
        found, {"conflicts", arguments, "conflicts", typed_.all, json_, words::OfConflicts});
  });
  command->add_option("--status", typed_.status, "open (the default), auto, resolved or all")
      ->check(CLI::IsMember({"open", "auto", "resolved", "all"}));
  AddPaging(*command);
}

void ReadCommands::AddResolve(const Adder& add) {
  auto* command = add("resolve", "Decide a conflict", [this](const Settings& found) {
    const bool is_decided = !typed_.choose.empty() || !typed_.value.empty();
    if (!is_decided && !json_ && MayAskPerson()) return RunResolveDialog(found, typed_.id);
    if (typed_.id.empty())
      return WrongUsage("name a conflict, as `contextsync conflicts` shows it");
    if (typed_.choose.empty() == typed_.value.empty())
      return WrongUsage("say either --choose current|incoming or --value JSON");
    auto arguments = std::make_shared<Json>(
        Json{{"action", "resolve_conflict"}, {"conflict_id", typed_.id}, {"choose", "value"}});
    if (typed_.value.empty()) {
      (*arguments)["choose"] = typed_.choose;
    } else {
      auto value = ParseStrict(typed_.value);
      if (!value.ok()) return WrongUsage("--value must be JSON; text needs its quotes: '\"done\"'");
      (*arguments)["value"] = std::move(value).value();
    }
    Give(*arguments, "agent", found.agent);
    return RunToolCommand(found, {"resolve", arguments, "", false, json_, words::OfResolution});
  });
  command->add_option(
      "id", typed_.id,
      "The conflict's id, as `conflicts` shows it; on a terminal default: all open");
  command->add_option("--choose", typed_.choose, "current: what is shown; incoming: the other side")
      ->check(CLI::IsMember({"current", "incoming"}));
  command->add_option("--value", typed_.value, "Another value, as JSON; null deletes");
}

}  // namespace contextsync
