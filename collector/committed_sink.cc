#include "collector/committed_sink.h"

#include <algorithm>
#include <array>
#include <bit>

#include "collector/store/store_exporter.h"

namespace seamtrace::collector {
namespace {

/// FNV-1a over what a sender does not change when it sends its spans again.
class Digest {
 public:
  template <typename Bytes>
  void add(const Bytes& bytes) {
    for (const uint8_t byte : bytes) value_ = (value_ ^ byte) * 0x100000001b3u;
  }
  void add(uint64_t number) { add(std::bit_cast<std::array<uint8_t, 8>>(number)); }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325u;
};

uint64_t digest_of(const SpanList& list) {
  Digest digest;
  for (const Span& span : list.spans) {
    digest.add(span.trace_id);
    digest.add(span.span_id);
    digest.add(span.start_unix_ns);
    digest.add(span.end_unix_ns);
  }
  return digest.value();
}

}  // namespace

SinkAnswer CommittedSink::take(SpanList&& spans, std::chrono::milliseconds patience) {
  using std::chrono::milliseconds;
  if (store_ == nullptr)
    return hand_on_(std::move(spans)) == 0 ? SinkAnswer::kBusy : SinkAnswer::kTaken;
  const uint64_t digest = digest_of(spans);
  uint64_t sequence = find(digest);
  const bool failing = store_->is_failing();
  if (sequence == 0) {
    if (failing) return SinkAnswer::kBusy;
    sequence = hand_on_(std::move(spans));
    if (sequence == 0) return SinkAnswer::kBusy;
    add(digest, sequence);  // before the wait: its sender may lose patience first
  }
  store_->wait_done(sequence, failing ? milliseconds(0) : patience);
  if (store_->done_sequence() < sequence) return SinkAnswer::kBusy;
  forget(digest);
  return store_->wait_done(sequence, milliseconds(0)) ? SinkAnswer::kTaken : SinkAnswer::kBusy;
}

uint64_t CommittedSink::find(uint64_t digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(unkept_, digest, &std::pair<uint64_t, uint64_t>::first);
  return found == unkept_.end() ? 0 : found->second;
}

void CommittedSink::add(uint64_t digest, uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  if (unkept_.size() == kMostUnkept) unkept_.pop_front();
  unkept_.emplace_back(digest, sequence);
}

void CommittedSink::forget(uint64_t digest) {
  const std::lock_guard lock(mutex_);
  std::erase_if(unkept_, [&](const auto& each) { return each.first == digest; });
}

}  // namespace seamtrace::collector
