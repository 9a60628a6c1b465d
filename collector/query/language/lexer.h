// Lexer: a text in the query language as words, each with its place.
// Path:    query text -> [lexer] -> parser, completion
// Memory:  words borrow from the text.
// Failure: none; a word that is wrong says so in `fault`, and the next word follows.
// Source:  docs/query_api.md, "Query language".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace seamtrace::collector {

/// A key or a value as it was written.
struct Part {
  size_t begin = 0;  ///< in bytes; of the opening quote where there is one
  size_t end = 0;
  bool quoted = false;
  /// Without quotes and backslashes, cut at each star that stands for any letters.
  std::vector<std::string> pieces = {""};

  bool empty() const { return begin == end; }
  /// The pieces with the stars between them.
  std::string text() const;
};

enum class WordFault {
  kNone,
  kNoEnd,        ///< a quote without its end
  kGlued,        ///< something stands right after the closing quote
  kNoKey,        ///< an operator begins the word
  kNoValue,      ///< nothing stands behind the operator
  kNothing,      ///< a minus sign alone
  kBadOperator,  ///< such as `==`, `=>` or `=<`
};

/// `-key>=value`, or text alone, which is a value without an operator.
struct Word {
  size_t begin = 0;  ///< in bytes, of the minus sign if there is one
  size_t end = 0;
  bool negated = false;
  Part key;  ///< empty when there is no operator
  size_t operator_begin = 0;
  std::string_view operation;  ///< `=`, `!=`, ...; empty for text alone
  Part value;
  WordFault fault = WordFault::kNone;
};

std::vector<Word> split_words(std::string_view text);

/// `text` as a value: quoted where it would be understood as something else.
std::string quote_value(std::string_view text);

}  // namespace seamtrace::collector
