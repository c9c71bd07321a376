#include "server/clients/instruction_block.h"

#include <optional>
#include <string_view>

namespace contextsync {

namespace {

constexpr std::string_view kBeginMarker = "<!-- contextsync:begin -->";
constexpr std::string_view kEndMarker = "<!-- contextsync:end -->";
constexpr std::string_view kInstructions =
    "<!-- contextsync:begin -->\n"
    "This project keeps a notebook that all agents share, in the MCP server contextsync.\n"
    "Before starting work, read it: manage_context with action get and the id of the task.\n"
    "After each step, write to it: action update with what was read, changed, decided and tested.\n"
    "Other agents' changes arrive as `notices` and clashes as `conflicts` in every answer.\n"
    "What an answer calls durable cannot be lost; nothing has to be saved by hand.\n"
    "<!-- contextsync:end -->\n";

struct BlockPlace {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Result<std::optional<BlockPlace>> FindBlock(const std::string& text) {
  const std::size_t begin = text.find(kBeginMarker);
  const std::size_t end = text.find(kEndMarker, begin == std::string::npos ? 0 : begin);
  if (begin == std::string::npos && end == std::string::npos) return std::optional<BlockPlace>();
  const bool is_whole = begin != std::string::npos && end != std::string::npos;
  if (!is_whole || text.find(kBeginMarker, begin + 1) != std::string::npos)
    return Error(ErrorCode::kInvalidArgument, "the markers of contextsync do not pair");
  const std::size_t behind = end + kEndMarker.size();
  const bool has_break = behind < text.size() && text[behind] == '\n';
  return std::optional(BlockPlace{begin, behind + (has_break ? 1 : 0)});
}

}  // namespace

Result<std::string> PutInstructions(const std::string& text) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto place, FindBlock(text));
  std::string result = text;
  if (place) {
    result.replace(place->begin, place->end - place->begin, kInstructions);
    return result;
  }
  if (!result.empty() && result.back() != '\n') result += '\n';
  if (!result.empty()) result += '\n';
  return result.append(kInstructions);
}

Result<std::string> TakeInstructions(const std::string& text) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto place, FindBlock(text));
  if (!place) return text;
  std::size_t begin = place->begin;
  // The blank line that was added with it.
  if (begin >= 2 && text[begin - 1] == '\n' && text[begin - 2] == '\n') --begin;
  return text.substr(0, begin) + text.substr(place->end);
}

}  // namespace contextsync
