#include "server/config/resolve.h"

#include <utility>

#include "server/config/toml_file.h"

namespace contextsync {

namespace {

bool Reads(ProgramRole role, const Field& field) {
  return field.role == role || field.role == ProgramRole::kBoth;
}

/// A value of the highest source that has one; the default otherwise.
Setting Pick(const Field& field, const SettingsSources& sources, const FileValues& files) {
  const std::string key(field.key);
  if (const auto flag = sources.flags.find(key); flag != sources.flags.end()) {
    return {.value = flag->second, .origin = Origin::kFlag, .source = std::string(field.flag)};
  }
  const std::string variable(field.environment);
  if (const auto value = ReadVariable(sources.environment, variable); value && !variable.empty()) {
    return {.value = *value, .origin = Origin::kEnvironment, .source = variable};
  }
  if (const auto file = files.find(key); file != files.end()) return file->second;
  return {.value = std::string(field.fallback), .origin = Origin::kDefault, .source = "default"};
}

}  // namespace

Result<ResolvedFields> ResolveFields(const SettingsSources& sources, ProgramRole role) {
  ResolvedFields resolved;
  FileValues files;
  // Without a home directory there is no user configuration; a default that needs one complains
  // itself.
  if (const auto file = UserConfigFile(sources.environment); file.ok()) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(files, ReadUserConfig(file.value()));
  }
  if (role == ProgramRole::kNotebook) {
    RepositoryConfig repository =
        ReadRepositoryConfig(ProjectDirectory(sources.environment, sources.working_directory));
    resolved.warnings = std::move(repository.warnings);
    if (repository.workspace) files["workspace"] = *std::move(repository.workspace);
  }
  for (const Field& field : FieldTable()) {
    if (Reads(role, field)) resolved.values[std::string(field.key)] = Pick(field, sources, files);
  }
  return resolved;
}

}  // namespace contextsync
