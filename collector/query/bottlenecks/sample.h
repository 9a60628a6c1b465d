// Sample: requests of one service or operation, taken out of their traces.
// Path:    store (traces) -> SpanTree -> [query/bottlenecks] -> findings
// Owner:   one per question; owns all its text.
// Memory:  some hundred bytes a request; bounded by the constants below.
// Failure: none; what is beyond a bound is left out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collector/query/bottlenecks/parts.h"
#include "collector/query/bottlenecks/request_times.h"
#include "collector/query/bottlenecks/span_tree.h"

namespace seamtrace::collector::bottlenecks {

/// Which spans are the requests. An empty operation: all that the service answered.
struct Selection {
  std::string service;
  std::string operation;
};

/// What a request may have in common with others.
struct Fact {
  enum class Kind : uint8_t {
    kOperation,      ///< its own name; `name` is `operation`
    kAttribute,      ///< of the request's span, or of its resource
    kRootAttribute,  ///< of the trace's first span; `root.name` is that span's name
    kSpan,           ///< a span below it: `name`, and its service as `value`
  };
  Kind kind = Kind::kAttribute;
  std::string name;
  std::string value;
};

struct SpanTime {
  uint32_t fact = 0;
  uint64_t ns = 0;
};
struct Number {
  uint32_t key = 0;  ///< into Sample::number_keys
  double value = 0;
};

struct Request {
  uint32_t trace = 0;  ///< into Sample::traces
  uint64_t duration_ns = 0;
  bool error = false;
  std::vector<PartTime> parts;
  std::vector<uint32_t> facts;  ///< into Sample::facts; sorted, each once
  std::vector<SpanTime> spans;  ///< how long those of kind kSpan took in all; sorted by fact
  std::vector<Number> numbers;
};

class Sample {
 public:
  static constexpr size_t kMostRequests = 20'000;
  static constexpr size_t kMostRequestsOfTrace = 50;
  static constexpr size_t kMostFacts = 200'000;
  static constexpr size_t kLongestValue = 200;  ///< bytes; longer ones are hardly ever alike

  explicit Sample(Selection selection) : selection_(std::move(selection)) {}

  /// Takes the requests of a trace. False: it has none.
  bool add(const TraceId& trace_id, const std::vector<Span>& spans);

  /// Those of one trace stand together.
  const std::vector<Request>& requests() const { return requests_; }
  const std::vector<TraceId>& traces() const { return traces_; }
  const std::vector<Fact>& facts() const { return facts_; }
  const std::vector<std::string>& number_keys() const { return number_keys_; }
  const Parts& parts() const { return parts_; }

 private:
  /// What counts as a request; a later rank only where the sample has none of an earlier one.
  enum class Rank : uint8_t { kAnswered, kInternal, kSent, kNone };

  Rank rank(const SpanTree& tree, uint32_t span) const;
  Request make_request(const SpanTree& tree, uint32_t span);
  void note_attributes(std::span<const Attribute> attributes, Fact::Kind kind, Request& request);
  void note_spans_below(const SpanTree& tree, uint32_t span, Request& request);
  void note(Fact::Kind kind, std::string_view name, std::string_view value, Request& request);
  /// kMostFacts: there is no room for it.
  uint32_t fact_number(Fact::Kind kind, std::string_view name, std::string_view value);
  uint32_t number_key(std::string_view key);

  Selection selection_;
  Rank rank_ = Rank::kNone;
  Parts parts_;
  std::vector<Request> requests_;
  std::vector<TraceId> traces_;
  std::vector<Fact> facts_;
  std::unordered_map<std::string, uint32_t> fact_numbers_;
  std::vector<std::string> number_keys_;
};

}  // namespace seamtrace::collector::bottlenecks
