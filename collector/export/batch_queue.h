// BatchQueue: batches on their way through one exporter, first in, first out.
// Path:    process -> [BatchQueue] -> the exporter's thread
// Threads: none of its own; the exporter holds its lock around every call.
// Memory:  bounded in spans; an empty queue takes one batch of any size.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "collector/process/batch.h"

namespace seamtrace::collector {

class BatchQueue {
 public:
  explicit BatchQueue(size_t capacity_spans) : capacity_(capacity_spans) {}

  /// False: full, nothing was taken.
  bool push(BatchPtr batch);

  /// Spans that wait or are under way.
  size_t spans() const { return spans_; }
  size_t capacity() const { return capacity_; }
  bool empty() const { return batches_.empty(); }

  /// The first spans, at most `most`. They stay valid and queued until finish().
  std::vector<const Span*> front(size_t most) const;

  /// The first whole batches, at least one and as many as have `most` spans together. REQUIRES:
  /// finish() was only called with what this function gave.
  std::vector<BatchPtr> front_batches(size_t most) const;

  /// The first `count` spans are exported, or dropped and counted. REQUIRES: count <= spans().
  /// Returns the batches that are finished with them, to be freed outside of the lock.
  std::vector<BatchPtr> finish(size_t count);

  /// Every batch up to this sequence number is finished.
  uint64_t done_sequence() const { return done_sequence_; }

  /// The sequence number of the batch that was taken last.
  uint64_t last_sequence() const { return last_sequence_; }

 private:
  void pop_finished(std::vector<BatchPtr>& finished);

  const size_t capacity_;
  std::deque<BatchPtr> batches_;
  size_t finished_of_first_ = 0;
  size_t spans_ = 0;
  uint64_t done_sequence_ = 0;
  uint64_t last_sequence_ = 0;
};

}  // namespace seamtrace::collector
