// People: stored text on a terminal: nothing in it may move the cursor or turn the reading
// direction, and a table must not be wider than the window.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace contextsync {

/// `text` on one line: control and bidirectional characters as \u{…}.
std::string Shown(std::string_view text);

/// The same, but line ends stay.
std::string ShownLines(std::string_view text);

/// "1 context", "2 contexts".
std::string Counted(std::uint64_t count, const char* one);

/// Columns of a terminal that `text` takes.
std::size_t ColumnsOf(std::string_view text);

/// At most `columns` of `text`, with … where it is cut; 0: all of it.
std::string CutTo(std::string_view text, std::size_t columns);

/// Columns of the window; 0 where standard output is no terminal, and nothing is cut.
std::size_t WindowColumns();

/// True on a terminal, unless NO_COLOR says otherwise.
bool MayColour();

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header);

  /// Cells may hold anything; they are shown as Shown does.
  void Add(const std::vector<std::string>& cells);

  /// Two spaces between columns; the widest are cut with … until all fit into `columns`. Where that
  /// left nothing readable, each row is a paragraph, one cell a line. 0: no bound.
  [[nodiscard]] std::string Render(std::size_t columns, bool colour) const;

 private:
  [[nodiscard]] std::string RenderParagraphs(std::size_t columns, bool colour) const;
  [[nodiscard]] std::vector<std::size_t> Widths(std::size_t columns) const;

  std::vector<std::vector<std::string>> rows_;  // the first is the header
};

}  // namespace contextsync
