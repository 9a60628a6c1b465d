#include "collector/interpret/sql/quoted_word.h"

#include <algorithm>

#include "collector/interpret/sql/characters.h"

namespace seamtrace::collector {
namespace {

bool looks_like_a_name(std::string_view quoted) {
  const std::string_view name = quoted.substr(1, quoted.size() - 2);
  return !name.empty() && class_of(name[0]) == CharacterClass::kLetter &&
         std::all_of(name.begin(), name.end(), continues_name);
}

}  // namespace

void QuotedWord::take(const SqlToken& token, Keyword keyword) {
  Before now{token.kind, keyword, 0};
  if (token.kind == TokenKind::kWord) {
    const bool inside = depth_ > 0 && (in_values_ >> std::min(depth_, kDeepest) & 1) != 0;
    after_values_ = keyword == Keyword::kValues || (after_values_ && inside);
    if (keyword == Keyword::kSelect) in_values_ &= ~(uint64_t{1} << std::min(depth_, kDeepest));
  } else if (token.kind == TokenKind::kSymbol) {
    now.symbol = text_[token.begin];
    if (now.symbol == '(') {
      const bool values = opens_values();
      depth_ = std::min(depth_ + 1, uint32_t{1} << 30);
      const uint64_t bit = uint64_t{1} << std::min(depth_, kDeepest);
      // What is too deep to be told apart holds values.
      in_values_ = values || depth_ >= kDeepest ? in_values_ | bit : in_values_ & ~bit;
    } else if (now.symbol == ')' && depth_ > 0) {
      --depth_;
    } else if (now.symbol == ';') {
      after_values_ = false;
    }
  }
  last_but_one_ = last_;
  last_ = now;
}

/// After IN and VALUES, and of a call of a function.
bool QuotedWord::opens_values() const {
  if (last_.keyword == Keyword::kIn || last_.keyword == Keyword::kValues || after_values_)
    return true;
  if (last_.kind != TokenKind::kWord || last_.keyword != Keyword::kNone) return false;
  switch (last_but_one_.kind) {
    case TokenKind::kSymbol:
      return last_but_one_.symbol != '.';
    case TokenKind::kWord:
      return last_but_one_.keyword == Keyword::kSelect ||
             last_but_one_.keyword == Keyword::kDistinct ||
             last_but_one_.keyword == Keyword::kAnd || last_but_one_.keyword == Keyword::kValue ||
             last_but_one_.keyword == Keyword::kEnd || last_but_one_.keyword == Keyword::kNot;
    default:
      return false;
  }
}

bool QuotedWord::value_expected() const {
  if (depth_ > 0 && (in_values_ >> std::min(depth_, kDeepest) & 1) != 0) return true;
  if (last_.kind == TokenKind::kSymbol)
    return std::string_view("=<>|+-*/%&~!").find(last_.symbol) != std::string_view::npos;
  return last_.keyword == Keyword::kValue || last_.keyword == Keyword::kBetween ||
         last_.keyword == Keyword::kIs;
}

bool QuotedWord::is_literal(const SqlToken& token) const {
  const std::string_view quoted = text_.substr(token.begin, token.end - token.begin);
  if (quoted.front() != '"') return false;
  if (!looks_like_a_name(quoted)) return true;
  const bool beside_dot = (token.end < text_.size() && text_[token.end] == '.') ||
                          (token.begin > 0 && text_[token.begin - 1] == '.');
  return !beside_dot && value_expected();
}

}  // namespace seamtrace::collector
