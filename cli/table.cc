#include "cli/table.h"

#include <algorithm>

namespace seamtrace::cli {

namespace {

size_t width_of(const std::string& text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

bool is_number(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string Table::render(const std::string& indent) const {
  std::vector<size_t> widths(rows_[0].size());
  std::vector<bool> numeric(rows_[0].size(), rows_.size() > 1);
  for (size_t r = 0; r < rows_.size(); ++r) {
    for (size_t c = 0; c < widths.size(); ++c) {
      widths[c] = std::max(widths[c], width_of(rows_[r][c]));
      if (r != 0 && !is_number(rows_[r][c])) numeric[c] = false;
    }
  }
  std::string out;
  for (const Row& row : rows_) {
    out += indent;
    for (size_t c = 0; c < widths.size(); ++c) {
      const std::string padding(widths[c] - width_of(row[c]), ' ');
      const bool is_last = c + 1 == widths.size();
      out += numeric[c] ? padding + row[c] : row[c] + (is_last ? "" : padding);
      if (!is_last) out += "  ";
    }
    out += '\n';
  }
  return out;
}

}  // namespace seamtrace::cli
