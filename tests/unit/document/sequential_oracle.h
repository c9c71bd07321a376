// An independent account of what one writer's updates do to a plain JSON value. Shares nothing with
// compile, join or render.

#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/document/json.h"

namespace contextsync {

/// RFC 7396: lists are values.
Json MergePatch(Json target, const Json& patch);

/// The same, but lists grow: "insights" keeps every value that is no repeat of a record with an id,
/// all others keep each value once.
Json MergeGrowing(const Json* target, const Json& patch, const std::string& key);

}  // namespace contextsync
