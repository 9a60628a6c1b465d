#include "collector/export/batch_queue.h"

#include <algorithm>
#include <cassert>

namespace seamtrace::collector {

bool BatchQueue::push(BatchPtr batch) {
  const size_t count = batch->list.spans.size();
  if (spans_ != 0 && spans_ + count > capacity_) return false;
  spans_ += count;
  last_sequence_ = batch->sequence;
  batches_.push_back(std::move(batch));
  std::vector<BatchPtr> empty;
  pop_finished(empty);
  return true;
}

std::vector<const Span*> BatchQueue::front(size_t most) const {
  std::vector<const Span*> spans;
  spans.reserve(std::min(most, spans_));
  size_t skip = finished_of_first_;
  for (const BatchPtr& batch : batches_) {
    for (size_t i = skip; i < batch->list.spans.size(); ++i) {
      if (spans.size() == most) return spans;
      spans.push_back(&batch->list.spans[i]);
    }
    skip = 0;
  }
  return spans;
}

std::vector<BatchPtr> BatchQueue::front_batches(size_t most) const {
  std::vector<BatchPtr> batches;
  size_t spans = 0;
  for (const BatchPtr& batch : batches_) {
    spans += batch->list.spans.size();
    if (!batches.empty() && spans > most) break;
    batches.push_back(batch);
  }
  return batches;
}

std::vector<BatchPtr> BatchQueue::finish(size_t count) {
  std::vector<BatchPtr> finished;
  assert(count <= spans_);
  spans_ -= count;
  while (count > 0) {
    const size_t step = std::min(count, batches_.front()->list.spans.size() - finished_of_first_);
    finished_of_first_ += step;
    count -= step;
    pop_finished(finished);
  }
  return finished;
}

void BatchQueue::pop_finished(std::vector<BatchPtr>& finished) {
  while (!batches_.empty() && finished_of_first_ == batches_.front()->list.spans.size()) {
    done_sequence_ = batches_.front()->sequence;
    finished.push_back(std::move(batches_.front()));
    batches_.pop_front();
    finished_of_first_ = 0;
  }
}

}  // namespace seamtrace::collector
