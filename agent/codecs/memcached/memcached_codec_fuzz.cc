// MemcachedCodec on any dialogue: it stays inside the chunk, begins no more than it ends, and says
// the same however the bytes are split. The input is pieces: a byte that says who speaks and how
// the piece is cut, two of its length, and its bytes.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "agent/codecs/memcached/memcached_codec.h"
#include "agent/codecs/testing/recording_operations.h"

namespace seamtrace::agent::codecs {
namespace {

// Unlike assert, in every build.
void require(bool condition) {
  if (!condition) abort();
}

class Listener {
 public:
  Listener() { operations_.limit(16); }

  bool hear(bool from_client, std::string_view bytes) {
    // Its own allocation, so that AddressSanitizer sees a read beyond the chunk.
    const std::unique_ptr<char[]> copy(new char[bytes.size()]);
    memcpy(copy.get(), bytes.data(), bytes.size());
    taken_ = from_client ? codec_.request(copy.get(), bytes.size(), operations_)
                         : codec_.response(copy.get(), bytes.size(), operations_);
    return taken_ == Taken::kAll;
  }
  std::string log() const {
    require(operations_.finished() + operations_.in_flight() <= operations_.begun());
    return operations_.log() + operations_.pending() + std::to_string(static_cast<int>(taken_));
  }

 private:
  MemcachedCodec codec_;
  RecordingOperations operations_;
  Taken taken_ = Taken::kAll;
};

// `portion` 0: as each piece says itself.
std::string play(std::string_view input, size_t portion) {
  Listener listener;
  while (input.size() > 3) {
    const auto choice = static_cast<uint8_t>(input[0]);
    const size_t length = static_cast<uint8_t>(input[1]) << 8 | static_cast<uint8_t>(input[2]);
    input.remove_prefix(3);
    std::string_view piece = input.substr(0, length);
    input.remove_prefix(piece.size());
    const size_t most = portion > 0 ? portion : (choice >> 1) + 1u;
    while (!piece.empty()) {
      const std::string_view part = piece.substr(0, most);
      if (!listener.hear((choice & 1) != 0, part)) return listener.log();
      piece.remove_prefix(part.size());
    }
  }
  return listener.log();
}

}  // namespace
}  // namespace seamtrace::agent::codecs

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace seamtrace::agent::codecs;
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (size_t prefix = 1; prefix <= size && prefix <= 40; ++prefix) {
    const std::unique_ptr<char[]> copy(new char[prefix]);
    memcpy(copy.get(), data, prefix);
    (void)MemcachedCodec::may_begin(copy.get(), prefix);
  }
  const std::string whole = play(input, SIZE_MAX);
  require(play(input, 1) == whole);
  require(play(input, 0) == whole);
  return 0;
}
