// SqlSummary: the operations and targets of a text, in their order: `INSERT t SELECT u`.
// Path:    tokens of a SqlLexer -> [SqlSummary] -> db.query.summary
// Memory:  borrows the text; at most kMostBytes of output. Parentheses are followed to kDeepest.
// Failure: a text that is not understood has a short summary, or none. It never holds a literal:
//          only words and quoted identifiers get into it.
// Source:  semantic conventions, database spans, "Generating a summary of the query". What they
//          leave open: WITH itself is not an operation; DDL keeps the kind of object (`CREATE
//          TABLE t`); the summaries of several statements are joined by "; ", a statement that is
//          like the one before is not repeated, and when all are the same X it is `BATCH X`.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "collector/interpret/sql/keywords.h"
#include "collector/interpret/sql/lexer.h"

namespace seamtrace::collector {

class SqlSummary {
 public:
  static constexpr size_t kMostBytes = 255;

  SqlSummary(const SqlSummary&) = delete;
  SqlSummary& operator=(const SqlSummary&) = delete;
  /// `truncated`: the text goes on, so that its last word may be the beginning of a longer one.
  SqlSummary(std::string_view text, bool truncated);

  /// Every token but spaces and comments, in order. `keyword`: of a kWord.
  void take(const SqlToken& token, Keyword keyword);

  /// The text ends. Writes the summary.
  void finish(std::string& out);

 private:
  enum class Operation : uint8_t {
    kNone,  ///< no list of tables can come
    kSelect,
    kInsert,
    kUpdate,
    kDelete,
    kMerge,
    kDefine,  ///< CREATE, ALTER, DROP and the like, before the name
    kTarget,  ///< the next name is the only target
    kTargets,
  };
  enum class Expect : uint8_t {
    kNothing,
    kStatement,  ///< the first word
    kName,       ///< of a table
    kMoreNames,  ///< within a list of tables: a comma or a JOIN brings the next
  };
  struct Level {
    Operation operation = Operation::kNone;
    Expect expect = Expect::kNothing;
    bool from_seen = false;
  };
  static constexpr size_t kDeepest = 32;

  void take_word(const SqlToken& token, Keyword keyword);
  bool take_operation(const SqlToken& token, Keyword keyword);
  void take_first_word(const SqlToken& token, Keyword keyword);
  void take_name_or_modifier(const SqlToken& token, Keyword keyword);
  void take_object(const SqlToken& token, Keyword keyword);
  void take_in_list(const SqlToken& token, Keyword keyword);
  void take_symbol(const SqlToken& token);
  void open();
  void close();
  void end_statement();

  void begin_operation(const SqlToken& token, Operation operation, Expect expect);
  void begin_name(const SqlToken& token);
  bool continue_name(const SqlToken& token);
  void end_name();
  void add(std::string_view part);
  std::string_view text_of(const SqlToken& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }

  std::string_view text_;
  const bool truncated_;
  Level level_;
  std::array<Level, kDeepest> outer_{};
  size_t depth_ = 0;  ///< may be more than kDeepest
  Keyword last_ = Keyword::kNone;
  bool last_was_bracket_ = false;
  Keyword definition_ = Keyword::kNone;  ///< its verb: CREATE, ALTER, DROP
  bool routine_named_next_ = false;
  bool routine_ = false;                  ///< the rest is the body of a definition
  size_t name_begin_ = 0, name_end_ = 0;  ///< of the target that is being read; end 0: none
  bool name_wants_part_ = false;          ///< there was a dot

  std::array<char, kMostBytes> out_;
  size_t size_ = 0;
  size_t statement_begin_ = 0;       ///< of the current statement in out_
  std::string_view last_statement_;  ///< in out_
  uint32_t statements_ = 0;
  uint32_t different_ = 0;  ///< statements that are not like the one before
  bool full_ = false;
};

}  // namespace seamtrace::collector
