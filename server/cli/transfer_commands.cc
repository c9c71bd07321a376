#include "server/cli/transfer_commands.h"

#include <CLI/CLI.hpp>

namespace contextsync {

TransferCommands::TransferCommands(const ReadCommands::Adder& add, const bool& json,
                                   const SettingsSources& sources)
    : json_(json), sources_(sources) {
  AddExport(add);
  AddImport(add);
}

void TransferCommands::AddExport(const ReadCommands::Adder& add) {
  auto* command = add("export", "Write the notebook to a file, a context a line",
                      [this](const Settings& found) {
                        export_.json = json_;
                        return RunExport(found, export_);
                      });
  command->add_option("file", export_.file, "Where to; - is standard output");
  command->add_option("--markdown", export_.markdown,
                      "Instead: a directory for a page of Markdown for each context");
}

void TransferCommands::AddImport(const ReadCommands::Adder& add) {
  auto* command = add("import", "Write contexts or notes from a file into the notebook",
                      [this](const Settings& found) {
                        import_.json = json_;
                        import_.directory =
                            ProjectDirectory(sources_.environment, sources_.working_directory);
                        return RunImport(found, import_);
                      });
  command
      ->add_option("file", import_.file,
                   "An export, a memory.json, or notes in Markdown; - is standard input")
      ->required();
  command->add_option("--format", import_.format, "auto (the default), export, memory or markdown")
      ->check(CLI::IsMember({"auto", "export", "memory", "markdown"}));
  command->add_option("--into", import_.into,
                      "LEVEL/ID for what names no context; default: the project here");
  command->add_flag("--dry-run", import_.is_dry_run, "Only say what would be written");
}

}  // namespace contextsync
