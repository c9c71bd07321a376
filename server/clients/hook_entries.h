// The hooks `setup --with-hooks` writes: which events of a client start `contextsync hook CLIENT`.
// Source: docs/hooks.md

#pragma once

#include <string>

#include "core/base/result.h"
#include "server/clients/client_table.h"

namespace contextsync {

/// Adds our hooks to a client's file of hooks, and brings those that are there up to date.
///
/// Errors: kInvalidArgument when the file is no JSON or has another form where the hooks belong.
Result<std::string> PutHooks(const std::string& text, const ClientInfo& client,
                             const std::string& program);

/// Removes every hook that starts `contextsync hook`, and the lists this leaves empty.
Result<std::string> TakeHooks(const std::string& text, const ClientInfo& client);

}  // namespace contextsync
