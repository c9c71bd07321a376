// Client survey: which clients are set up here, for the user and in a project, and whether what
// they start is there.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/clients/client_places.h"

namespace contextsync {

/// A client's file that names our server, or that cannot be read.
struct ClientFinding {
  const ClientInfo* client = nullptr;
  bool is_project = false;
  std::filesystem::path file;
  std::string problem;           // why the file is not understood; the rest is then empty
  std::string command;           // what the client starts
  bool is_there = false;         // the command names a program that can be started
  bool is_this_program = false;  // … and it is this one
  bool has_hooks = false;
};

/// In the order of the table of clients, the user's file before the project's. Reads files, starts
/// nothing.
std::vector<ClientFinding> SurveyClients(const SetupPlaces& places);

}  // namespace contextsync
