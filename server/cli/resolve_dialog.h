// ResolveDialog: open conflicts one after the other on a terminal, decided with a key. The words
// are those of the tool and of the hub's page. Source: docs/command_line.md#conflicts

#pragma once

#include <cstddef>
#include <string>

#include "core/document/json.h"
#include "server/config/settings.h"

namespace contextsync {

/// One conflict for people: where, and its two sides beside each other, each with who and when.
/// `columns` 0: as wide as it needs.
std::string ConflictPicture(const Json& record, std::size_t columns, bool colour);

/// Standard input and output are a terminal.
bool MayAskPerson();

/// Asks about the open conflict `id`, or about each one if that is empty. Returns an exit code; 0
/// also when the person left some undecided.
int RunResolveDialog(const Settings& settings, const std::string& id);

}  // namespace contextsync
