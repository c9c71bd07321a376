// The one table of settings: every name a setting has, its default and its meaning. `--help`,
// `config show` and docs/operations.md#settings are all made from or compared with it.

#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace contextsync {

/// Which command reads a setting.
enum class ProgramRole { kNotebook, kHub, kBoth };

struct Field {
  std::string_view key;               // its name everywhere else: `config show`, Settings
  std::string_view flag = {};         // empty: none
  std::string_view environment = {};  // empty: none
  std::string_view toml = {};         // `key` or `table.key` in config.toml; empty: none
  std::string_view fallback = {};     // the default; empty: see `meaning`
  bool is_secret = false;             // never shown
  bool is_switch = false;             // true or false
  ProgramRole role = ProgramRole::kNotebook;
  std::string_view meaning;
};

/// All settings, in the order in which they are shown.
std::span<const Field> FieldTable();

/// Precondition: `key` is in the table.
const Field& FieldOf(std::string_view key);

}  // namespace contextsync
