// SpanMaker: batches of random spans with everything that a span can have, for tests.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "collector/process/batch.h"
#include "collector/process/resource.h"
#include "collector/store/store.h"

namespace seamtrace::collector::testing {

/// A folder that is removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TraceId trace_id(uint64_t number);
SpanId span_id(uint64_t number);
std::shared_ptr<const Resource> make_resource(const std::string& service, int64_t process = 1);

/// A batch that is being filled.
class BatchMaker {
 public:
  /// Adds a span of one millisecond; it may be changed until the next.
  Span& add(uint64_t trace, uint64_t span, uint64_t parent = 0);
  Span& add(uint64_t trace, uint64_t span, uint64_t parent, SpanKind kind,
            const std::string& service, const std::string& name);
  Span& last() { return batch_->list.spans.back(); }
  /// A copy of `span`.
  void add_copy(const Span& span);
  std::string_view text(std::string_view text);
  void attribute(Span& span, std::string_view key, Value value);
  BatchPtr take();

 private:
  std::shared_ptr<Batch> batch_ = std::make_shared<Batch>();
};

/// Begin of all times in tests: so long after 1970.
constexpr uint64_t kBegin = 1'790'000'040'000'000'000u;

/// Random traces: every list, every type of value, odd numbers, odd texts.
class RandomSpans {
 public:
  explicit RandomSpans(uint32_t seed, uint64_t first_trace = 1)
      : random_(seed), next_trace_(first_trace) {}
  /// Spans of several traces, each with `least` to `most` spans, in random order.
  BatchPtr batch(size_t traces, size_t least, size_t most);

 private:
  uint64_t number(uint64_t below) { return random_() % below; }
  std::string text();
  Value value(BatchMaker& maker);
  void attributes(BatchMaker& maker, std::pmr::vector<Attribute>& list, size_t most);

  std::mt19937_64 random_;
  uint64_t next_trace_;
};

/// All of a span as text: equal texts, equal spans.
std::string describe(const Span& span);

/// The spans of a store, described and sorted. Fails the test on any error.
std::vector<std::string> describe_all(StoreReader& reader);
std::vector<std::string> describe_all(const std::vector<BatchPtr>& batches);

}  // namespace seamtrace::collector::testing
