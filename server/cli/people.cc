#include "server/cli/people.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "core/text/characters.h"

namespace contextsync {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastColumns = 8;  // of a column that is cut
constexpr std::string_view kCut = "…";

bool IsDangerous(char32_t character) {
  const bool is_control = character < 0x20 || (character >= 0x7F && character <= 0x9F);
  const bool is_direction = character == 0x061C || (character >= 0x200B && character <= 0x200F) ||
                            (character >= 0x2028 && character <= 0x202E) ||
                            (character >= 0x2060 && character <= 0x2069) || character == 0xFEFF;
  return is_control || is_direction || character == 0xFFFD;
}

void AppendEscaped(std::string& out, char32_t character) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (auto rest = static_cast<unsigned>(character); rest > 0 || digits.empty(); rest /= 16)
    digits.insert(digits.begin(), kDigits[rest % 16]);
  out.append("\\u{").append(digits).append("}");
}

std::string Escaped(std::string_view text, bool keep_lines) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const DecodedCharacter next = DecodeAt(text, at);
    const bool is_line_end = next.character == U'\n' && keep_lines;
    if (IsDangerous(next.character) && !is_line_end) {
      AppendEscaped(out, next.character);
    } else {
      out.append(text.substr(at, next.bytes));
    }
    at += next.bytes;
  }
  return out;
}

std::size_t WidthOf(char32_t character) {
  const bool is_mark = character >= 0x0300 && character <= 0x036F;
  if (is_mark) return 0;
  const bool is_wide = KindOf(character) == CharacterKind::kIdeograph ||
                       (character >= 0xAC00 && character <= 0xD7A3) ||
                       (character >= 0x3000 && character <= 0x303F) ||
                       (character >= 0xFF00 && character <= 0xFF60) ||
                       (character >= 0x1F300 && character <= 0x1FAFF) || character == 0x2705 ||
                       character == 0x26AA;  // our lights
  return is_wide ? 2 : 1;
}

}  // namespace

std::string Shown(std::string_view text) {
  return Escaped(text, false);
}

std::string ShownLines(std::string_view text) {
  return Escaped(text, true);
}

std::string Counted(std::uint64_t count, const char* one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

std::size_t ColumnsOf(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const DecodedCharacter next = DecodeAt(text, at);
    columns += WidthOf(next.character);
    at += next.bytes;
  }
  return columns;
}

std::string CutTo(std::string_view text, std::size_t columns) {
  if (columns == 0 || ColumnsOf(text) <= columns) return std::string(text);
  std::size_t taken = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const DecodedCharacter next = DecodeAt(text, at);
    taken += WidthOf(next.character);
    if (taken + 1 > columns) break;
    at += next.bytes;
  }
  return std::string(text.substr(0, at)).append(kCut);
}

std::size_t WindowColumns() {
  if (isatty(STDOUT_FILENO) == 0) return 0;
  winsize size{};
  const bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : 0;
}

bool MayColour() {
  const char* const no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0');
}

TextTable::TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}

void TextTable::Add(const std::vector<std::string>& cells) {
  std::vector<std::string> row;
  row.reserve(rows_.front().size());
  for (const std::string& cell : cells)
    row.push_back(Shown(cell));
  row.resize(rows_.front().size());
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> TextTable::Widths(std::size_t columns) const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], ColumnsOf(row[i]));
  }
  if (columns == 0) return widths;
  std::size_t total = std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  while (total > columns) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kLeastColumns) break;
    --*widest;
    --total;
  }
  return widths;
}

std::string TextTable::RenderParagraphs(std::size_t columns, bool colour) const {
  std::size_t name_width = 0;
  for (const std::string& name : rows_.front())
    name_width = std::max(name_width, ColumnsOf(name));
  std::string out;
  for (std::size_t row = 1; row < rows_.size(); ++row) {
    if (row > 1) out += "\n";
    for (std::size_t i = 0; i < rows_[row].size(); ++i) {
      if (rows_[row][i].empty()) continue;
      const std::string& name = rows_.front()[i];
      const std::size_t left = columns - std::min(columns - 1, name_width + kGap);
      out += (colour ? "\x1b[1m" + name + "\x1b[0m" : name) +
             std::string(name_width + kGap - ColumnsOf(name), ' ') + CutTo(rows_[row][i], left) +
             "\n";
    }
  }
  return out;
}

std::string TextTable::Render(std::size_t columns, bool colour) const {
  const std::vector<std::size_t> widths = Widths(columns);
  const std::size_t total =
      std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  if (columns > 0 && total > columns) return RenderParagraphs(columns, colour);
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = CutTo(row[i], widths[i]);
      line += cell;
      if (i + 1 < row.size()) line.append(widths[i] - ColumnsOf(cell) + kGap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    const bool is_header = &row == &rows_.front();
    out += is_header && colour ? "\x1b[1m" + line + "\x1b[0m\n" : line + "\n";
  }
  return out;
}

}  // namespace contextsync
