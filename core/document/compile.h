// Compile: an update as the writer meant it → a delta. The only place where policy and limits are
// applied to the document, always against the writer's own view. Source:
// docs/sync_protocol.md#compile

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/outcome.h"
#include "core/document/policy.h"
#include "core/document/render.h"
#include "core/document/state.h"

namespace contextsync {

struct Update {
  Json data;                         // an object, or null for none; creates the context if need be
  std::vector<std::string> replace;  // pointers into `data`: take the value there as it is
  std::vector<std::pair<std::string, std::vector<Json>>> remove;  // pointer of a list → values
  bool erase_context = false;        // delete the context; everything else is ignored
  std::optional<ContextRef> parent;  // first write: the parent. Later: moves it there
  std::optional<Strategy> on_conflict;
  bool is_append = false;  // add_insight, add_progress: a log entry whose `id` is shown is a repeat
};

/// Who writes at which instant. Every stamp of the delta is (hlc, device, 0, 1, 2 …).
struct WriteStamp {
  Level level = Level::kTask;
  Hlc hlc;
  DeviceId device;
};

struct Compiled {
  Delta delta;  // no cells when nothing changed
  State after;  // state ⊔ delta
  View view;    // Render(after)
  bool changed = false;
  std::vector<std::string> stored_keys;   // top-level keys sent that now read as asked
  std::vector<std::string> ignored_keys;  // top-level keys sent that had no effect
  std::vector<std::string> changed_keys;  // top-level keys whose content changed
};

/// What a compile error is about; each maps to one tool code.
enum class CompileFault {
  kInvalid,       // INVALID_ARGUMENT
  kListLength,    // TOO_LARGE
  kContextBytes,  // TOO_LARGE
  kKeyBytes,      // TOO_LARGE
  kDepth,         // TOO_DEEP
};

/// "list_elements", "context_bytes", "key_bytes", "depth"; "argument" for kInvalid.
std::string_view ToString(CompileFault fault);

struct CompileError {
  CompileFault fault = CompileFault::kInvalid;
  std::string message;
  std::string path;       // JSON Pointer; empty when it is about the whole
  std::size_t limit = 0;  // 0 for kInvalid
  std::size_t actual = 0;

  [[nodiscard]] Error ToError() const { return {ErrorCode::kInvalidArgument, message}; }
};

/// Compiles `update` against what the writer sees. `state` and `view` are taken by value: move them
/// in to avoid the copy; they come back inside the result, unchanged when `changed` is false.
///
/// Precondition: view == Render(state); `stamp.hlc` is above every stamp in `state`.
Outcome<Compiled, CompileError> Compile(State state, View view, const Update& update,
                                        const Policy& policy, const WriteStamp& stamp);

}  // namespace contextsync
