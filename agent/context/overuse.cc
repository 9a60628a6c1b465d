// Overuse: a direct-mapped table of the incoming contexts seen lately.
// Threads: any; races lose a count, never more.
#include <string.h>

#include <atomic>

#include "agent/context/context.h"

namespace seamtrace::agent::context {

namespace {
constexpr uint32_t kSeenCapacity = 1024;
constexpr uint32_t kMostUses = 100;

struct Seen {
  std::atomic<uint64_t> key;  ///< a hash of trace id and span id
  std::atomic<uint32_t> uses;
};
Seen table[kSeenCapacity];
}  // namespace

bool is_overused(const codecs::TraceContext& remote) {
  uint64_t words[3];
  memcpy(words, remote.trace_id, 16);
  memcpy(words + 2, remote.span_id, 8);
  uint64_t key = words[0] * 0x9e37'79b9'7f4a'7c15 ^ words[1] * 0xc2b2'ae3d'27d4'eb4f ^
                 words[2] * 0x1656'67b1'9e37'79f9;
  key ^= key >> 29;
  Seen& seen = table[key % kSeenCapacity];
  if (seen.key.load(std::memory_order_relaxed) != key) {
    seen.key.store(key, std::memory_order_relaxed);
    seen.uses.store(1, std::memory_order_relaxed);
    return false;
  }
  return seen.uses.fetch_add(1, std::memory_order_relaxed) >= kMostUses;
}

}  // namespace seamtrace::agent::context
