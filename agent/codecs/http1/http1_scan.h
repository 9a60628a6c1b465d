// Looking ahead in the bytes of a head: sixteen at a time where the processor can, and never
// beyond the bytes given.
// Path:    inside [codecs/http1]
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "agent/codecs/http1/http1_characters.h"

namespace seamtrace::agent::codecs {

#if defined(__SSE2__)
/// Sixteen bytes. Every answer has a bit for each, the first byte's is the lowest.
class Block {
 public:
  static constexpr size_t kBytes = 16;

  explicit Block(const char* at) : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at))) {}

  uint32_t equal(char c) const { return bits(_mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c))); }
  uint32_t at_most(char c) const {
    return bits(_mm_cmpeq_epi8(_mm_min_epu8(bytes_, _mm_set1_epi8(c)), bytes_));
  }

 private:
  static uint32_t bits(__m128i found) { return static_cast<uint32_t>(_mm_movemask_epi8(found)); }

  __m128i bytes_;
};
#endif

// What is looked for, in one byte and in sixteen.
struct NoName {
  static bool is(char c) { return !is_name(c); }
#if defined(__SSE2__)
  static uint32_t in(Block block) {
    return block.at_most(' ') | block.equal(':') | block.equal(0x7f);
  }
#endif
};
struct SpaceOrLineFeed {
  static bool is(char c) { return c == ' ' || c == '\n'; }
#if defined(__SSE2__)
  static uint32_t in(Block block) { return block.equal(' ') | block.equal('\n'); }
#endif
};

/// Where the first wanted byte is; `size` when there is none.
template <class Wanted>
inline size_t find_first(const char* bytes, size_t size) {
  size_t at = 0;
#if defined(__SSE2__)
  if (size >= Block::kBytes) {
    const size_t last = size - Block::kBytes;
    while (true) {
      const uint32_t found = Wanted::in(Block(bytes + at));
      if (found != 0) return at + static_cast<size_t>(__builtin_ctz(found));
      if (at == last) return size;
      at = last - at < Block::kBytes ? last : at + Block::kBytes;  // the last block may overlap
    }
  }
#endif
  while (at < size && !Wanted::is(bytes[at])) ++at;
  return at;
}

/// Where the first line feed is; `size` when there is none. Many are near: only for the others
/// libc is worth the call.
inline size_t find_line_feed(const char* bytes, size_t size) {
#if defined(__SSE2__)
  if (size >= Block::kBytes)
    if (const uint32_t found = Block(bytes).equal('\n'); found != 0)
      return static_cast<size_t>(__builtin_ctz(found));
#endif
  const void* const found = memchr(bytes, '\n', size);
  return found == nullptr ? size : static_cast<size_t>(static_cast<const char*>(found) - bytes);
}

}  // namespace seamtrace::agent::codecs
