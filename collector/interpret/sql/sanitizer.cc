#include "collector/interpret/sql/sanitizer.h"

#include "collector/interpret/sql/characters.h"
#include "collector/interpret/sql/keywords.h"
#include "collector/interpret/sql/lexer.h"
#include "collector/interpret/sql/quoted_word.h"
#include "collector/interpret/sql/summary.h"
#include "collector/support/utf8.h"

namespace seamtrace::collector {
namespace {

constexpr std::string_view kReplacement = "?";

bool is_space(char c) { return class_of(c) == CharacterClass::kSpace; }

class Sanitizer {
 public:
  Sanitizer(Dialect dialect, std::string_view text, bool truncated, std::string& out)
      : dialect_(dialect),
        text_(text),
        truncated_(truncated),
        lexer_(dialect, text),
        summary_(text, truncated),
        quoted_word_(text),
        out_(out) {
    out_.clear();
    out_.reserve(text.size());
  }

  void run(std::string& summary) {
    for (;;) {
      SqlToken token = lexer_.next();
      if (token.kind == TokenKind::kEnd) break;
      if (token.other_end != 0) resolve(token);
      take(token);
    }
    if (in_executable_) emit("*/");
    while (!out_.empty() && is_space(out_.back())) out_.pop_back();
    summary_.finish(summary);
  }

 private:
  void resolve(SqlToken& token);
  void take(SqlToken token);
  bool is_boolean(const SqlToken& token, Keyword keyword) const;
  void watch_list(const SqlToken& token, Keyword keyword);
  void emit(std::string_view part);

  const Dialect dialect_;
  const std::string_view text_;
  const bool truncated_;
  SqlLexer lexer_;
  SqlSummary summary_;
  QuotedWord quoted_word_;
  std::string& out_;
  Keyword last_ = Keyword::kNone, last_but_one_ = Keyword::kNone;
  bool in_executable_ = false;
  bool dropped_ = false;  ///< a comment, since the last part

  enum class List : uint8_t { kNone, kIn, kOpen };
  List list_ = List::kNone;
  size_t list_begin_ = 0;  ///< in out_, behind the parenthesis
  uint32_t list_values_ = 0;
};

/// The literal ends in one place if backslashes are ordinary, in another if they escape. Follows
/// both readings to where they agree again.
void Sanitizer::resolve(SqlToken& token) {
  using Backslash = SqlLexer::Backslash;
  const Backslash undecided = lexer_.backslash();
  const bool plain = undecided == Backslash::kPerhapsPlain;
  SqlLexer likely = lexer_, other = lexer_;
  likely.set_backslash(plain ? Backslash::kPlain : Backslash::kEscape);
  other.set_backslash(plain ? Backslash::kEscape : Backslash::kPlain);
  other.set_position(token.other_end);
  bool likely_open = token.unfinished, other_open = token.other_unfinished;
  while (likely.position() != other.position()) {
    const bool likely_is_behind = likely.position() < other.position();
    const SqlToken next = (likely_is_behind ? likely : other).next();
    (likely_is_behind ? likely_open : other_open) |= next.unfinished;
  }
  const bool at_the_end = likely.position() == text_.size();
  if (at_the_end && !truncated_ && likely_open != other_open) {
    // Only one of them makes sense, and so it is for the rest of the text.
    lexer_.set_backslash(likely_open ? other.backslash() : likely.backslash());
    if (likely_open) lexer_.set_position(token.other_end);
    token.end = lexer_.position();
    token.unfinished = false;
    return;
  }
  lexer_ = likely;
  lexer_.set_backslash(undecided);
  token.end = lexer_.position();
}

void Sanitizer::take(SqlToken token) {
  switch (token.kind) {
    case TokenKind::kSpace:
      if (!out_.empty()) emit(text_.substr(token.begin, token.end - token.begin));
      return;
    case TokenKind::kComment:
      dropped_ = true;
      return;
    default:
      break;
  }
  const std::string_view text = text_.substr(token.begin, token.end - token.begin);
  Keyword keyword = Keyword::kNone;
  if (token.kind == TokenKind::kWord) {
    keyword = keyword_of(text);
    if (is_boolean(token, keyword)) token.kind = TokenKind::kNumber;
  } else if (token.kind == TokenKind::kQuoted &&
             (token.unfinished ||
              (dialect_ == Dialect::kSqlite && quoted_word_.is_literal(token)))) {
    token.kind = TokenKind::kString;
  }
  if (dialect_ == Dialect::kSqlite) quoted_word_.take(token, keyword);
  summary_.take(token, keyword);

  const bool literal = token.kind == TokenKind::kString || token.kind == TokenKind::kNumber;
  if (token.kind == TokenKind::kExecutable) {
    in_executable_ = text[0] == '/';
    emit(text.substr(0, text.find_last_not_of("0123456789") + 1));
  } else {
    emit(literal ? kReplacement : text);
  }
  watch_list(token, keyword);
  last_but_one_ = last_;
  last_ = keyword;
}

bool Sanitizer::is_boolean(const SqlToken& token, Keyword keyword) const {
  if (keyword != Keyword::kTrue && keyword != Keyword::kFalse) return false;
  if (last_ == Keyword::kIs || (last_ == Keyword::kNot && last_but_one_ == Keyword::kIs))
    return false;
  const char before = token.begin > 0 ? text_[token.begin - 1] : ' ';
  const char after = token.end < text_.size() ? text_[token.end] : ' ';
  return before != '.' && after != '.' && after != '(';
}

/// Collapses `IN (?, ?, ?)`.
void Sanitizer::watch_list(const SqlToken& token, Keyword keyword) {
  const char symbol = token.kind == TokenKind::kSymbol ? text_[token.begin] : '\0';
  if (keyword == Keyword::kIn) {
    list_ = List::kIn;
  } else if (list_ == List::kIn && symbol == '(') {
    list_ = List::kOpen;
    list_begin_ = out_.size();
    list_values_ = 0;
  } else if (list_ == List::kOpen && symbol == ')') {
    if (list_values_ >= 2) out_.replace(list_begin_, std::string::npos, "?)");
    list_ = List::kNone;
  } else if (token.kind == TokenKind::kString || token.kind == TokenKind::kNumber ||
             (token.kind == TokenKind::kPlaceholder && token.end == token.begin + 1)) {
    ++list_values_;
  } else if (symbol != ',') {
    list_ = List::kNone;
  }
}

void Sanitizer::emit(std::string_view part) {
  // Without the comment between them, two parts might become one, or the beginning of a comment.
  if (dropped_ && !out_.empty() && !is_space(out_.back()) && !is_space(part.front())) out_ += ' ';
  dropped_ = false;
  out_ += part;
}

void make_valid(std::string& text) {
  if (!is_valid_utf8(text)) text = valid_utf8(text);
}

}  // namespace

void digest_sql(Dialect dialect, std::string_view statement, bool truncated, SqlDigest& digest) {
  Sanitizer(dialect, statement, truncated, digest.text).run(digest.summary);
  make_valid(digest.text);
  make_valid(digest.summary);
}

}  // namespace seamtrace::collector
