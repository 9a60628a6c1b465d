#include "collector/interpret/sql/lexer.h"

#include <array>

#include "collector/interpret/sql/characters.h"

namespace seamtrace::collector {
namespace {

constexpr SqlLexer::Backslash default_backslash(Dialect dialect) {
  if (dialect == Dialect::kSqlite) return SqlLexer::Backslash::kPlain;
  return is_mysql(dialect) ? SqlLexer::Backslash::kPerhapsEscape
                           : SqlLexer::Backslash::kPerhapsPlain;
}

/// Whether `word'...'` is one literal.
bool is_introducer(std::string_view word, Dialect dialect) {
  if (word.size() != 1) return is_mysql(dialect) && word[0] == '_';
  const char letter = static_cast<char>(word[0] | 0x20);
  if (dialect == Dialect::kSqlite) return letter == 'x';
  return letter == 'n' || letter == 'b' || letter == 'x' || (letter == 'e' && !is_mysql(dialect));
}

}  // namespace

SqlLexer::SqlLexer(Dialect dialect, std::string_view text)
    : text_(text), limit_(text.size()), dialect_(dialect), backslash_(default_backslash(dialect)) {}

SqlToken SqlLexer::next() {
  if (position_ >= limit_) {
    if (limit_ == text_.size()) return {TokenKind::kEnd, false, limit_, limit_};
    limit_ = text_.size();  // the end of an executable comment
    return token(TokenKind::kExecutable, position_, position_ + 2);
  }
  const char c = text_[position_];
  switch (class_of(c)) {
    case CharacterClass::kSpace:
      return space();
    case CharacterClass::kLetter:
      return word();
    case CharacterClass::kDigit:
      return number(position_);
    case CharacterClass::kOther:
      break;
  }
  switch (c) {
    case '\'': {
      const bool continued = after_escaped_string_ && line_end_;
      SqlToken result = string(position_, position_, continued ? Backslash::kEscape : backslash_);
      after_escaped_string_ = continued;
      return result;
    }
    case '"':
      return is_mysql(dialect_) ? string(position_, position_, backslash_)
                                : quoted(position_, position_, '"');
    case '`':
      return dialect_ == Dialect::kPostgresql ? symbol() : quoted(position_, position_, '`');
    case '[':
      return bracket();
    case '$':
      return dollar();
    case '?': {
      size_t end = position_ + 1;
      if (dialect_ == Dialect::kSqlite)
        while (is_digit(end)) ++end;
      return token(TokenKind::kPlaceholder, position_, end);
    }
    case ':':
    case '@':
      return variable();
    case '.':
      return is_digit(position_ + 1) ? number(position_) : symbol();
    case '-':
    case '+':
    case '#':
    case '/':
      if (begins_comment()) return c == '/' ? block_comment() : line_comment(position_);
      return begins_signed_number() ? number(position_ + 1) : symbol();
    default:
      return symbol();
  }
}

SqlToken SqlLexer::token(TokenKind kind, size_t begin, size_t end) {
  SqlToken result;
  result.kind = kind;
  result.begin = begin;
  result.end = end;
  position_ = end;
  previous_ = kind;
  const bool line_comment = kind == TokenKind::kComment && text_[begin] == '-';
  if (kind == TokenKind::kSpace) {
    if (after_escaped_string_ &&
        text_.substr(begin, end - begin).find_first_of("\r\n") != std::string_view::npos)
      line_end_ = true;
  } else if (!line_comment) {
    line_end_ = after_escaped_string_ = false;
  }
  return result;
}

/// What follows cannot be told apart from a literal any more.
SqlToken SqlLexer::unfinished(TokenKind kind, size_t begin) {
  limit_ = text_.size();
  SqlToken result = token(kind, begin, limit_);
  result.unfinished = true;
  return result;
}

SqlToken SqlLexer::space() {
  size_t end = position_ + 1;
  while (end < limit_ && class_of(text_[end]) == CharacterClass::kSpace) ++end;
  return token(TokenKind::kSpace, position_, end);
}

size_t SqlLexer::end_of_name(size_t at) const {
  while (at < limit_ && continues_name(text_[at])) ++at;
  return at;
}

SqlToken SqlLexer::word() {
  const size_t begin = position_;
  const size_t end = end_of_name(begin);
  const std::string_view name = text_.substr(begin, end - begin);
  const char after = peek(end);
  if (after == '\'' && is_introducer(name, dialect_)) {
    const bool escapes = (name[0] | 0x20) == 'e' && dialect_ == Dialect::kPostgresql;
    SqlToken result = string(begin, end, escapes ? Backslash::kEscape : backslash_);
    after_escaped_string_ = escapes;
    return result;
  }
  if (after == '"' && name[0] == '_' && is_mysql(dialect_)) return string(begin, end, backslash_);
  const bool unicode = after == '&' && name.size() == 1 && (name[0] | 0x20) == 'u' &&
                       (dialect_ == Dialect::kPostgresql || dialect_ == Dialect::kOther);
  if (unicode && peek(end + 1) == '\'') return string(begin, end + 1, backslash_);
  if (unicode && peek(end + 1) == '"') return quoted(begin, end + 1, '"');
  return token(TokenKind::kWord, begin, end);
}

/// Takes whatever hangs on the digits with them: 0x1F, 1_000, 1.5e-3, and 1abc. A dollar sign may
/// begin another literal.
SqlToken SqlLexer::number(size_t at) {
  const size_t begin = position_;
  const bool hexadecimal = peek(at) == '0' && (peek(at + 1) | 0x20) == 'x';
  while (at < limit_) {
    const char c = text_[at];
    const bool exponent = !hexadecimal && (c | 0x20) == 'e' &&
                          (peek(at + 1) == '+' || peek(at + 1) == '-') && is_digit(at + 2);
    if (!exponent && c != '.' && (c == '$' || !continues_name(c))) break;
    at += exponent ? 2 : 1;
  }
  return token(TokenKind::kNumber, begin, at);
}

SqlLexer::Scan SqlLexer::scan(size_t at, char quote, bool escapes) const {
  bool backslash = false;
  for (; at < limit_; ++at) {
    const char c = text_[at];
    if (c == '\\') {
      backslash = true;
      if (escapes) ++at;
    } else if (c == quote) {
      if (peek(at + 1) != quote) return {at + 1, true, backslash};
      ++at;
    }
  }
  return {text_.size(), false, backslash};
}

SqlToken SqlLexer::string(size_t begin, size_t open, Backslash reading) {
  const char quote = text_[open];
  const bool escapes = reading == Backslash::kEscape || reading == Backslash::kPerhapsEscape;
  const Scan mine = scan(open + 1, quote, escapes);
  SqlToken result = mine.finished ? token(TokenKind::kString, begin, mine.end)
                                  : unfinished(TokenKind::kString, begin);
  if (!mine.backslash || reading == Backslash::kPlain || reading == Backslash::kEscape)
    return result;
  const Scan other = scan(open + 1, quote, !escapes);
  if (other.end == mine.end) return result;
  result.other_end = other.end;
  result.other_unfinished = !other.finished;
  return result;
}

SqlToken SqlLexer::quoted(size_t begin, size_t open, char close) {
  const Scan found = scan(open + 1, close, /*escapes=*/false);
  return found.finished ? token(TokenKind::kQuoted, begin, found.end)
                        : unfinished(TokenKind::kQuoted, begin);
}

/// [name], or an array.
SqlToken SqlLexer::bracket() {
  if (dialect_ == Dialect::kSqlite) {
    const size_t close = text_.find(']', position_);
    return close == std::string_view::npos ? unfinished(TokenKind::kQuoted, position_)
                                           : token(TokenKind::kQuoted, position_, close + 1);
  }
  if (dialect_ != Dialect::kOther || class_of(peek(position_ + 1)) != CharacterClass::kLetter)
    return symbol();
  size_t at = position_ + 1;
  while (at < limit_ && (continues_name(text_[at]) || text_[at] == ' ')) ++at;
  return peek(at) == ']' ? token(TokenKind::kQuoted, position_, at + 1) : symbol();
}

/// $1, $$...$$, $tag$...$tag$, or a name.
SqlToken SqlLexer::dollar() {
  if (dialect_ == Dialect::kSqlite) {
    const size_t end = end_of_name(position_ + 1);
    return token(TokenKind::kPlaceholder, position_, end);
  }
  size_t at = position_ + 1;
  if (is_digit(at) && !is_mysql(dialect_)) {
    while (is_digit(at)) ++at;
    return token(TokenKind::kPlaceholder, position_, at);
  }
  while (at < limit_ && text_[at] != '$' && continues_name(text_[at])) ++at;
  if (peek(at) != '$') return is_mysql(dialect_) ? word() : symbol();
  // MySQL quotes the bodies of JavaScript functions like this; to older servers it is a name.
  if (is_mysql(dialect_)) return unfinished(TokenKind::kString, position_);
  const std::string_view tag = text_.substr(position_, at + 1 - position_);
  const size_t close = text_.find(tag, at + 1);
  return close == std::string_view::npos ? unfinished(TokenKind::kString, position_)
                                         : token(TokenKind::kString, position_, close + tag.size());
}

/// :name, @name and @@name; `::type` is a cast.
SqlToken SqlLexer::variable() {
  size_t at = position_ + 1;
  if (text_[position_] == ':' && position_ > 0 && text_[position_ - 1] == ':') return symbol();
  if (text_[position_] == '@' && peek(at) == '@') ++at;
  if (class_of(peek(at)) != CharacterClass::kLetter) return symbol();
  return token(TokenKind::kPlaceholder, position_, end_of_name(at));
}

bool SqlLexer::begins_comment() const {
  const char c = text_[position_], after = peek(position_ + 1);
  if (c == '/') return after == '*';
  if (c == '#') return is_mysql(dialect_);
  if (c != '-' || after != '-') return false;
  // To MySQL `5--1` is a sum.
  return !is_mysql(dialect_) || position_ + 2 >= limit_ ||
         static_cast<unsigned char>(text_[position_ + 2]) <= ' ';
}

SqlToken SqlLexer::line_comment(size_t begin) {
  size_t end = begin;
  while (end < limit_ && text_[end] != '\n' &&
         !(text_[end] == '\r' && dialect_ == Dialect::kPostgresql))
    ++end;
  // It would swallow the end of the executable comment that it stands in.
  if (end == limit_ && limit_ < text_.size()) return unfinished(TokenKind::kComment, begin);
  return token(TokenKind::kComment, begin, end);
}

SqlToken SqlLexer::block_comment() {
  if (is_mysql(dialect_) &&
      (peek(position_ + 2) == '!' || (peek(position_ + 2) == 'M' && peek(position_ + 3) == '!')))
    return executable_comment();
  size_t depth = 0;
  for (size_t at = position_; at + 1 < limit_; ++at) {
    if (text_[at] == '*' && text_[at + 1] == '/') {
      if (--depth == 0) return token(TokenKind::kComment, position_, at + 2);
      ++at;
    } else if (text_[at] == '/' && text_[at + 1] == '*') {
      // Some dialects nest comments and some do not.
      if (depth == 1 && dialect_ == Dialect::kOther) break;
      if (depth == 0 || dialect_ == Dialect::kPostgresql) ++depth;
      ++at;
    }
  }
  return unfinished(TokenKind::kComment, position_);
}

/// A server of that version runs the inside, another one skips to the first `*/`. What ends there
/// in both readings is read on; anything else is given up.
SqlToken SqlLexer::executable_comment() {
  size_t at = position_ + (peek(position_ + 2) == 'M' ? 4 : 3);
  const size_t close = text_.find("*/", at);
  if (limit_ < text_.size() || close == std::string_view::npos)
    return unfinished(TokenKind::kComment, position_);
  while (is_digit(at)) ++at;  // the version
  limit_ = close;
  return token(TokenKind::kExecutable, position_, at);
}

bool SqlLexer::follows_operand() const {
  if (position_ == 0) return false;
  const char before = text_[position_ - 1];
  return previous_ == TokenKind::kWord || previous_ == TokenKind::kQuoted ||
         previous_ == TokenKind::kPlaceholder ||
         (previous_ == TokenKind::kSymbol && (before == ')' || before == ']'));
}

bool SqlLexer::begins_signed_number() const {
  const char c = text_[position_];
  return (c == '-' || c == '+') && begins_number(position_ + 1) && !follows_operand();
}

}  // namespace seamtrace::collector
