// MysqlCodec on any dialogue: it stays inside the chunk, begins no more than it ends, and says the
// same however the bytes are split. The input's first byte chooses the capabilities of a
// connection that is already open, or none; then come pieces: a byte that says who speaks and how
// the piece is cut, a byte of its length, and its bytes.
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "agent/codecs/mysql/mysql_codec.h"
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
    if (!bytes.empty()) memcpy(copy.get(), bytes.data(), bytes.size());
    taken_ = from_client ? codec_.request(copy.get(), bytes.size(), operations_)
                         : codec_.response(copy.get(), bytes.size(), operations_);
    return taken_ == Taken::kAll;
  }
  std::string log() const {
    require(operations_.finished() + operations_.in_flight() <= operations_.begun());
    return operations_.log() + operations_.pending() + std::to_string(static_cast<int>(taken_));
  }

 private:
  MysqlCodec codec_;
  RecordingOperations operations_;
  Taken taken_ = Taken::kAll;
};

void add_little(uint64_t value, size_t bytes, std::string& text) {
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
}

// A server and a client that agree to these; bits of `choice`.
void open_connection(uint8_t choice, Listener& listener) {
  const bool mariadb = (choice & 2) != 0;
  uint64_t capabilities = mysql::kProtocol41 | mysql::kSecureConnection;
  if ((choice & 4) != 0) capabilities |= mysql::kDeprecateEof;
  if ((choice & 8) != 0) capabilities |= mysql::kSessionTrack;
  if (mariadb) {
    capabilities |= mysql::kMariadbProgress;
    if ((choice & 16) != 0) capabilities |= mysql::kMariadbCacheMetadata;
  } else {
    capabilities |= mysql::kClientMysql;
    if ((choice & 16) != 0) capabilities |= mysql::kOptionalMetadata;
    if ((choice & 32) != 0) capabilities |= mysql::kQueryAttributes;
  }
  const uint64_t extended = capabilities >> 32;
  std::string greeting(
      "\x35\0\0\0\x0a"
      "8\0",
      7);
  greeting += std::string(13, 't');
  add_little(capabilities, 2, greeting);
  greeting += std::string(3, '\0');
  add_little(capabilities >> 16, 2, greeting);
  greeting += std::string(7, '\0');
  add_little(extended, 4, greeting);
  greeting.resize(4 + 0x35, 's');
  std::string handshake("\x24\0\0\1", 4);
  add_little(capabilities, 4, handshake);
  handshake += std::string(24, '\0');
  add_little(extended, 4, handshake);
  handshake += std::string("u\0\1p", 4);
  const std::string ok("\7\0\0\2\0\0\0\2\0\0\0", 11);
  require(listener.hear(false, greeting) && listener.hear(true, handshake) &&
          listener.hear(false, ok));
}

// `portion` 0: as each piece says itself.
std::string play(std::string_view input, size_t portion) {
  Listener listener;
  if ((input[0] & 1) != 0) open_connection(static_cast<uint8_t>(input[0]), listener);
  input.remove_prefix(1);
  while (input.size() > 2) {
    const auto how = static_cast<uint8_t>(input[0]);
    const bool from_client = (how & 1) != 0;
    std::string_view piece = input.substr(2, static_cast<uint8_t>(input[1]));
    input.remove_prefix(2 + piece.size());
    const size_t most = portion != 0 ? portion : static_cast<size_t>(how >> 1) + 1;
    while (!piece.empty()) {
      if (!listener.hear(from_client, piece.substr(0, most))) return listener.log();
      piece.remove_prefix(piece.size() < most ? piece.size() : most);
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
  const std::string whole = play(input, SIZE_MAX);
  require(play(input, 1) == whole);
  require(play(input, 0) == whole);
  return 0;
}
