// Batcher: gathers spans into batches with consecutive numbers.
// Path:    interpret -> [process] -> export
// Owner:   the Collector.
// Threads: one.
// Memory:  one open batch; its arena grows with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "collector/process/batch.h"
#include "collector/support/arena.h"

namespace seamtrace::collector {

class Batcher {
 public:
  explicit Batcher(size_t most_spans) : most_spans_(most_spans) {}

  /// Where the text of the next span has to live.
  Arena& arena();
  /// The sequence of the batch that the next span goes into.
  uint64_t sequence() const { return closed_ + 1; }

  void add(Span&& span, uint64_t now_ns);

  bool empty() const { return open_ == nullptr || open_->list.spans.empty(); }
  bool full() const { return !empty() && open_->list.spans.size() >= most_spans_; }
  /// When the first span of the open batch came; REQUIRES: !empty().
  uint64_t since_ns() const { return since_ns_; }

  /// REQUIRES: !empty().
  BatchPtr close();
  /// A batch of spans that somebody else made; it gets the next sequence. REQUIRES: empty().
  BatchPtr wrap(SpanList&& list);
  /// The sequence of the last closed batch, 0 before the first.
  uint64_t closed() const { return closed_; }

 private:
  size_t most_spans_;
  std::shared_ptr<Batch> open_;
  uint64_t closed_ = 0;
  uint64_t since_ns_ = 0;
  size_t last_size_ = 0;  ///< of the batch before: the best guess at the size of the next
};

}  // namespace seamtrace::collector
