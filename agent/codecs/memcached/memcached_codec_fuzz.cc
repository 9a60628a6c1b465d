// MemcachedCodec on any dialogue: it stays inside the chunk, begins no more than it ends, and says
// the same however the bytes are split. The input is pieces: a byte that says who speaks and how
// the piece is cut, two of its length, and its bytes.
#include "agent/codecs/memcached/memcached_codec.h"
#include "agent/codecs/testing/codec_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace seamtrace::agent::codecs;
  fuzz_from_first_bytes<MemcachedCodec>({reinterpret_cast<const char*>(data), size});
  return 0;
}
