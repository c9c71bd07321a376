// How backup, restore and verify print what a store holds.

#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/document/json.h"
#include "server/upkeep/store_check.h"

namespace contextsync {

/// {"path","contexts","bytes","cursor","state_hash"}. Cursor and hash belong to one workspace: with
/// several they are null, and `workspaces` has them.
Json FactsJson(const std::string& path, const std::vector<WorkspaceFacts>& workspaces);

/// The same for people.
void PrintFacts(const std::string& path, const std::vector<WorkspaceFacts>& workspaces);

}  // namespace contextsync
