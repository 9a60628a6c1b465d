// The numbers of the MySQL and MariaDB protocols, as far as the codec needs them.
// Source:  MySQL Client/Server Protocol ("Capabilities Flags", "Command Phase"); MariaDB
//          "Client/Server Protocol" ("Connection", "Packet types").
#pragma once

#include <cstddef>
#include <cstdint>

namespace seamtrace::agent::codecs::mysql {

inline constexpr uint32_t kHeaderBytes = 4;
inline constexpr uint32_t kFullPacket = 0xffffff;  ///< its message goes on in the next packet
inline constexpr uint32_t kMaxGreetingBytes = 1024;
inline constexpr uint8_t kProtocolVersion = 10;

/// What both sides must want. The upper half is MariaDB's, and only counts without kClientMysql.
enum Capability : uint64_t {
  kClientMysql = 1ull << 0,  ///< "long password": absent when a MariaDB (10.2 on) speaks
  kConnectWithDatabase = 1ull << 3,
  kCompress = 1ull << 5,
  kProtocol41 = 1ull << 9,
  kSsl = 1ull << 11,
  kSecureConnection = 1ull << 15,
  kAuthLengthEncoded = 1ull << 21,
  kSessionTrack = 1ull << 23,
  kDeprecateEof = 1ull << 24,
  kOptionalMetadata = 1ull << 25,
  kZstdCompression = 1ull << 26,
  kQueryAttributes = 1ull << 27,
  /// MySQL reserves it for more capabilities; in MariaDB it once meant progress reports.
  kCapabilityExtension = 1ull << 29,
  kMariadbProgress = 1ull << 32,
  kMariadbCacheMetadata = 1ull << 36,
};
/// MariaDB's that are understood, or change nothing that is looked at: progress, multi commands
/// (refused when one comes), bulk operations, extended metadata, cached metadata, unit results.
inline constexpr uint64_t kKnownMariadbCapabilities = 0x3full << 32;

enum Command : uint8_t {
  kQuit = 0x01,
  kInitDatabase = 0x02,
  kQuery = 0x03,
  kFieldList = 0x04,
  kShutdown = 0x08,
  kStatistics = 0x09,
  kProcessInfo = 0x0a,
  kDebug = 0x0d,
  kChangeUser = 0x11,
  kBinlogDump = 0x12,
  kTableDump = 0x13,
  kConnectOut = 0x14,
  kRegisterReplica = 0x15,
  kStatementPrepare = 0x16,
  kStatementExecute = 0x17,
  kStatementSendLongData = 0x18,
  kStatementClose = 0x19,
  kStatementReset = 0x1a,
  kSetOption = 0x1b,
  kStatementFetch = 0x1c,
  kDaemon = 0x1d,
  kBinlogDumpGtid = 0x1e,
  kResetConnection = 0x1f,
  kStatementBulkExecute = 0xfa,
};

enum Status : uint16_t {
  kStatusInTransaction = 0x0001,
  kStatusMoreResults = 0x0008,
  kStatusCursorExists = 0x0040,
  kStatusSessionChanged = 0x4000,
};

// First bytes of a server's packets.
inline constexpr uint8_t kOk = 0x00;
inline constexpr uint8_t kAuthMoreData = 0x01;
inline constexpr uint8_t kAuthNextFactor = 0x02;
inline constexpr uint8_t kLocalInfile = 0xfb;
inline constexpr uint8_t kEof = 0xfe;  ///< also: an authentication switch
inline constexpr uint8_t kError = 0xff;

inline constexpr uint32_t kMaxEofBytes = 8;            ///< longer ones with its first byte are rows
inline constexpr uint16_t kProgressReport = 0xffff;    ///< an "error" that is none
inline constexpr uint32_t kLastPrepared = 0xffffffff;  ///< MariaDB: instead of a statement's id
inline constexpr uint8_t kParameterCountAvailable = 0x08;  ///< a flag of kStatementExecute

// Keys of prepared statements: the server's number, or, until it has given one, our own count.
inline constexpr uint64_t kNoStatement = 0;  ///< its numbers begin with 1
inline constexpr uint64_t kUnconfirmed = 1ull << 32;

inline uint8_t u8(char byte) { return static_cast<uint8_t>(byte); }
inline uint16_t little16(const char* bytes) {
  return static_cast<uint16_t>(u8(bytes[0]) | u8(bytes[1]) << 8);
}
inline uint32_t little24(const char* bytes) {
  return static_cast<uint32_t>(u8(bytes[0]) | u8(bytes[1]) << 8 | u8(bytes[2]) << 16);
}
inline uint32_t little32(const char* bytes) {
  return little16(bytes) | static_cast<uint32_t>(little16(bytes + 2)) << 16;
}

/// A part of a chunk, eaten from its front.
struct Bytes {
  const char* at = nullptr;
  size_t size = 0;

  void skip(size_t count) {
    at += count;
    size -= count;
  }
  /// At most `count` bytes fewer; how many.
  template <typename Count>
  Count skip_up_to(Count count) {
    const Count taken = count < size ? count : static_cast<Count>(size);
    skip(static_cast<size_t>(taken));
    return taken;
  }
  uint8_t take() {
    const uint8_t first = u8(*at);
    skip(1);
    return first;
  }
};

}  // namespace seamtrace::agent::codecs::mysql
