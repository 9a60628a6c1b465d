// MysqlCodec on any dialogue: it stays inside the chunk, begins no more than it ends, and says the
// same however the bytes are split. The input's first byte chooses the capabilities of a
// connection that is already open, or none; then come pieces: a byte that says who speaks and how
// the piece is cut, a byte of its length, and its bytes.
#include <string>
#include <string_view>

#include "agent/codecs/mysql/mysql_codec.h"
#include "agent/codecs/testing/codec_fuzz.h"

namespace seamtrace::agent::codecs {
namespace {

using Connection = FuzzedConnection<MysqlCodec>;

void add_little(uint64_t value, size_t bytes, std::string& text) {
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
}

// A server and a client that agree to these; bits of `choice`.
void open_connection(uint8_t choice, Connection& connection) {
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
  require(connection.hear(false, greeting) && connection.hear(true, handshake) &&
          connection.hear(false, ok));
}

}  // namespace
}  // namespace seamtrace::agent::codecs

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace seamtrace::agent::codecs;
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  require_the_same_in_any_portions([&](size_t portion) {
    Connection connection;
    if ((input[0] & 1) != 0) open_connection(static_cast<uint8_t>(input[0]), connection);
    connection.hear_pieces(input.substr(1), 1, portion);
    return connection.log();
  });
  return 0;
}
