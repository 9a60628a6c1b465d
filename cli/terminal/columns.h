// Columns: rows of cells as lines of a terminal's width.
// Path:    rows -> [cli/terminal] -> lines
// Memory:  holds the rows until they are rendered.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal/style.h"

namespace seamtrace::cli {

struct Column {
  std::string title;
  bool right = false;  ///< numbers stand at the right
  size_t least = 0;    ///< as wide at any rate
  size_t most = 1000;
  bool gives_way = false;  ///< is cut first when the line is too long; down to eight columns
};

struct Cell {
  Cell(std::string cell_text, std::string_view cell_colour = {})  // NOLINT: implicit by design
      : text(std::move(cell_text)), colour(cell_colour) {}
  std::string text;  ///< printable
  std::string_view colour;
};

class Columns {
 public:
  explicit Columns(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// REQUIRES: as many cells as there are columns.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }

  /// One line for the titles, one for each row, none longer than the style is wide (where the
  /// columns that give way suffice for that). Without line feeds.
  std::vector<std::string> lines(const Style& style) const;
  /// The same as one text.
  std::string render(const Style& style) const;

 private:
  std::vector<size_t> widths(const Style& style) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace seamtrace::cli
