// The TOOL objects of tools/list: descriptions and JSON Schemas, made from the tables in
// parameters.h.

#pragma once

#include <nlohmann/json_fwd.hpp>

namespace contextsync {

nlohmann::json DescribeManageContext();
nlohmann::json DescribeStatus();

}  // namespace contextsync
