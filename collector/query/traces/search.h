// Search: the traces of a period that match a query, the latest first.
// Path:    find_traces -> [search] -> store
// Owner:   a pure function but for the reader.
// Memory:  the rows found and a page of rows; one unpacked trace at a time.
// Failure: an Error when the store cannot be read. A trace whose bytes are damaged, or that is
//          removed meanwhile, is passed over and counted.
//
// Work is bounded by counts, not by a clock, so that the same question finds the same traces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/query/language/syntax.h"
#include "collector/store/store.h"

namespace seamtrace::collector::traces {

struct SearchLimits {
  uint64_t rows = 1'000'000;  ///< looked at
  uint64_t spans = 400'000;   ///< unpacked
  /// Unpacked before roll-ups are read to find the minutes in which nothing can match.
  uint64_t spans_before_rollups = 20'000;
};

/// Where a search stopped, for the next one to go on.
struct SearchPlace {
  uint64_t start_unix_ns = 0;
  int64_t row = 0;

  std::string text() const;
  static std::optional<SearchPlace> parse(std::string_view text);
};

struct SearchRequest {
  Query query;
  TimeRange range;
  uint64_t most = 100;  ///< traces
  std::optional<SearchPlace> before;
  std::optional<uint64_t> after_change;  ///< only traces that a later commit touched
  SearchLimits limits;
};

struct SearchResult {
  std::vector<TraceRow> rows;       ///< latest start first
  uint64_t change = 0;              ///< everything up to this commit has been seen
  std::optional<SearchPlace> next;  ///< none: there are no more
  bool complete = true;             ///< false: a limit of work ended the search
  uint64_t searched_to_ns = 0;      ///< everything that began since then has been searched
  uint64_t unreadable = 0;          ///< traces
};

Result<SearchResult> search(StoreReader& store, const SearchRequest& request);

}  // namespace seamtrace::collector::traces
