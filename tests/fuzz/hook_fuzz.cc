// Any text as what a client tells a hook: nothing in it ends the hook, and what is made of it is
// JSON that can be stored.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "server/hooks/git_changes.h"
#include "server/hooks/hook_event.h"
#include "server/hooks/hook_session.h"
#include "server/hooks/patch_files.h"
#include "server/hooks/shell_line.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace contextsync;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the fuzzer's interface gives
  // bytes.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(FilesOfPatch(text));
  static_cast<void>(ReadShellLine(text));
  static_cast<void>(PathsOfPorcelain(text));
  HookSession session = ReadHookSession(text);
  const auto parsed = ParseMessage(text, kWireJsonLimits);
  if (!parsed.ok()) return 0;
  const HookEvent event = ReadHookEvent(*parsed.value().value);
  session.Note(event, HookScope{});
  if (const auto operation = session.Operation(Json::object()))
    CONTEXTSYNC_CHECK(ParseStrict(CompactText(*operation), kWireJsonLimits).ok());
  CONTEXTSYNC_CHECK(ReadHookSession(HookSessionToText(session)).id == session.id);
  static_cast<void>(InjectionFor(event, "x"));
  return 0;
}
