// Histogram: durations in buckets of growing width; percentiles within 3.2 %.
// Path:    store (roll-ups) -> query
// Owner:   a value.
// Memory:  sparse: one entry per bucket that is not empty.
// Failure: a count never goes below zero: taking away what was never added is ignored.
//
// Sixteen buckets per power of two: bucket = 16 * exponent + next four bits of the duration in
// nanoseconds; durations below 16 ns have one bucket each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace seamtrace::collector {

class Histogram {
 public:
  void add(uint64_t nanoseconds, uint64_t count = 1);
  void remove(uint64_t nanoseconds, uint64_t count = 1);
  void merge(const Histogram& other);

  uint64_t count() const;
  bool empty() const { return buckets_.empty(); }

  /// The duration that `fraction` (0 to 1) of all are not longer than, in nanoseconds: the middle
  /// of its bucket; 0 when empty.
  uint64_t percentile(double fraction) const;

  /// Bucket number and count, by growing bucket.
  const std::vector<std::pair<uint32_t, uint64_t>>& buckets() const { return buckets_; }
  /// The least duration of a bucket, in nanoseconds; that of `bucket + 1` is its end.
  static uint64_t lower_bound(uint32_t bucket);

  /// Compact bytes (variable-length integers); FORMAT.md has the layout.
  std::string encode() const;
  /// None for bytes that encode() did not make.
  static std::optional<Histogram> decode(std::string_view bytes);

 private:
  std::vector<std::pair<uint32_t, uint64_t>> buckets_;
};

}  // namespace seamtrace::collector
