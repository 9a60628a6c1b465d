#include "collector/store/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "collector/store/bytes.h"

namespace seamtrace::collector {
namespace {

constexpr uint32_t kExact = 16;  ///< durations below have one bucket each
constexpr uint32_t kBuckets = kExact + 60 * 16;

uint32_t bucket_of(uint64_t nanoseconds) {
  if (nanoseconds < kExact) return static_cast<uint32_t>(nanoseconds);
  const auto exponent = static_cast<uint32_t>(std::bit_width(nanoseconds) - 1);  // at least 4
  const auto fraction = static_cast<uint32_t>(nanoseconds >> (exponent - 4)) & 15;
  return kExact + 16 * (exponent - 4) + fraction;
}

auto find(auto& buckets, uint32_t bucket) {
  return std::lower_bound(buckets.begin(), buckets.end(), bucket,
                          [](const auto& entry, uint32_t wanted) { return entry.first < wanted; });
}

}  // namespace

uint64_t Histogram::lower_bound(uint32_t bucket) {
  if (bucket < kExact) return bucket;
  if (bucket >= kBuckets) return UINT64_MAX;
  const uint32_t exponent = (bucket - kExact) / 16 + 4, fraction = (bucket - kExact) % 16;
  return (uint64_t{16} + fraction) << (exponent - 4);
}

void Histogram::add(uint64_t nanoseconds, uint64_t count) {
  if (count == 0) return;
  const uint32_t bucket = bucket_of(nanoseconds);
  const auto at = find(buckets_, bucket);
  if (at != buckets_.end() && at->first == bucket) {
    at->second += count;
  } else {
    buckets_.insert(at, {bucket, count});
  }
}

void Histogram::remove(uint64_t nanoseconds, uint64_t count) {
  const uint32_t bucket = bucket_of(nanoseconds);
  const auto at = find(buckets_, bucket);
  if (at == buckets_.end() || at->first != bucket) return;
  if (at->second > count) {
    at->second -= count;
  } else {
    buckets_.erase(at);
  }
}

void Histogram::merge(const Histogram& other) {
  std::vector<std::pair<uint32_t, uint64_t>> merged;
  merged.reserve(buckets_.size() + other.buckets_.size());
  auto mine = buckets_.begin();
  for (const auto& theirs : other.buckets_) {
    while (mine != buckets_.end() && mine->first < theirs.first) merged.push_back(*mine++);
    merged.push_back(theirs);
    if (mine != buckets_.end() && mine->first == theirs.first) {
      merged.back().second += (mine++)->second;
    }
  }
  merged.insert(merged.end(), mine, buckets_.end());
  buckets_ = std::move(merged);
}

uint64_t Histogram::count() const {
  uint64_t total = 0;
  for (const auto& bucket : buckets_) total += bucket.second;
  return total;
}

uint64_t Histogram::percentile(double fraction) const {
  if (buckets_.empty()) return 0;
  const double wanted = std::ceil(fraction * static_cast<double>(count()));
  uint64_t seen = 0;
  uint32_t bucket = buckets_.back().first;
  for (const auto& entry : buckets_) {
    seen += entry.second;
    if (static_cast<double>(seen) >= wanted) {
      bucket = entry.first;
      break;
    }
  }
  const uint64_t begin = lower_bound(bucket), end = lower_bound(bucket + 1);
  return begin + (end - begin) / 2;
}

std::string Histogram::encode() const {
  std::string bytes;
  bytes.reserve(buckets_.size() * 3);
  store::ByteWriter writer(bytes);
  uint32_t previous = 0;
  for (const auto& [bucket, count] : buckets_) {
    writer.number(bucket - previous);
    writer.number(count);
    previous = bucket;
  }
  return bytes;
}

std::optional<Histogram> Histogram::decode(std::string_view bytes) {
  Histogram result;
  store::ByteReader reader(bytes);
  uint64_t bucket = 0;
  while (!reader.empty()) {
    const uint64_t step = reader.number(), count = reader.number();
    const bool first = result.buckets_.empty();
    if (reader.failed() || count == 0 || step >= kBuckets || (step == 0 && !first)) {
      return std::nullopt;
    }
    bucket += step;
    if (bucket >= kBuckets) return std::nullopt;
    result.buckets_.emplace_back(static_cast<uint32_t>(bucket), count);
  }
  return result;
}

}  // namespace seamtrace::collector
