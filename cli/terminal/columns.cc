#include "cli/terminal/columns.h"

#include <algorithm>

#include "cli/terminal/text_width.h"

namespace seamtrace::cli {

namespace {

constexpr size_t kGap = 2;
constexpr size_t kLeastOfThoseThatGiveWay = 8;

}  // namespace

std::vector<size_t> Columns::widths(const Style& style) const {
  std::vector<size_t> widths;
  size_t total = 0;
  for (size_t c = 0; c < columns_.size(); ++c) {
    size_t width = std::max(columns_[c].least, text_width(columns_[c].title));
    for (const auto& row : rows_) width = std::max(width, text_width(row[c].text));
    widths.push_back(std::min(width, columns_[c].most));
    total += widths.back() + (c == 0 ? 0 : kGap);
  }
  while (total > style.width) {
    size_t widest = columns_.size();
    for (size_t c = 0; c < columns_.size(); ++c)
      if (columns_[c].gives_way && widths[c] > kLeastOfThoseThatGiveWay &&
          (widest == columns_.size() || widths[c] > widths[widest]))
        widest = c;
    if (widest == columns_.size()) break;
    --widths[widest];
    --total;
  }
  return widths;
}

std::vector<std::string> Columns::lines(const Style& style) const {
  const std::vector<size_t> wide = widths(style);
  std::vector<std::string> lines;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    for (size_t c = 0; c < columns_.size(); ++c) {
      const Cell cell = cell_of(c);
      const std::string text = cut_to(cell.text, wide[c], style.ellipsis());
      const size_t missing = wide[c] - std::min(wide[c], text_width(text));
      if (columns_[c].right) line.append(missing, ' ');
      line += style.painted(cell.colour, text);
      if (c + 1 == columns_.size()) break;
      line.append(kGap + (columns_[c].right ? 0 : missing), ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  };
  add_line([&](size_t c) { return Cell(columns_[c].title, colours::kDim); });
  for (const auto& row : rows_) add_line([&](size_t c) { return row[c]; });
  return lines;
}

std::string Columns::render(const Style& style) const {
  std::string out;
  for (const std::string& line : lines(style)) out += line + "\n";
  return out;
}

}  // namespace seamtrace::cli
