#include "collector/receive/receiver_statistics.h"

#include <utility>

namespace seamtrace::collector {

void ReceiverCounters::listens_grpc(std::string address) {
  const std::lock_guard lock(mutex_);
  statistics_.grpc = std::move(address);
}

void ReceiverCounters::listens_http(std::string address) {
  const std::lock_guard lock(mutex_);
  statistics_.http = std::move(address);
}

void ReceiverCounters::take(uint64_t spans) {
  const std::lock_guard lock(mutex_);
  ++statistics_.requests;
  statistics_.spans += spans;
}

void ReceiverCounters::refuse(Refusal refusal, uint64_t count, const std::string& message) {
  const std::lock_guard lock(mutex_);
  refused_[static_cast<size_t>(refusal)] += count;
  if (!message.empty()) statistics_.last_error = message;
}

ReceiverStatistics ReceiverCounters::read() const {
  const std::lock_guard lock(mutex_);
  ReceiverStatistics result = statistics_;
  for (size_t i = 0; i < kRefusals; ++i)
    if (refused_[i] != 0)
      result.refused[std::string(refusal_name(static_cast<Refusal>(i)))] = refused_[i];
  return result;
}

}  // namespace seamtrace::collector
