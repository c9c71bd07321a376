// `contextsync list, show, log, diff, search, conflicts, resolve`: what people look at and decide,
// while agents work. Each stands for one action of manage_context. Source: docs/command_line.md

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "server/config/settings.h"

namespace contextsync {

class ReadCommands {
 public:
  using Run = std::function<int(const Settings&)>;
  /// Adds a subcommand that runs on the notebook of the settings.
  using Adder =
      std::function<CLI::App*(const std::string& name, const std::string& meaning, Run run)>;

  /// `json`: whether the answer is printed as the tool gave it.
  ReadCommands(const Adder& add, const bool& json);
  ReadCommands(const ReadCommands&) = delete;
  ReadCommands& operator=(const ReadCommands&) = delete;

 private:
  /// What was typed; not all of it is for every command.
  struct Typed {
    std::string level;
    std::string id;
    std::vector<std::string> filters;
    std::string updated_since;
    std::string parent;
    std::string fields;
    std::string query;
    std::string status;
    std::string from;
    std::string to;
    std::string choose;
    std::string value;
    std::string limit;
    std::string cursor;
    bool all = false;
    bool inherited = false;
  };

  void AddList(const Adder& add);
  void AddShow(const Adder& add);
  void AddLog(const Adder& add);
  void AddDiff(const Adder& add);
  void AddSearch(const Adder& add);
  void AddConflicts(const Adder& add);
  void AddResolve(const Adder& add);
  void AddContext(CLI::App& command);
  void AddPaging(CLI::App& command);

  const bool& json_;
  Typed typed_;
};

}  // namespace contextsync
