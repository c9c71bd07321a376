#include "server/transfer/markdown_notes.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "core/text/characters.h"

namespace contextsync {

namespace {

constexpr std::size_t kMostHeadingBytes = 200;
constexpr std::size_t kDeepestHeading = 6;
constexpr const char* kOwnText = "text";

std::string_view WithoutEnd(std::string_view line) {
  return line.substr(0, line.find_last_not_of(" \t\r") + 1);
}

/// The number of # of a heading; 0 when the line is none.
std::size_t HeadingDepth(std::string_view line) {
  const std::size_t marks = std::min(line.find_first_not_of('#'), line.size());
  const bool is_apart = marks == line.size() || line[marks] == ' ' || line[marks] == '\t';
  return marks <= kDeepestHeading && is_apart ? marks : 0;
}

std::string_view HeadingText(std::string_view line, std::size_t depth) {
  line.remove_prefix(depth);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const std::size_t last = line.find_last_not_of('#');  // "## Title ##"
  const bool is_closed =
      last != std::string_view::npos && last + 1 < line.size() && line[last] == ' ';
  return WithoutEnd(is_closed ? line.substr(0, last) : line);
}

/// Where the text of a bullet begins; 0 when the line begins none.
std::size_t BulletWidth(std::string_view line) {
  if (line.size() < 2 || std::string_view("-*+").find(line[0]) == std::string_view::npos) return 0;
  const std::size_t text = line.find_first_not_of(' ', 1);
  return text == std::string_view::npos || text == 1 ? 0 : text;
}

/// The fence that opens or closes a block of code; empty when the line holds none.
std::string_view FenceOf(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  if (!line.starts_with("```") && !line.starts_with("~~~")) return {};
  return line.substr(0, std::min(line.find_first_not_of(line[0]), line.size()));
}

/// The body of one section: paragraphs, blocks of code and bullets, in their order.
class SectionBody {
 public:
  void Add(std::string_view line) {
    const bool was_code = !fence_.empty();
    FollowFence(line);
    if (was_code || !fence_.empty()) return Append(line);
    if (const std::size_t width = BulletWidth(line); width > 0) {
      Begin(width);
      has_bullets_ = true;
      return Append(line.substr(width));
    }
    const bool is_indented = line.starts_with("  ") || line.starts_with("\t");
    const bool ends_bullet = bullet_ > 0 && after_gap_ && !line.empty() && !is_indented;
    if (ends_bullet) Begin(0);
    Append(line);
  }

  [[nodiscard]] bool is_code() const { return !fence_.empty(); }

  /// Null when there is nothing.
  Json Take() {
    Begin(0);
    if (parts_.empty()) return {};
    if (has_bullets_) return std::exchange(parts_, Json::array());
    return parts_.front();
  }

 private:
  void FollowFence(std::string_view line) {
    const std::string_view fence = FenceOf(line);
    if (fence.empty()) return;
    if (fence_.empty()) {
      fence_ = fence;
    } else if (fence[0] == fence_[0] && fence.size() >= fence_.size()) {
      fence_.clear();
    }
  }

  void Append(std::string_view line) {
    after_gap_ = line.empty();
    // Lines below a bullet are indented by its width, which says nothing without the bullet.
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    if (!part_.empty()) line.remove_prefix(std::min(indent, bullet_));
    part_.append(line).append("\n");
  }

  /// Ends the part that runs; the next one is a bullet of this width, or none.
  void Begin(std::size_t bullet) {
    const std::size_t first = part_.find_first_not_of('\n');
    if (first != std::string::npos)
      parts_.push_back(part_.substr(first, part_.find_last_not_of('\n') + 1 - first));
    part_.clear();
    bullet_ = bullet;
    after_gap_ = false;
  }

  Json parts_ = Json::array();
  std::string part_;
  std::string fence_;       // of the block of code that is open
  std::size_t bullet_ = 0;  // the width of the bullet that runs
  bool after_gap_ = false;
  bool has_bullets_ = false;
};

struct OpenHeading {
  std::size_t depth;
  Json* sections;  // what is below it
};

/// A key for `heading` that no section beside it has.
std::string FreeKey(const Json& sections, std::string_view heading) {
  std::string key(heading.substr(0, CharacterStart(heading, kMostHeadingBytes)));
  if (heading.size() <= kMostHeadingBytes) key = heading;
  if (key.empty()) key = "-";
  const std::string first = key;
  for (int number = 2; key == kOwnText || sections.contains(key); ++number)
    key = first + " (" + std::to_string(number) + ")";
  return key;
}

class NotesReader {
 public:
  void Add(std::string_view line) {
    const std::size_t depth = body_.is_code() ? 0 : HeadingDepth(line);
    if (depth == 0) return body_.Add(line);
    EndBody();
    while (open_.size() > 1 && open_.back().depth >= depth)
      open_.pop_back();
    Json& above = *open_.back().sections;
    const std::string_view heading = HeadingText(line, depth);
    const std::string key = FreeKey(above, heading);
    open_.push_back({depth, &(above[key] = Json::object())});
    if (heading.size() > kMostHeadingBytes) body_.Add(heading);  // the key holds not all of it
  }

  Json Take() {
    EndBody();
    Simplify(root_);
    return std::move(root_);
  }

 private:
  void EndBody() {
    Json body = std::exchange(body_, SectionBody()).Take();
    if (!body.is_null()) (*open_.back().sections)[kOwnText] = std::move(body);
  }

  /// A section that has nothing but its own text is that text.
  static void Simplify(Json& sections) {
    for (auto& [key, section] : sections.items()) {
      if (!section.is_object()) continue;
      Simplify(section);
      if (section.empty()) section = "";
      const bool is_text = section.is_object() && section.size() == 1 &&
                           section.begin().key() == kOwnText && !section.begin()->is_object();
      if (is_text) section = Json(*section.begin());
    }
  }

  Json root_ = Json::object();
  std::vector<OpenHeading> open_ = {{0, &root_}};
  SectionBody body_;
};

}  // namespace

Result<std::string> NotesFromMarkdown(std::string_view text, const std::string& name) {
  NotesReader reader;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    reader.Add(WithoutEnd(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const Json notes = {{"notes", {{name, reader.Take()}}}};
  const std::string compact = notes.dump(-1, ' ', false, Json::error_handler_t::ignore);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Json stored, ParseStrict(compact));
  if (stored != notes) return Error(ErrorCode::kInvalidArgument, "this is not UTF-8");
  return compact;
}

}  // namespace contextsync
