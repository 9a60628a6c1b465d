#include "collector/dispatch.h"

#include <algorithm>

namespace seamtrace::collector {

Dispatch::Dispatch(std::vector<std::unique_ptr<Exporter>> exporters)
    : exporters_(std::move(exporters)), refused_(exporters_.size()) {}

void Dispatch::add(std::unique_ptr<Exporter> exporter) {
  exporters_.push_back(std::move(exporter));
  refused_.resize(exporters_.size());
}

void Dispatch::give(const BatchPtr& batch) {
  last_sequence_ = batch->sequence;
  std::fill(refused_.begin(), refused_.end(), batch);
  waiting_ = refused_.size();
  try_again();
}

void Dispatch::try_again() {
  for (size_t i = 0; i < refused_.size(); ++i) {
    if (refused_[i] == nullptr || !exporters_[i]->offer(refused_[i])) continue;
    refused_[i] = nullptr;
    --waiting_;
  }
}

uint64_t Dispatch::done_sequence() const {
  uint64_t done = last_sequence_;
  for (const auto& exporter : exporters_) done = std::min(done, exporter->done_sequence());
  return done;
}

void Dispatch::hurry() {
  for (const auto& exporter : exporters_) exporter->flush(std::chrono::milliseconds{0});
}

}  // namespace seamtrace::collector
