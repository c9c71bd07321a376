#include "server/cli/completion.h"

#include <CLI/CLI.hpp>

namespace contextsync {

namespace {

using Commands = std::vector<DescribedCommand>;

std::string Joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : between) + word;
  return text;
}

DescribedOption DescribeOption(const CLI::Option& option) {
  const bool is_positional = !option.nonpositional();
  const auto& names = option.get_lnames();
  return {.name = is_positional || names.empty() ? option.get_name() : "--" + names.front(),
          .meaning = option.get_description(),
          .is_positional = is_positional,
          .takes_value = option.get_items_expected_max() > 0};
}

void Describe(const CLI::App& app, const std::vector<std::string>& path, Commands& all) {
  DescribedCommand command{
      .path = path, .meaning = app.get_description(), .options = {}, .subcommands = {}};
  for (const CLI::Option* option : app.get_options())
    command.options.push_back(DescribeOption(*option));
  const auto below = app.get_subcommands(
      [](const CLI::App* sub) { return !sub->get_group().empty() && !sub->get_name().empty(); });
  for (const CLI::App* sub : below)
    command.subcommands.push_back(sub->get_name());
  all.push_back(std::move(command));
  for (const CLI::App* sub : below) {
    auto longer = path;
    longer.push_back(sub->get_name());
    Describe(*sub, longer, all);
  }
}

std::string WordsOf(const DescribedCommand& command) {
  std::vector<std::string> words = command.subcommands;
  for (const DescribedOption& option : command.options) {
    if (!option.is_positional) words.push_back(option.name);
  }
  return Joined(words, " ");
}

/// The lines of a shell's `case` that follow the words typed so far into `path`.
std::string PathCases(const Commands& commands) {
  std::string patterns;
  for (const DescribedCommand& command : commands) {
    if (!command.path.empty())
      patterns += (patterns.empty() ? "" : "|") + ("\"" + Joined(command.path, " ") + "\"");
  }
  return patterns;
}

std::string WordCases(const Commands& commands, const std::string& before,
                      const std::string& after) {
  std::string cases;
  for (const DescribedCommand& command : commands)
    cases.append("    \"" + Joined(command.path, " ") + "\") ")
        .append(before)
        .append(WordsOf(command))
        .append(after)
        .append(" ;;\n");
  return cases;
}

std::string ForBash(const Commands& commands) {
  return "# contextsync completion bash > ~/.local/share/bash-completion/completions/contextsync\n"
         "_contextsync() {\n"
         "  local word=\"${COMP_WORDS[COMP_CWORD]}\" path=\"\" next i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    next=\"${path:+$path }${COMP_WORDS[i]}\"\n"
         "    case \"$next\" in\n"
         "    " +
         PathCases(commands) +
         ") path=\"$next\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$path\" in\n" +
         WordCases(commands, "mapfile -t COMPREPLY < <(compgen -W \"", "\" -- \"$word\")") +
         "  esac\n"
         "}\n"
         "complete -o default -F _contextsync contextsync\n";
}

std::string ForZsh(const Commands& commands) {
  return "#compdef contextsync\n"
         "# contextsync completion zsh > a directory of $fpath, as _contextsync\n"
         "_contextsync() {\n"
         "  local at=\"\" next i\n"
         "  for ((i = 2; i < CURRENT; i++)); do\n"
         "    next=\"${at:+$at }${words[i]}\"\n"
         "    case \"$next\" in\n"
         "    " +
         PathCases(commands) +
         ") at=\"$next\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$at\" in\n" +
         WordCases(commands, "compadd -- ", "") +
         "  esac\n"
         "  _files\n"
         "}\n"
         "compdef _contextsync contextsync\n";
}

/// A text in single quotes of fish.
std::string FishText(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text)
    quoted += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return quoted + "'";
}

std::string FishCondition(const std::vector<std::string>& path) {
  if (path.empty()) return "__fish_use_subcommand";
  std::string condition;
  for (const std::string& word : path)
    condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
  return condition;
}

std::string ForFish(const Commands& commands) {
  std::string text =
      "# contextsync completion fish > ~/.config/fish/completions/contextsync.fish\n";
  for (const DescribedCommand& command : commands) {
    if (!command.path.empty()) {
      const std::vector<std::string> above(command.path.begin(), command.path.end() - 1);
      text += "complete -c contextsync -n " + FishText(FishCondition(above)) + " -a " +
              command.path.back() + " -d " + FishText(command.meaning) + "\n";
    }
    for (const DescribedOption& option : command.options) {
      if (option.is_positional || !option.name.starts_with("--")) continue;
      text += "complete -c contextsync -n " + FishText(FishCondition(command.path)) + " -l " +
              option.name.substr(2) + (option.takes_value ? " -r" : "") + " -d " +
              FishText(option.meaning) + "\n";
    }
  }
  return text;
}

std::string ManText(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\\' || c == '-') safe += '\\';
    safe += c;
  }
  return safe.starts_with('.') || safe.starts_with('\'') ? "\\&" + safe : safe;
}

std::string ForMan(const Commands& commands) {
  std::string text =
      ".TH CONTEXTSYNC 1\n.SH NAME\ncontextsync \\- the notebook that AI agents share\n"
      ".SH SYNOPSIS\n.B contextsync\n[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR]\n.SH COMMANDS\n";
  for (const DescribedCommand& command : commands) {
    text += ".SS contextsync " + ManText(Joined(command.path, " ")) + "\n" +
            ManText(command.meaning) + "\n";
    for (const DescribedOption& option : command.options) {
      text += ".TP\n.B " + ManText(option.name) +
              (option.takes_value && !option.is_positional ? " VALUE" : "") + "\n" +
              ManText(option.meaning) + "\n";
    }
  }
  return text +
         ".SH EXIT STATUS\n0: done. 1: the answer is a failure, or a check found something.\n"
         "64: wrong usage. 69: notebook or hub not available.\n";
}

}  // namespace

Commands DescribeCommands(const CLI::App& app) {
  Commands all;
  Describe(app, {}, all);
  return all;
}

std::string CompletionFor(const std::string& form, const Commands& commands) {
  if (form == "bash") return ForBash(commands);
  if (form == "zsh") return ForZsh(commands);
  if (form == "fish") return ForFish(commands);
  return form == "man" ? ForMan(commands) : std::string();
}

}  // namespace contextsync
