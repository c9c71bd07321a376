// A second inheritance, slow and of another make: data as a flat list of leaves by path, each level
// laid on it leaf by leaf.

#pragma once

#include <nlohmann/json.hpp>

#include "core/document/inheritance.h"

namespace contextsync::test {

struct OracleInheritance {
  Json data;
  Origins origins;
};

OracleInheritance InheritSlowly(const std::vector<Json>& chain);

}  // namespace contextsync::test
