// Projection: the part of a context's data that an answer shows.

#pragma once

#include <map>
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
  Json omitted = Json::array();  // [{"path","bytes"}], in the order they were left out
};

/// Top-level key → how near it is; 0 when absent.
using FitRanks = std::map<std::string, std::size_t>;

/// Leaves out top-level values until the compact form is at most `max_bytes`: those of the lowest
/// rank first, among them the largest.
Fitted FitInto(Json data, std::size_t max_bytes, const FitRanks& ranks = {});

}  // namespace contextsync
