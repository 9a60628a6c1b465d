// What the fuzzers of the data stores' codecs share: pieces of a dialogue, each part of them in an
// allocation of its own, and what must hold for any codec.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "agent/codecs/testing/recording_operations.h"

namespace seamtrace::agent::codecs {

/// Unlike assert, in every build.
inline void require(bool condition) {
  if (!condition) abort();
}

/// Its own allocation, so that AddressSanitizer sees a read beyond the bytes.
inline std::unique_ptr<char[]> copy_of(std::string_view bytes) {
  std::unique_ptr<char[]> copy(new char[bytes.size()]);
  if (!bytes.empty()) memcpy(copy.get(), bytes.data(), bytes.size());
  return copy;
}

template <typename Codec>
class FuzzedConnection {
 public:
  explicit FuzzedConnection(size_t most_in_flight = 16) { operations_.limit(most_in_flight); }

  /// False when the codec follows no longer.
  bool hear(bool from_client, std::string_view bytes) {
    const std::unique_ptr<char[]> copy = copy_of(bytes);
    taken_ = from_client ? codec_.request(copy.get(), bytes.size(), operations_)
                         : codec_.response(copy.get(), bytes.size(), operations_);
    return taken_ == Taken::kAll;
  }

  /// The input is pieces: a byte that says who speaks and how the piece is cut, `length_bytes` of
  /// its length, and its bytes. `portion` 0: cut as each piece says itself.
  void hear_pieces(std::string_view input, size_t length_bytes, size_t portion) {
    while (input.size() > 1 + length_bytes) {
      const auto choice = static_cast<uint8_t>(input[0]);
      size_t length = 0;
      for (size_t i = 1; i <= length_bytes; ++i)
        length = length << 8 | static_cast<uint8_t>(input[i]);
      std::string_view piece = input.substr(1 + length_bytes, length);
      input.remove_prefix(1 + length_bytes + piece.size());
      const size_t most = portion > 0 ? portion : (choice >> 1) + 1u;
      while (!piece.empty()) {
        const std::string_view part = piece.substr(0, most);
        if (!hear((choice & 1) != 0, part)) return;
        piece.remove_prefix(part.size());
      }
    }
  }

  /// What the codec has said; of operations in flight, too, unless left out.
  std::string log(bool with_pending = true) const {
    require(operations_.finished() + operations_.in_flight() <= operations_.begun());
    return operations_.log() + (with_pending ? operations_.pending() : "") +
           std::to_string(static_cast<int>(taken_));
  }
  Taken taken() const { return taken_; }

 private:
  Codec codec_;
  RecordingOperations operations_;
  Taken taken_ = Taken::kAll;
};

/// `play`: portion -> log, which must be the same whole, byte by byte, and as the input says.
template <typename Play>
void require_the_same_in_any_portions(const Play& play) {
  const std::string whole = play(SIZE_MAX);
  require(play(1) == whole);
  require(play(0) == whole);
}

/// The fuzzer of a codec that a client's first bytes choose; see hear_pieces.
template <typename Codec>
void fuzz_from_first_bytes(std::string_view input) {
  if (input.empty()) return;
  for (size_t prefix = 1; prefix <= input.size() && prefix <= 40; ++prefix)
    (void)Codec::may_begin(copy_of(input.substr(0, prefix)).get(), prefix);
  require_the_same_in_any_portions([&](size_t portion) {
    FuzzedConnection<Codec> connection;
    connection.hear_pieces(input, 2, portion);
    return connection.log();
  });
}

}  // namespace seamtrace::agent::codecs
