#include "collector/query/trace_counter.h"

#include <cstring>
#include <random>
#include <utility>

namespace seamtrace::collector {
namespace {

/// Source: SplitMix64, the finaliser.
uint64_t mixed(uint64_t value) {
  value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
  value = (value ^ value >> 27) * 0x94D049BB133111EBu;
  return value ^ value >> 31;
}

}  // namespace

TraceCounter::TraceCounter() : seed_(uint64_t{std::random_device{}()} << 32 | 1) {}

void TraceCounter::insert(const TraceId& id) {
  uint64_t halves[2];
  static_assert(sizeof(halves) == sizeof(id));
  std::memcpy(halves, id.data(), sizeof(halves));
  const uint64_t key = mixed(halves[0] ^ mixed(halves[1] ^ seed_));
  if (keys_.size() < 2 * (used_ + 1)) grow();
  if (put(key == 0 ? 1 : key)) ++used_;
  if (full()) keys_ = {};
}

bool TraceCounter::put(uint64_t key) {
  const size_t mask = keys_.size() - 1;
  size_t at = key & mask;
  for (; keys_[at] != 0; at = (at + 1) & mask)
    if (keys_[at] == key) return false;
  keys_[at] = key;
  return true;
}

void TraceCounter::grow() {
  constexpr size_t kFirst = 256;
  const auto old =
      std::exchange(keys_, std::vector<uint64_t>(keys_.empty() ? kFirst : 2 * keys_.size()));
  for (const uint64_t key : old)
    if (key != 0) put(key);
}

void TraceCounter::settle() {
  settled_ += std::exchange(used_, 0);
  keys_ = {};
}

}  // namespace seamtrace::collector
