// PostgresqlCodec on any bytes: it stays inside them, keeps its promises to Operations, and says
// the same however each turn is split.
// The input: one byte that chooses portions, then turns: a byte (bit 7: the server's; the rest: how
// many bytes follow, 127: up to the end), then its bytes. With bit 7 of the first byte the
// connection is ready already.
#include <string>
#include <string_view>
#include <vector>

#include "agent/codecs/postgresql/postgresql_codec.h"
#include "agent/codecs/testing/codec_fuzz.h"

namespace seamtrace::agent::codecs {
namespace {

struct Turn {
  bool from_server;
  std::string_view bytes;
};

constexpr char kStartUp[] = "\0\0\0\x11\0\3\0\0user\0me\0";
constexpr char kReady[] = "Z\0\0\0\5I";

std::string_view take(std::string_view& bytes, size_t size) {
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(taken.size());
  return taken;
}

std::vector<Turn> read_turns(std::string_view input, bool ready) {
  std::vector<Turn> turns;
  if (ready) turns = {{false, {kStartUp, sizeof kStartUp}}, {true, {kReady, sizeof kReady - 1}}};
  while (!input.empty()) {
    const auto head = static_cast<unsigned char>(take(input, 1)[0]);
    const size_t size = head & 0x7f;
    turns.push_back({(head & 0x80) != 0, take(input, size == 0x7f ? input.size() : size)});
  }
  return turns;
}

std::string story(const std::vector<Turn>& turns, size_t portion) {
  FuzzedConnection<PostgresqlCodec> connection(64);
  for (const Turn& turn : turns)
    for (std::string_view rest = turn.bytes; connection.taken() == Taken::kAll && !rest.empty();)
      connection.hear(!turn.from_server, take(rest, portion));
  require(connection.taken() != Taken::kCompressed);
  // What had been begun by bytes after the ones that are not ours differs from split to split.
  return connection.log(connection.taken() == Taken::kAll);
}

}  // namespace
}  // namespace seamtrace::agent::codecs

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace seamtrace::agent::codecs;
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto choices = static_cast<unsigned char>(input[0]);
  const std::vector<Turn> turns = read_turns(input.substr(1), (choices & 0x80) != 0);
  const std::string whole = story(turns, SIZE_MAX);
  require(story(turns, 1) == whole);
  require(story(turns, (choices & 0x7f) + 2) == whole);
  return 0;
}
