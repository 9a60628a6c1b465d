// AnsweredRequests: which roll-ups are the requests that a service answered.
// Path:    store -> [services] -> answers
// Owner:   a value; knows the roll-ups that it was made from.
//
// Server and consumer spans. A service that has none in the period counts its internal spans
// (roll-ups cannot tell which of them have a parent), and one that has none of those either, its
// client and producer spans: what it asked of others.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "collector/store/trace_row.h"

namespace seamtrace::collector::services {

class AnsweredRequests {
 public:
  explicit AnsweredRequests(const std::vector<Rollup>& rollups);

  bool has(const Rollup& rollup) const;
  /// `requests`, `internal` or `calls`: what stands for the requests of a service.
  std::string_view counted(const std::string& service) const;

 private:
  enum class Rank : uint8_t { kAnswered, kInternal, kSent };
  static Rank rank(SpanKind kind);

  std::map<std::string, Rank, std::less<>> best_;
};

}  // namespace seamtrace::collector::services
