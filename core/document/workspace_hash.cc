#include "core/document/workspace_hash.h"

#include <nlohmann/json.hpp>

#include "core/document/codec.h"
#include "core/document/json.h"

namespace contextsync {

void WorkspaceHash::Add(const ContextRef& ref, const State& state) {
  Add(ref, StateHash(state));
}

void WorkspaceHash::Add(const ContextRef& ref, const std::string& state_hash) {
  hash_.Add(CanonicalBytes(Json::array({ToString(ref.level), ref.id, state_hash})));
  hash_.Add("\n");
  ++contexts_;
}

}  // namespace contextsync
