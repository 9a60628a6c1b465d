// Completion: what could stand at a place of a query.
// Path:    complete -> [completion] -> store
// Owner:   pure functions but for the reader.
// Failure: an Error when the store cannot be read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/query/language/lexer.h"
#include "collector/store/store.h"
#include "collector/support/result.h"

namespace seamtrace::collector::traces {

/// The part of a query in which somebody writes.
struct WritingPlace {
  size_t from = 0;  ///< in bytes; what stands between is to be replaced
  size_t to = 0;
  std::string typed;  ///< what stands before the cursor, without quotes, in lower case
  Part key;           ///< of the word, when a value is being written
  bool is_value = false;
  bool has_operator = false;     ///< one follows the key that is being written
  bool within_operator = false;  ///< nothing can be suggested
};

/// `position`: in bytes.
WritingPlace find_place(std::string_view query, size_t position);

struct Suggestion {
  std::string text;    ///< to stand instead
  std::string detail;  ///< a few words for people
};

/// `last`: where to look for operations and services that were busy of late.
Result<std::vector<Suggestion>> suggest(StoreReader& store, std::string_view query,
                                        const WritingPlace& place, TimeRange last);

}  // namespace seamtrace::collector::traces
