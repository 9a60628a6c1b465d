// Table: columns of text, as wide as their widest cell.
#pragma once

#include <string>
#include <vector>

namespace seamtrace::cli {

class Table {
 public:
  using Row = std::vector<std::string>;

  explicit Table(Row heads) { rows_.push_back(std::move(heads)); }

  /// REQUIRES: as many cells as there are heads; cells are printable.
  void add(Row row) { rows_.push_back(std::move(row)); }

  /// Numbers stand at the right of their column, everything else at the left.
  std::string render(const std::string& indent = "") const;

 private:
  std::vector<Row> rows_;
};

}  // namespace seamtrace::cli
