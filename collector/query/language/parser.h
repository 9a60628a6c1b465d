// Parser: a text in the query language -> Query.
// Path:    query text -> [parser] -> matcher
// Owner:   none; a pure function.
// Failure: a SyntaxError with the place and a sentence that says what to write instead.
// Source:  docs/query_api.md, "Query language".
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "collector/query/language/lexer.h"
#include "collector/query/language/syntax.h"

namespace seamtrace::collector {

/// More words are refused: each costs time on every span.
inline constexpr size_t kMostConditions = 64;

/// An empty text is the query that every trace matches.
std::variant<Query, SyntaxError> parse_query(std::string_view text);

/// A key that the language itself knows.
struct BuiltInKey {
  std::string_view name;
  Field field;
  std::string_view example;  ///< `duration>200ms`
  std::string_view about;    ///< a few words for people
};
std::span<const BuiltInKey> built_in_keys();
/// What `key` means; nothing: an attribute.
std::optional<Field> built_in_field(const Part& key);

}  // namespace seamtrace::collector
