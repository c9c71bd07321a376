#include "server/config/toml_file.h"

#include <algorithm>

// The parser asserts what a faulty file need not keep to (`[}x]`), and goes on to tell the fault.
#define TOML_ASSERT(condition) static_assert(true)
#include <toml++/toml.h>

#include "core/base/limits.h"
#include "server/config/git_repository.h"
#include "server/config/small_file.h"

namespace contextsync {

namespace {

using std::filesystem::path;

constexpr std::size_t kFileBytes = 64 * limits::kKiB;
constexpr std::string_view kRepositoryFile = ".contextsync.toml";

std::string At(const path& file, const toml::source_region& region) {
  return file.string() + " line " + std::to_string(region.begin.line);
}

Result<std::optional<toml::table>> ParseFile(const path& file) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<SmallFile> content,
                               ReadSmallFile(file, kFileBytes));
  if (!content) return std::optional<toml::table>();
  toml::parse_result parsed = toml::parse(content->text);
  if (!parsed) {
    return Error(ErrorCode::kInvalidArgument, At(file, parsed.error().source()) + ": " +
                                                  std::string(parsed.error().description()));
  }
  return std::optional(std::move(parsed).table());
}

const Field* FieldOfToml(std::string_view name) {
  const auto table = FieldTable();
  const auto found = std::find_if(table.begin(), table.end(), [name](const Field& field) {
    return !field.toml.empty() && field.toml == name;
  });
  return found == table.end() ? nullptr : &*found;
}

/// True when some field's TOML name lies in the table `name`.
bool IsFieldTable(std::string_view name) {
  const auto table = FieldTable();
  return std::any_of(table.begin(), table.end(), [name](const Field& field) {
    return field.toml.starts_with(name) && field.toml.substr(name.size()).starts_with('.');
  });
}

std::optional<std::string> TextOf(const toml::node& node, const Field& field) {
  if (field.is_switch) {
    const auto value = node.value_exact<bool>();
    return value ? std::optional<std::string>(*value ? "true" : "false") : std::nullopt;
  }
  return node.value_exact<std::string>();
}

/// Reads one `name = value` into `values`.
Status CollectValue(const std::string& name, const toml::node& node, const std::string& where,
                    FileValues& values) {
  const Field* const field = FieldOfToml(name);
  if (field == nullptr) {
    return Error(ErrorCode::kInvalidArgument,
                 where + ": there is no setting '" + name +
                     "'; remove the line, or see contextsync config show");
  }
  const std::optional<std::string> text = TextOf(node, *field);
  if (!text) {
    const char* const type = field->is_switch ? "true or false" : "a text in quotes";
    return Error(ErrorCode::kInvalidArgument, where + ": " + name + " must be " + type);
  }
  values[std::string(field->key)] =
      Setting{.value = *text, .origin = Origin::kFile, .source = where};
  return {};
}

Status Collect(const path& file, const toml::table& table, const std::string& prefix,
               FileValues& values) {
  for (const auto& [key, node] : table) {
    std::string name = prefix;
    name.append(key.str());
    const toml::table* const inner = node.as_table();
    if (inner != nullptr && prefix.empty() && IsFieldTable(name)) {
      CONTEXTSYNC_RETURN_IF_ERROR(Collect(file, *inner, name + ".", values));
    } else {
      CONTEXTSYNC_RETURN_IF_ERROR(CollectValue(name, node, At(file, key.source()), values));
    }
  }
  return {};
}

void CollectWorkspace(const path& file, const toml::table& table, RepositoryConfig& config) {
  for (const auto& [key, node] : table) {
    const std::string where = At(file, key.source());
    const auto text = node.value_exact<std::string>();
    if (key.str() == "workspace" && text) {
      config.workspace = Setting{.value = *text, .origin = Origin::kRepository, .source = where};
    } else {
      config.warnings.push_back(
          where + ": ignored; a file inside a repository may only say workspace = \"NAME\"");
    }
  }
}

}  // namespace

Result<FileValues> ReadUserConfig(const path& file) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<toml::table> table, ParseFile(file));
  FileValues values;
  if (table) CONTEXTSYNC_RETURN_IF_ERROR(Collect(file, *table, "", values));
  return values;
}

RepositoryConfig ReadRepositoryConfig(const path& directory) {
  RepositoryConfig config;
  const auto repository = FindGitRepository(directory);
  const path file = (repository ? repository->root : directory) / kRepositoryFile;
  const auto table = ParseFile(file);
  if (!table.ok()) {
    config.warnings.push_back(table.error().message() + "; the file is ignored");
  } else if (table.value()) {
    CollectWorkspace(file, *table.value(), config);
  }
  return config;
}

}  // namespace contextsync
