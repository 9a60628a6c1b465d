// QuotedWord: whether "..." is an identifier or a literal in SQLite.
// Owner:   the sanitiser, for one text.
// Source:  sqlite.org/quirks.html, section 8: a name in double quotes that names no column is a
//          string. We do not know the columns, only where values stand.
#pragma once

#include <cstdint>
#include <string_view>

#include "collector/interpret/sql/keywords.h"
#include "collector/interpret/sql/lexer.h"

namespace seamtrace::collector {

class QuotedWord {
 public:
  explicit QuotedWord(std::string_view text) : text_(text) {}

  /// Every token but spaces and comments, in order.
  void take(const SqlToken& token, Keyword keyword);

  /// Whether the quoted token, which take() has not seen yet, is a literal.
  bool is_literal(const SqlToken& token) const;

 private:
  struct Before {
    TokenKind kind = TokenKind::kEnd;
    Keyword keyword = Keyword::kNone;
    char symbol = 0;
  };
  static constexpr uint32_t kDeepest = 63;

  bool opens_values() const;
  bool value_expected() const;

  std::string_view text_;
  Before last_, last_but_one_;
  uint64_t in_values_ = 0;  ///< bit n: the parenthesis of depth n holds values
  uint32_t depth_ = 0;
  bool after_values_ = false;  ///< rows of values may follow
};

}  // namespace seamtrace::collector
