// TextMatch: how the query language compares text: without regard to case.
// Path:    query -> [language]
// Memory:  a folded copy of what is searched for; what is searched is copied only when both hold
//          letters beyond ASCII.
// Failure: none; bytes that are not UTF-8 are compared as they are.
//
// Case is folded for ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic letters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace seamtrace::collector {

/// `text` in lower case.
std::string fold_case(std::string_view text);

/// -1, 0 or 1, as a stands before b, is equal or stands after it. REQUIRES: `folded` is folded.
int compare_folded(std::string_view text, std::string_view folded);
/// True when `folded` occurs in `text`. REQUIRES: `folded` is folded.
bool contains_folded(std::string_view text, std::string_view folded);

/// Text with stars, each of which stands for any letters or none.
class Pattern {
 public:
  Pattern() = default;
  /// The pieces between the stars: one more than there are stars.
  explicit Pattern(const std::vector<std::string>& pieces);

  bool has_star() const { return pieces_.size() > 1; }
  bool matches(std::string_view text) const;
  /// The folded text of a pattern without stars.
  const std::string& text() const { return pieces_.front(); }

 private:
  std::vector<std::string> pieces_ = {""};
  bool ascii_ = true;
};

}  // namespace seamtrace::collector
