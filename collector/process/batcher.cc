#include "collector/process/batcher.h"

#include <utility>

namespace seamtrace::collector {

Arena& Batcher::arena() {
  // Small at first: a quiet service makes many batches of one span.
  constexpr size_t kFirstBlock = 4096;
  if (open_ == nullptr) {
    open_ = std::make_shared<Batch>();
    open_->list.spans.reserve(last_size_);
    open_->list.arena = std::make_unique<std::pmr::monotonic_buffer_resource>(kFirstBlock);
  }
  return *open_->list.arena;
}

void Batcher::add(Span&& span, uint64_t now_ns) {
  arena();
  if (open_->list.spans.empty()) since_ns_ = now_ns;
  open_->list.spans.push_back(std::move(span));
}

BatchPtr Batcher::wrap(SpanList&& list) {
  auto batch = std::make_shared<Batch>();
  batch->list = std::move(list);
  batch->sequence = ++closed_;
  return batch;
}

BatchPtr Batcher::close() {
  last_size_ = open_->list.spans.size();
  open_->sequence = ++closed_;
  return std::exchange(open_, nullptr);
}

}  // namespace seamtrace::collector
