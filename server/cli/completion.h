// What shells and readers of manuals want to know of the command line, made from the command line
// itself, so that it cannot be out of date.

#pragma once

#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): as the library has it
class App;
}

namespace contextsync {

struct DescribedOption {
  std::string name;  // "--json", or a positional one's own name
  std::string meaning;
  bool is_positional = false;
  bool takes_value = false;
};

/// A command that help shows.
struct DescribedCommand {
  std::vector<std::string> path;  // "hub", "doctor"; empty: the program itself
  std::string meaning;
  std::vector<DescribedOption> options;
  std::vector<std::string> subcommands;
};

/// Every command, each before those below it.
std::vector<DescribedCommand> DescribeCommands(const CLI::App& app);

/// Empty when `form` is none of bash, zsh, fish and man.
std::string CompletionFor(const std::string& form, const std::vector<DescribedCommand>& commands);

}  // namespace contextsync
