// Records: what the agent knows of one finished request, raw.
// Path:    agent/spans -> [wire] -> collector/interpret
// Memory:  little to copy, nothing formatted: a fixed part, then slices of the
//          bytes that went over the connection.
// Failure: a record is self-contained; losing one loses nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace seamtrace::wire {

inline constexpr uint32_t kRecordVersion = 2;
inline constexpr uint32_t kMaxRecordBytes = 2040;  ///< the room in an in-flight slot

enum class RecordType : uint16_t {
  kPadding = 0,  ///< skip `size` bytes
  kExchange = 1,
};

/// Starts every record; records are aligned to 8 bytes within a chunk.
struct RecordHeader {
  uint32_t size;  ///< whole record with its padding, a multiple of 8
  uint16_t type;  ///< RecordType
  uint16_t reserved;
};
static_assert(sizeof(RecordHeader) == 8);

enum class Role : uint8_t { kServer = 1, kClient = 2 };

enum class Protocol : uint8_t {
  kHttp1 = 1,
  kPostgresql = 2,
  kMysql = 3,
  kMariadb = 4,
  kRedis = 5,
  kMemcached = 6,
  kSqlite = 7,
};
inline constexpr uint8_t kLastProtocol = 7;

/// The value of db.system.name; empty for what is no data store.
constexpr std::string_view system_name(Protocol protocol) {
  switch (protocol) {
    case Protocol::kPostgresql:
      return "postgresql";
    case Protocol::kMysql:
      return "mysql";
    case Protocol::kMariadb:
      return "mariadb";
    case Protocol::kRedis:
      return "redis";
    case Protocol::kMemcached:
      return "memcached";
    case Protocol::kSqlite:
      return "sqlite";
    case Protocol::kHttp1:
      break;
  }
  return {};
}

/// The port that IANA has for a data store; 0: none.
constexpr uint16_t default_port(Protocol protocol) {
  switch (protocol) {
    case Protocol::kPostgresql:
      return 5432;
    case Protocol::kMysql:
    case Protocol::kMariadb:
      return 3306;
    case Protocol::kRedis:
      return 6379;
    case Protocol::kMemcached:
      return 11211;
    case Protocol::kSqlite:
    case Protocol::kHttp1:
      break;
  }
  return 0;
}

/// Whether exchanges of this protocol are described by DatabaseFacts and its slices.
constexpr bool is_database(Protocol protocol) { return protocol != Protocol::kHttp1; }

/// How the parent was found.
enum class Association : uint8_t {
  kRoot = 0,         ///< no parent
  kRemote = 1,       ///< named by the caller in the request (server), e.g. traceparent
  kExact = 2,        ///< the thread or connection that carried the parent
  kHandoff = 3,      ///< reserved: a queue hand-off
  kRuntime = 4,      ///< reserved: a runtime adapter
  kInferred = 5,     ///< reserved: clearly the best candidate
  kEnvironment = 6,  ///< TRACEPARENT of the process's environment
  kAdopted = 7,      ///< the program's own traceparent on the outgoing request
};

/// How the exchange ended.
enum class Outcome : uint8_t {
  kComplete = 0,     ///< a whole response was seen
  kResponseCut = 1,  ///< the connection ended within the response
  kNoResponse = 2,   ///< it ended after the request, before any response byte
  kRequestCut = 3,   ///< it ended within the request
  kUpgraded = 4,     ///< 101, or a tunnel: complete, the connection is no longer ours
  kLost = 5,         ///< we had to stop following the connection; see the counters
  kInFlight = 6,     ///< only in slots: not ended yet
};

/// A socket address; all zero when unknown.
struct Endpoint {
  uint8_t family;  ///< AF_UNIX 1, AF_INET 2, AF_INET6 10, 0 unknown
  uint8_t reserved;
  uint16_t port;        ///< host byte order
  uint8_t address[16];  ///< network order; IPv4 uses the first four
};
static_assert(sizeof(Endpoint) == 20);

enum ExchangeFlags : uint16_t {
  kFlagParentRemote = 1,       ///< the parent span lives in another process
  kFlagHeadTruncated = 2,      ///< some slices were cut or left out for want of room
  kFlagTraceRestarted = 4,     ///< the incoming context became a link (`link_*`), not the parent
  kFlagInjected = 8,           ///< context was written into the request
  kFlagReusedConnection = 16,  ///< not the first request of its connection
  kFlagFinalStatusSeen = 32,   ///< `status` is of a final (not 1xx) response
  kFlagForwardedContext =
      64,  ///< the program forwarded the caller's traceparent; its parent-id was set to ours
};

/// One request with its response. All times are CLOCK_MONOTONIC nanoseconds of
/// the producing machine; ids are binary, as they stand in traceparent.
struct ExchangeRecord {
  RecordHeader header;
  uint64_t start_ns;           ///< first byte read (server) or about to be sent (client)
  uint64_t response_start_ns;  ///< first response byte, 0 if there was none
  uint64_t end_ns;             ///< last response byte, or the end of the connection; 0 in flight
  uint8_t trace_id[16];
  uint8_t span_id[8];
  uint8_t parent_span_id[8];  ///< all zero: none
  uint8_t link_trace_id[16];  ///< with kFlagTraceRestarted
  uint8_t link_span_id[8];
  uint64_t connection_id;       ///< unique within the process
  uint64_t request_body_bytes;  ///< as framed by the protocol (after chunk headers)
  uint64_t response_body_bytes;
  Endpoint local;
  Endpoint peer;
  uint32_t tid;          ///< the thread that saw the request
  int32_t error_number;  ///< errno of the call that ended it, 0 if none
  uint16_t status;       ///< HTTP status code, 0 if none was seen or in other protocols
  uint16_t flags;        ///< ExchangeFlags
  uint8_t role;          ///< Role
  uint8_t protocol;      ///< Protocol
  uint8_t association;   ///< Association
  uint8_t outcome;       ///< Outcome
  uint8_t trace_flags;   ///< W3C trace flags of this span
  uint8_t resend_count;  ///< reserved, 0
  uint16_t slice_count;
  uint32_t slice_bytes;  ///< bytes of slices that follow
  uint32_t reserved;
};
static_assert(sizeof(ExchangeRecord) == 184);
static_assert(offsetof(ExchangeRecord, trace_id) == 32);

/// What a slice holds. Bytes are raw: as they went over the connection.
enum class SliceKind : uint8_t {
  kRequestLine = 1,    ///< `GET /path HTTP/1.1`, without the line end
  kRequestHeader = 2,  ///< `Name: value`, without the line end
  kResponseLine = 3,   ///< `HTTP/1.1 200 OK`
  kResponseHeader = 4,
  kTraceState = 5,  ///< the tracestate in force, combined
  kUnixPath = 6,    ///< peer path of an AF_UNIX connection
  // Of data stores:
  kStatement = 7,       ///< SQL text, raw, in the encoding of the connection
  kArgument = 8,        ///< one word of a Redis or memcached command, the command's name first
  kNamespace = 9,       ///< database; Redis: decimal index; SQLite: path of the file
  kUser = 10,           ///< the user that the connection was opened for
  kErrorCode = 11,      ///< SQLSTATE; MySQL error number; prefix of a Redis error; SQLite code
  kDatabaseFacts = 12,  ///< DatabaseFacts, once, written when the exchange ends
};

enum DatabaseFlags : uint16_t {
  kFlagParameterised = 1,  ///< values were sent apart from the statement
  kFlagRowsKnown = 2,      ///< `rows` says something
  kFlagReadsCache = 4,     ///< `hits` and `misses` say something
  kFlagNotExecuted = 8,    ///< skipped by the server after an earlier error of its batch
  kFlagQueued = 16,        ///< Redis, within MULTI: accepted, run by EXEC
  kFlagConnecting = 32,    ///< not a command: opening the connection, which failed
  kFlagInTransaction = 64,
  kFlagNoReply = 128,      ///< the protocol gives no reply to it
  kFlagTextMissing = 256,  ///< a prepared statement whose text was never seen
};

/// What is known of a call to a data store when it has ended. Counts saturate.
struct DatabaseFacts {
  uint64_t rows;        ///< returned or, for statements that return none, affected
  uint32_t batch_size;  ///< statements answered by this one exchange; 0 or 1: one
  uint32_t hits;        ///< keys that were found
  uint32_t misses;      ///< keys that were not
  uint16_t flags;       ///< DatabaseFlags
  /// The protocol's own command byte: PostgreSQL message type ('Q', 'E', 'P', 'F'), MySQL command
  /// (COM_QUERY = 3 ...); 0 for the others.
  uint8_t command;
  uint8_t reserved;
};
static_assert(sizeof(DatabaseFacts) == 24);

/// A slice: this head, then `length` bytes, no padding.
struct SliceHeader {
  uint8_t kind;       ///< SliceKind
  uint8_t truncated;  ///< 1: the original was longer
  uint16_t length;
};
static_assert(sizeof(SliceHeader) == 4);

}  // namespace seamtrace::wire
