// What the read commands print for people: `data` of an answer as tables and paragraphs.

#pragma once

#include <string>

#include "core/document/json.h"

namespace contextsync::words {

std::string OfList(const Json& data);
std::string OfContext(const Json& data);
std::string OfHistory(const Json& data);
std::string OfDiff(const Json& data);
std::string OfSearch(const Json& data);
std::string OfConflicts(const Json& data);
std::string OfResolution(const Json& data);

}  // namespace contextsync::words
