// Projection: the part of a context's data that an answer shows.

#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace contextsync {

using Json = nlohmann::json;

/// Only the named top-level keys and JSON Pointers (through objects; a pointer into a list takes
/// the whole list).
Json SelectFields(const Json& data, const std::vector<std::string>& fields);

struct Fitted {
  Json data;
  Json omitted = Json::array();  // [{"path","bytes"}], largest first
};

/// Leaves out the largest top-level values until the compact form is at most `max_bytes`.
Fitted FitInto(Json data, std::size_t max_bytes);

}  // namespace contextsync
