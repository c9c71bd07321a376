// Diff: how two views of a context differ, for people; and the update that leads from one to the
// other. Source: docs/tools.md#actions

#pragma once

#include <string>
#include <vector>

#include "core/document/compile.h"
#include "core/document/render.h"

namespace contextsync {

enum class ValueOp { kAdd, kChange, kRemove, kList };

/// "add", "change", "remove", "list".
std::string_view ToString(ValueOp op);

/// What became of one leaf. A list that was a list before tells its elements instead.
struct ValueChange {
  std::string path;  // JSON Pointer; "@parent": the parent link
  ValueOp op = ValueOp::kChange;
  Json before;                // kChange, kRemove
  Json after;                 // kAdd, kChange
  std::vector<Json> added;    // kList …
  std::vector<Json> removed;  // … and with neither, the elements only changed places
};

/// Leaf by leaf, in the order of pointers. Values are compared by their canonical bytes.
std::vector<ValueChange> Diff(const View& before, const View& after);

/// One line a leaf or element: "+ /path: value", "- …", "~ /path: old → new". Cut at a line's end
/// before `max_bytes`, which it then says.
std::string DiffText(const std::vector<ValueChange>& changes, std::size_t max_bytes);

/// The update after which what shows `now` shows `then`, lists in the same order. Empty where they
/// are equal. Precondition: then.exists.
Update UpdateBetween(const View& now, const View& then);

}  // namespace contextsync
