// TopView: what `top` shows, and what its keys change.
// Path:    answers to `operations`, keys -> [cli/terminal] -> Screen
// Owner:   the command.
// Failure: none; what an answer lacks counts as zero or empty.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal/style.h"
#include "nlohmann/json.hpp"

namespace seamtrace::cli {

class TopView {
 public:
  enum class Effect { kNothing, kRedraw, kAskAgain, kQuit };

  /// `source`, `window`: named in the first line.
  TopView(std::string sort, std::string source, std::string window)
      : sort_(std::move(sort)), source_(std::move(source)), window_(std::move(window)) {}

  /// q: quits. s: sorts by the next. e: failing ones only. /: a filter is typed; return keeps it,
  /// escape takes it away.
  Effect press(char key);

  const std::string& sort() const { return sort_; }
  /// Those of an answer that the filter lets through.
  nlohmann::json chosen(const nlohmann::json& operations) const;

  /// `fault`: a sentence that is shown instead of nothing; empty: all is well.
  std::vector<std::string> lines(const nlohmann::json& operations, const std::string& fault,
                                 const Style& style) const;

 private:
  std::string title(const nlohmann::json& operations, const Style& style) const;
  std::string foot(const Style& style) const;

  std::string sort_;
  const std::string source_, window_;
  bool errors_only_ = false;
  bool typing_ = false;
  std::string filter_;
};

}  // namespace seamtrace::cli
