// MinuteFilter: the minutes in which an operation may have begun that a query could mean.
// Path:    search -> [minute filter] -> roll-ups of the store
// Owner:   one per search; borrows the reader and the query.
// Memory:  the minutes of the hours that were asked for: a byte each.
// Failure: an Error when the store cannot be read.
//
// A trace in whose minutes no such operation began need not be unpacked: roll-ups are written in
// the same transaction as their spans. They may be removed earlier, and traces of format 0 have
// none: a minute without any roll-ups tells nothing, and the first with some not all.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "collector/query/language/syntax.h"
#include "collector/store/store.h"

namespace seamtrace::collector::traces {

class MinuteFilter {
 public:
  MinuteFilter(StoreReader& store, const Query& query);

  /// False: the query says nothing that roll-ups could tell.
  bool is_useful() const { return !conditions_.empty(); }
  /// False: no span of the trace can match. REQUIRES: is_useful().
  Result<bool> may_match(const TraceRow& row);

 private:
  using Hour = std::array<bool, 60>;
  Result<const Hour*> hour(uint64_t number);
  bool could_be(const Rollup& rollup) const;

  StoreReader& store_;
  std::vector<const Condition*> conditions_;
  std::unordered_map<uint64_t, Hour> hours_;
};

}  // namespace seamtrace::collector::traces
