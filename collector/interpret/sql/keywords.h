// Keywords: the words of SQL that the sanitiser or the summary has to know.
// Memory:  constants.
#pragma once

#include <cstdint>
#include <string_view>

namespace seamtrace::collector {

enum class Keyword : uint8_t {
  kNone,  ///< any other word
  kAlter,
  kAnalyze,
  kAnd,
  kAs,
  kBetween,
  kBulk,  ///< may stand between a verb and its target: INSERT IGNORE INTO
  kCall,
  kConcurrently,
  kCopy,
  kCreate,
  kDelete,
  kDistinct,
  kDrop,
  kEnd,  ///< ends a list of tables: WHERE, GROUP, LIMIT ...
  kExecute,
  kExists,
  kExplain,
  kFalse,
  kFor,
  kFrom,
  kIf,
  kIn,
  kInsert,
  kInto,
  kIs,
  kJoin,
  kMerge,
  kModifier,  ///< may stand between CREATE and the kind of object
  kNot,
  kObject,  ///< kind of object of a definition: TABLE, INDEX, VIEW ...
  kOn,
  kOnly,
  kReplace,
  kRoutine,  ///< kind of object whose definition holds statements
  kSelect,
  kSet,
  kStart,
  kTable,
  kTransaction,
  kTrue,
  kTruncate,
  kUpdate,
  kUse,
  kUsing,
  kValue,  ///< an operator or clause that a value follows: LIKE, THEN, LIMIT ...
  kValues,
  kWith,
};

/// Ignores case.
Keyword keyword_of(std::string_view word);

}  // namespace seamtrace::collector
