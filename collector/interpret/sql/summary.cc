#include "collector/interpret/sql/summary.h"

#include <cstring>

namespace seamtrace::collector {

SqlSummary::SqlSummary(std::string_view text, bool truncated) : text_(text), truncated_(truncated) {
  level_.expect = Expect::kStatement;
}

void SqlSummary::take(const SqlToken& token, Keyword keyword) {
  if (name_end_ != 0 && continue_name(token)) return;
  switch (token.kind) {
    case TokenKind::kWord:
      if (truncated_ && token.end == text_.size()) break;
      take_word(token, keyword);
      last_ = keyword;
      last_was_bracket_ = false;
      return;
    case TokenKind::kQuoted:
      if (level_.expect == Expect::kName && level_.operation != Operation::kDefine && !routine_)
        begin_name(token);
      break;
    case TokenKind::kSymbol:
      take_symbol(token);
      return;
    case TokenKind::kExecutable:
      return;
    default:
      if (level_.expect == Expect::kName && level_.operation != Operation::kDefine)
        level_.expect = Expect::kMoreNames;
      break;
  }
  last_ = Keyword::kNone;
  last_was_bracket_ = false;
}

void SqlSummary::take_word(const SqlToken& token, Keyword keyword) {
  if (routine_) return;
  if (level_.expect == Expect::kStatement) {
    take_first_word(token, keyword);
  } else if (take_operation(token, keyword)) {
    return;
  } else if (level_.expect == Expect::kName) {
    take_name_or_modifier(token, keyword);
  } else {
    take_in_list(token, keyword);
  }
}

/// An operation within a statement: a query, or the one that EXPLAIN, WITH and COPY are about.
bool SqlSummary::take_operation(const SqlToken& token, Keyword keyword) {
  if (keyword == Keyword::kSelect) {
    begin_operation(token, Operation::kSelect, Expect::kNothing);
    return true;
  }
  const bool may_begin = last_was_bracket_ || last_ == Keyword::kExplain ||
                         last_ == Keyword::kAnalyze || last_ == Keyword::kAs;
  if (!may_begin || level_.expect == Expect::kName) return false;
  switch (keyword) {
    case Keyword::kInsert:
      begin_operation(token, Operation::kInsert, Expect::kName);
      return true;
    case Keyword::kUpdate:
      begin_operation(token, Operation::kUpdate, Expect::kName);
      return true;
    case Keyword::kDelete:
      begin_operation(token, Operation::kDelete, Expect::kNothing);
      return true;
    case Keyword::kMerge:
      begin_operation(token, Operation::kMerge, Expect::kName);
      return true;
    default:
      return false;
  }
}

void SqlSummary::take_first_word(const SqlToken& token, Keyword keyword) {
  ++statements_;
  switch (keyword) {
    case Keyword::kSelect:
      return begin_operation(token, Operation::kSelect, Expect::kNothing);
    case Keyword::kInsert:
    case Keyword::kReplace:
      return begin_operation(token, Operation::kInsert, Expect::kName);
    case Keyword::kUpdate:
      return begin_operation(token, Operation::kUpdate, Expect::kName);
    case Keyword::kDelete:
      return begin_operation(token, Operation::kDelete, Expect::kNothing);
    case Keyword::kMerge:
      return begin_operation(token, Operation::kMerge, Expect::kName);
    case Keyword::kCreate:
    case Keyword::kAlter:
    case Keyword::kDrop:
      definition_ = keyword;
      return begin_operation(token, Operation::kDefine, Expect::kName);
    case Keyword::kTruncate:
      return begin_operation(token, Operation::kTargets, Expect::kName);
    case Keyword::kCall:
    case Keyword::kExecute:
    case Keyword::kCopy:
    case Keyword::kUse:
      return begin_operation(token, Operation::kTarget, Expect::kName);
    case Keyword::kWith:
      level_ = {};
      return;
    default:
      return begin_operation(token, Operation::kNone, Expect::kNothing);
  }
}

void SqlSummary::take_name_or_modifier(const SqlToken& token, Keyword keyword) {
  switch (keyword) {
    case Keyword::kInto:
    case Keyword::kOnly:
    case Keyword::kIf:
    case Keyword::kNot:
    case Keyword::kExists:
    case Keyword::kBulk:
    case Keyword::kModifier:
    case Keyword::kConcurrently:
      return;
    case Keyword::kReplace:
      if (last_ == Keyword::kModifier) return;  // OR REPLACE
      break;
    case Keyword::kObject:
    case Keyword::kRoutine:
    case Keyword::kTable:
      if (level_.operation == Operation::kDefine) return take_object(token, keyword);
      if (keyword == Keyword::kTable && last_ == Keyword::kTruncate) return add(text_of(token));
      break;
    case Keyword::kFrom:
    case Keyword::kSet:
    case Keyword::kEnd:
    case Keyword::kValues:
      level_.expect = Expect::kNothing;
      return;
    case Keyword::kOn:  // CREATE INDEX ON t
      if (level_.operation == Operation::kTarget) return;
      break;
    default:
      break;
  }
  if (level_.operation == Operation::kDefine) return;  // DEFINER = ..., ALGORITHM = ...
  begin_name(token);
}

/// The kind of object that is defined.
void SqlSummary::take_object(const SqlToken& token, Keyword keyword) {
  add(text_of(token));
  const bool drop = definition_ == Keyword::kDrop;
  level_.operation = drop ? Operation::kTargets : Operation::kTarget;
  routine_named_next_ = keyword == Keyword::kRoutine && definition_ == Keyword::kCreate;
}

void SqlSummary::take_in_list(const SqlToken& token, Keyword keyword) {
  const Operation operation = level_.operation;
  const bool queries = operation == Operation::kSelect || operation == Operation::kUpdate ||
                       operation == Operation::kDelete;
  switch (keyword) {
    case Keyword::kFrom:
      // IS DISTINCT FROM is a comparison.
      if (!queries || level_.from_seen || last_ == Keyword::kDistinct) return;
      level_.from_seen = true;
      level_.expect = Expect::kName;
      return;
    case Keyword::kJoin:
      if (level_.expect == Expect::kMoreNames) level_.expect = Expect::kName;
      return;
    case Keyword::kUsing:
      if (operation == Operation::kDelete || operation == Operation::kMerge)
        level_.expect = Expect::kName;
      return;
    case Keyword::kEnd:
    case Keyword::kFor:
    case Keyword::kSet:
    case Keyword::kValues:
      level_.expect = Expect::kNothing;
      return;
    case Keyword::kTransaction:
      if (last_ == Keyword::kStart) add(text_of(token));
      return;
    default:
      return;
  }
}

void SqlSummary::take_symbol(const SqlToken& token) {
  const Keyword before = last_;
  last_ = Keyword::kNone;
  last_was_bracket_ = false;
  switch (text_[token.begin]) {
    case '(':
      // USING (column) of a join.
      if (before == Keyword::kUsing && level_.operation == Operation::kDelete)
        level_.expect = Expect::kMoreNames;
      open();
      last_was_bracket_ = true;
      return;
    case ')':
      close();
      last_was_bracket_ = true;
      return;
    case ',':
      if (level_.expect == Expect::kMoreNames) level_.expect = Expect::kName;
      return;
    case ';':
      if (depth_ == 0) end_statement();
      return;
    default:
      return;
  }
}

void SqlSummary::open() {
  if (depth_ < kDeepest) outer_[depth_] = level_;
  ++depth_;
  if (level_.expect == Expect::kStatement) return;
  const bool joins = level_.expect == Expect::kName;
  level_.operation = joins ? level_.operation : Operation::kNone;
  if (!joins) level_.expect = Expect::kNothing;
}

void SqlSummary::close() {
  if (depth_ == 0) return;
  --depth_;
  level_ = depth_ < kDeepest ? outer_[depth_] : Level{};
  if (level_.expect == Expect::kName) level_.expect = Expect::kMoreNames;
  // (SELECT ...) UNION (SELECT ...)
  if (level_.expect == Expect::kStatement && statements_ > 0) level_.expect = Expect::kNothing;
}

void SqlSummary::begin_operation(const SqlToken& token, Operation operation, Expect expect) {
  add(text_of(token));
  level_ = {operation, expect, false};
}

void SqlSummary::begin_name(const SqlToken& token) {
  name_begin_ = token.begin;
  name_end_ = token.end;
  name_wants_part_ = false;
}

/// Whether the token is one more part of `schema.table`.
bool SqlSummary::continue_name(const SqlToken& token) {
  const bool glued = token.begin == name_end_;
  if (glued && token.kind == TokenKind::kSymbol && text_[token.begin] == '.') {
    name_end_ = token.end;
    name_wants_part_ = true;
    return true;
  }
  const bool part = token.kind == TokenKind::kWord || token.kind == TokenKind::kQuoted;
  if (glued && name_wants_part_ && part && !token.unfinished) {
    name_end_ = token.end;
    name_wants_part_ = false;
    last_ = Keyword::kNone;
    return true;
  }
  end_name();
  return false;
}

void SqlSummary::end_name() {
  const bool cut = truncated_ && name_end_ == text_.size();
  if (!cut && !name_wants_part_) add(text_.substr(name_begin_, name_end_ - name_begin_));
  name_end_ = 0;
  const bool list =
      level_.operation == Operation::kSelect || level_.operation == Operation::kUpdate ||
      level_.operation == Operation::kDelete || level_.operation == Operation::kTargets;
  level_.expect = list ? Expect::kMoreNames : Expect::kNothing;
  if (level_.operation == Operation::kTarget) level_.operation = Operation::kNone;
  routine_ = routine_ || routine_named_next_;
}

void SqlSummary::add(std::string_view part) {
  const bool first = size_ == statement_begin_;
  const std::string_view space = !first ? " " : statement_begin_ != 0 ? "; " : "";
  if (full_ || size_ + space.size() + part.size() > kMostBytes) {
    full_ = true;
    return;
  }
  std::memcpy(out_.data() + size_, space.data(), space.size());
  std::memcpy(out_.data() + size_ + space.size(), part.data(), part.size());
  size_ += space.size() + part.size();
}

void SqlSummary::end_statement() {
  if (routine_) return;
  const size_t separator = statement_begin_ == 0 ? 0 : 2;
  if (size_ > statement_begin_ + separator) {
    const std::string_view statement(out_.data() + statement_begin_ + separator,
                                     size_ - statement_begin_ - separator);
    if (statement == last_statement_) {
      size_ = statement_begin_;
    } else {
      last_statement_ = statement;
      ++different_;
    }
  }
  statement_begin_ = size_;
  level_ = {Operation::kNone, Expect::kStatement, false};
  last_ = Keyword::kNone;
}

void SqlSummary::finish(std::string& out) {
  if (name_end_ != 0) end_name();
  routine_ = false;
  end_statement();
  constexpr std::string_view kBatch = "BATCH ";
  out.clear();
  if (statements_ >= 2 && different_ == 1 && !full_ && size_ + kBatch.size() <= kMostBytes)
    out.append(kBatch);
  out.append(out_.data(), size_);
}

}  // namespace seamtrace::collector
