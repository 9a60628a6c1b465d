// ReceiverLimits: how much one request may be, and may become.
// A sender is not trusted: two bytes of protobuf can ask for an object of a hundred.
#pragma once

#include <cstddef>

namespace seamtrace::collector {

struct ReceiverLimits {
  size_t most_body = size_t{16} << 20;      ///< bytes as sent
  size_t most_unpacked = size_t{64} << 20;  ///< bytes after decompression
  /// Spans, attributes, events, links and nested values, taken together.
  size_t most_parts = 1'000'000;
};

/// Arrays and maps in each other; what is deeper makes the request malformed.
inline constexpr size_t kMostDepth = 64;
/// Nobody has that many; and finding a key among them takes as long as there are keys.
inline constexpr size_t kMostResourceAttributes = 512;

}  // namespace seamtrace::collector
