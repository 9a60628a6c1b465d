// What the parts of PostgresqlCodec share: numbers of the wire, and the protocol's limits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace seamtrace::agent::codecs {

/// Numbers are in network byte order.
inline uint32_t postgresql_number(const char* bytes) {
  const auto byte = [bytes](size_t i) {
    return static_cast<uint32_t>(static_cast<unsigned char>(bytes[i]));
  };
  return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}

inline constexpr size_t kPostgresqlHeadBytes = 5;    ///< type, length
inline constexpr size_t kPostgresqlPacketBytes = 8;  ///< length, code: packets before start-up
/// The server refuses longer ones: PQ_SMALL_MESSAGE_LIMIT, PG_MAX_AUTH_TOKEN_LENGTH, and what can
/// be allocated at once.
inline constexpr uint32_t kPostgresqlSmallLimit = 10000;
inline constexpr uint32_t kPostgresqlAuthenticationLimit = 65535 + 4;
inline constexpr uint32_t kPostgresqlLargeLimit = 0x4000'0000;
/// libpq takes longer answers for a loss of synchronisation, unless they carry data or text.
inline constexpr uint32_t kPostgresqlShortAnswerLimit = 30000;

}  // namespace seamtrace::agent::codecs
