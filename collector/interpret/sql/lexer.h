// SqlLexer: the text of SQL statements -> tokens, so that no literal is taken for anything else.
// Memory:  borrows the text; copying a lexer copies a position.
// Failure: every byte belongs to a token, whatever the bytes are. What has no end (a literal, a
//          comment, a quoted identifier), and what the dialect leaves in doubt, is one token to the
//          end of the text, marked `unfinished`.
// Source:  PostgreSQL 15 documentation, section 4.1; MySQL 8.0 reference, chapter 9; MariaDB
//          Knowledge Base, "String Literals"; sqlite.org/lang_expr.html, "Literal Values".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collector/interpret/sql/dialect.h"

namespace seamtrace::collector {

enum class TokenKind : uint8_t {
  kEnd,
  kSpace,
  kComment,      ///< hints of the optimizer too
  kExecutable,   ///< begin or end of MySQL's `/*! ... */`, whose inside is code
  kWord,         ///< keyword or identifier
  kQuoted,       ///< identifier with its quotes
  kString,       ///< a literal, with its introducer
  kNumber,       ///< a literal, with its sign
  kPlaceholder,  ///< ?, $1, :name, @name, @@name
  kSymbol,       ///< one byte
};

struct SqlToken {
  TokenKind kind = TokenKind::kEnd;
  bool unfinished = false;
  size_t begin = 0;
  size_t end = 0;
  /// Not 0: the literal ends here instead if backslashes are read the other way.
  size_t other_end = 0;
  bool other_unfinished = false;
};

class SqlLexer {
 public:
  SqlLexer(Dialect dialect, std::string_view text);

  SqlToken next();
  size_t position() const { return position_; }

  /// How a backslash in an ordinary literal is read. It is a setting of the server
  /// (standard_conforming_strings, NO_BACKSLASH_ESCAPES) that the text does not tell.
  enum class Backslash : uint8_t {
    kPlain,          ///< an ordinary character, surely
    kEscape,         ///< takes the next character with it, surely
    kPerhapsPlain,   ///< plain by default
    kPerhapsEscape,  ///< an escape by default
  };
  Backslash backslash() const { return backslash_; }
  void set_backslash(Backslash reading) { backslash_ = reading; }
  void set_position(size_t position) { position_ = position; }

 private:
  struct Scan {
    size_t end;
    bool finished;
    bool backslash;  ///< there was one before the end
  };
  SqlToken token(TokenKind kind, size_t begin, size_t end);
  SqlToken unfinished(TokenKind kind, size_t begin);
  SqlToken space();
  SqlToken word();
  SqlToken number(size_t begin);
  SqlToken string(size_t begin, size_t open, Backslash reading);
  SqlToken quoted(size_t begin, size_t open, char close);
  SqlToken bracket();
  SqlToken dollar();
  SqlToken line_comment(size_t begin);
  SqlToken block_comment();
  SqlToken executable_comment();
  SqlToken variable();
  SqlToken symbol() { return token(TokenKind::kSymbol, position_, position_ + 1); }

  Scan scan(size_t begin, char quote, bool escapes) const;
  bool begins_comment() const;
  bool begins_signed_number() const;
  bool begins_number(size_t at) const {
    return is_digit(at) || (peek(at) == '.' && is_digit(at + 1));
  }
  bool is_digit(size_t at) const { return peek(at) >= '0' && peek(at) <= '9'; }
  bool follows_operand() const;
  /// The byte at `at`, or 0 beyond the end.
  char peek(size_t at) const { return at < limit_ ? text_[at] : '\0'; }
  size_t end_of_name(size_t at) const;

  std::string_view text_;
  size_t position_ = 0;
  size_t limit_;  ///< end of the text, or of the executable comment that we are in
  Dialect dialect_;
  Backslash backslash_;
  TokenKind previous_ = TokenKind::kEnd;
  // PostgreSQL: a literal on the next line goes on with the one before, and is read alike.
  bool after_escaped_string_ = false;  ///< E'..', and since then nothing but space
  bool line_end_ = false;              ///< and a line has ended
};

}  // namespace seamtrace::collector
