#include "collector/query/bottlenecks/sample.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "collector/process/resource.h"
#include "collector/query/bottlenecks/attribute_text.h"

namespace seamtrace::collector::bottlenecks {
namespace {

/// A walk below a request ends here: what every request has so many of tells nothing.
constexpr size_t kMostSpansBelow = 2000;
/// More keys with numbers than any service has.
constexpr size_t kMostNumberKeys = 500;

uint64_t duration_of(const Span& span) {
  return span.end_unix_ns > span.start_unix_ns ? span.end_unix_ns - span.start_unix_ns : 0;
}

}  // namespace

bool Sample::add(const TraceId& trace_id, const std::vector<Span>& spans) {
  const SpanTree tree(spans);
  const auto trace = static_cast<uint32_t>(traces_.size());
  size_t taken = 0;
  for (uint32_t i = 0; i < tree.size(); ++i) {
    const Rank rank_of_span = rank(tree, i);
    if (rank_of_span == Rank::kNone || rank_of_span > rank_) continue;
    if (rank_of_span < rank_) {  // what was taken so far was a stopgap
      rank_ = rank_of_span;
      requests_.clear();
      taken = 0;
    }
    if (taken == kMostRequestsOfTrace || requests_.size() == kMostRequests) break;
    requests_.push_back(make_request(tree, i));
    requests_.back().trace = trace;
    ++taken;
  }
  if (taken != 0) traces_.push_back(trace_id);
  return taken != 0;
}

Sample::Rank Sample::rank(const SpanTree& tree, uint32_t index) const {
  const Span& span = tree.span(index);
  if (tree.service(index) != selection_.service) return Rank::kNone;
  const bool named = !selection_.operation.empty();
  if (named && span.name != selection_.operation) return Rank::kNone;
  if (span.kind == SpanKind::kServer || span.kind == SpanKind::kConsumer) return Rank::kAnswered;
  // A service that answers nobody: what it begins by itself.
  const uint32_t parent = tree.parent(index);
  const bool begins = parent == SpanTree::kNone || tree.service(parent) != selection_.service;
  if (!named && !begins) return Rank::kNone;
  return span.kind == SpanKind::kInternal ? Rank::kInternal : Rank::kSent;
}

Request Sample::make_request(const SpanTree& tree, uint32_t index) {
  const Span& span = tree.span(index);
  Request request;
  request.duration_ns = duration_of(span);
  request.error = span.status == StatusCode::kError;
  request.parts = divide_request(tree, index, parts_);
  note(Fact::Kind::kOperation, "operation", span.name, request);
  note_attributes(span.attributes, Fact::Kind::kAttribute, request);
  if (const uint32_t root = tree.root(); root != SpanTree::kNone && root != index) {
    note(Fact::Kind::kRootAttribute, "root.name", tree.span(root).name, request);
    note_attributes(tree.span(root).attributes, Fact::Kind::kRootAttribute, request);
  }
  if (span.resource != nullptr)
    note_attributes(span.resource->attributes(), Fact::Kind::kAttribute, request);
  note_spans_below(tree, index, request);
  std::sort(request.facts.begin(), request.facts.end());
  request.facts.erase(std::unique(request.facts.begin(), request.facts.end()), request.facts.end());
  return request;
}

void Sample::note_attributes(std::span<const Attribute> attributes, Fact::Kind kind,
                             Request& request) {
  for (const Attribute& attribute : attributes) {
    if (!may_tell(attribute.key)) continue;
    const std::string text = attribute_text(attribute.value);
    if (text.empty() || text.size() > kLongestValue) continue;
    note(kind, attribute.key, text, request);
    const std::optional<double> number = attribute_number(attribute);
    if (number && kind == Fact::Kind::kAttribute && number_keys_.size() < kMostNumberKeys)
      request.numbers.push_back({number_key(attribute.key), *number});
  }
}

void Sample::note_spans_below(const SpanTree& tree, uint32_t index, Request& request) {
  std::vector<uint32_t> below{index};
  for (size_t i = 0; i < below.size() && below.size() < kMostSpansBelow; ++i)
    for (const uint32_t child : tree.children(below[i]))
      if (child != index) below.push_back(child);
  std::vector<SpanTime> all;
  for (size_t i = 1; i < below.size(); ++i) {
    const uint32_t fact =
        fact_number(Fact::Kind::kSpan, tree.span(below[i]).name, tree.service(below[i]));
    if (fact != kMostFacts) all.push_back({fact, duration_of(tree.span(below[i]))});
  }
  std::sort(all.begin(), all.end(),
            [](const SpanTime& a, const SpanTime& b) { return a.fact < b.fact; });
  for (const SpanTime& one : all) {
    if (!request.spans.empty() && request.spans.back().fact == one.fact) {
      request.spans.back().ns += one.ns;
      continue;
    }
    request.spans.push_back(one);
    request.facts.push_back(one.fact);
  }
}

void Sample::note(Fact::Kind kind, std::string_view name, std::string_view value,
                  Request& request) {
  const uint32_t fact = fact_number(kind, name, value);
  if (fact != kMostFacts) request.facts.push_back(fact);
}

uint32_t Sample::fact_number(Fact::Kind kind, std::string_view name, std::string_view value) {
  std::string key;
  key.reserve(name.size() + value.size() + 2);
  key.push_back(static_cast<char>(kind));
  key.append(name).push_back('\0');
  key.append(value);
  if (const auto found = fact_numbers_.find(key); found != fact_numbers_.end())
    return found->second;
  if (facts_.size() == kMostFacts) return kMostFacts;
  const auto number = static_cast<uint32_t>(facts_.size());
  facts_.push_back({kind, std::string(name), std::string(value)});
  fact_numbers_.emplace(std::move(key), number);
  return number;
}

uint32_t Sample::number_key(std::string_view key) {
  const auto found = std::find(number_keys_.begin(), number_keys_.end(), key);
  const auto number = static_cast<uint32_t>(found - number_keys_.begin());
  if (found == number_keys_.end()) number_keys_.emplace_back(key);
  return number;
}

}  // namespace seamtrace::collector::bottlenecks
