// TraceState: what the writer knows of a trace that may still grow.
// Path:    inside the store's writer
// Owner:   the writer; a value that a failed transaction throws away.
// Memory:  64 bytes a span and the records of the last chunk.
//
// Whoever calls whom is decided by the whole trace: a client span counts as a call to the service
// whose server span is its child, and to what the client span says as long as there is none.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collector/store/chunk.h"
#include "collector/store/keys.h"
#include "collector/store/span_encoder.h"

namespace seamtrace::collector::store {

/// Of a span, what decides about roots, duplicates, roll-ups and edges.
struct SpanDigest {
  uint64_t span_id = 0;
  uint64_t parent_id = 0;
  uint64_t start_ns = 0;
  uint64_t duration_ns = 0;
  uint32_t operation = 0;  ///< an entry of the dictionary
  uint32_t answer = 0;     ///< of a client span: 1 + index of the server span that answered it
  uint32_t hits = 0;
  uint32_t misses = 0;
  int16_t http_status = 0;
  SpanKind kind = SpanKind::kInternal;
  StatusCode status = StatusCode::kUnset;
};

/// A client span that was counted under `before` (an index as SpanDigest::answer, or none), and
/// has to be counted under `after`.
struct EdgeChange {
  uint32_t client = 0;
  bool counted = false;  ///< there is a `before`
  uint32_t before = 0;
  uint32_t after = 0;
};

class TraceState {
 public:
  TraceId trace_id{};
  int64_t row = 0;  ///< 0: not stored yet
  ChunkTail tail;
  int64_t tail_chunk = 0;          ///< the tail's number within the trace
  size_t record_bytes = 0;         ///< of all chunks, unpacked
  std::vector<uint32_t> services;  ///< dictionary entries, in the order of their coming
  uint64_t start_ns = UINT64_MAX;
  uint64_t end_ns = 0;
  uint32_t errors = 0;
  uint64_t used = 0;  ///< by which transaction, for eviction

  const std::vector<SpanDigest>& spans() const { return spans_; }
  bool full() const { return spans_.size() >= kMostTraceSpans || record_bytes >= kMostTraceBytes; }
  std::optional<uint32_t> find(uint64_t span_id) const;

  /// REQUIRES: find() knows none of that id.
  void add(const SpanDigest& digest, uint32_t service);

  /// To be called after a round of add(): finds parents and answers. Returns the edges to change.
  std::vector<EdgeChange> resolve();

  /// The span without a parent here, the earliest of several. REQUIRES: there are spans.
  const SpanDigest& root() const;

 private:
  static bool before(const SpanDigest& left, const SpanDigest& right);
  bool better_answer(uint32_t candidate, const SpanDigest& client) const;

  std::vector<SpanDigest> spans_;
  std::unordered_map<uint64_t, uint32_t> index_;  ///< of a long trace; a short one is searched
  std::vector<uint32_t> parentless_;              ///< whose parent is not here
  size_t resolved_ = 0;                           ///< spans that resolve() has seen
};

}  // namespace seamtrace::collector::store
