// DatabaseCodec: the codec of whichever data store a connection leads to. The codec table.
// Path:    connections -> [codecs] -> codecs/<protocol>
// Owner:   a connection's session.
// Threads: the caller holds the connection's lock.
// Memory:  one codec's state at a time.
// Failure: Taken::kNotMine, as the codecs have it.
#pragma once

#include <string.h>

#include "agent/codecs/memcached/memcached_codec.h"
#include "agent/codecs/mysql/mysql_codec.h"
#include "agent/codecs/operations.h"
#include "agent/codecs/postgresql/postgresql_codec.h"
#include "agent/codecs/redis/redis_codec.h"

namespace seamtrace::agent::codecs {

// One line a protocol: SEAMTRACE_CODEC(type, member, protocol), those whose client speaks first,
// surest first; MySQL's server does.
#define SEAMTRACE_CODECS(X)                    \
  X(PostgresqlCodec, postgresql_, kPostgresql) \
  X(RedisCodec, redis_, kRedis)                \
  X(MemcachedCodec, memcached_, kMemcached)

class DatabaseCodec {
 public:
  DatabaseCodec() : none_() {}

  /// The protocol that a client's first bytes may belong to; 0: none that we know.
  static uint8_t of_client(const char* bytes, size_t size) {
    // A word may be the method of an HTTP request, even of one that nobody knows: only a whole line
    // tells.
    const bool is_word = (bytes[0] | 0x20) >= 'a' && (bytes[0] | 0x20) <= 'z';
    if (is_word && memchr(bytes, '\n', size) == nullptr) return 0;
#define SEAMTRACE_CODEC(type, member, protocol) \
  if (type::may_begin(bytes, size)) return static_cast<uint8_t>(wire::Protocol::protocol);
    SEAMTRACE_CODECS(SEAMTRACE_CODEC)
#undef SEAMTRACE_CODEC
    return 0;
  }
  /// The same for the first bytes of a server that speaks first.
  static uint8_t of_server(const char* bytes, size_t size) {
    return MysqlCodec::may_greet(bytes, size) ? static_cast<uint8_t>(wire::Protocol::kMysql) : 0;
  }

  void begin(wire::Protocol protocol) {
    protocol_ = protocol;
    switch (protocol) {
#define SEAMTRACE_CODEC(type, member, name) \
  case wire::Protocol::name:                \
    member = type();                        \
    return;
      SEAMTRACE_CODECS(SEAMTRACE_CODEC)
#undef SEAMTRACE_CODEC
      default:
        mysql_ = MysqlCodec();
    }
  }

  Taken request(const char* bytes, size_t size, Operations& operations) {
    switch (protocol_) {
#define SEAMTRACE_CODEC(type, member, name) \
  case wire::Protocol::name:                \
    return member.request(bytes, size, operations);
      SEAMTRACE_CODECS(SEAMTRACE_CODEC)
#undef SEAMTRACE_CODEC
      default:
        return mysql_.request(bytes, size, operations);
    }
  }
  Taken response(const char* bytes, size_t size, Operations& operations) {
    switch (protocol_) {
#define SEAMTRACE_CODEC(type, member, name) \
  case wire::Protocol::name:                \
    return member.response(bytes, size, operations);
      SEAMTRACE_CODECS(SEAMTRACE_CODEC)
#undef SEAMTRACE_CODEC
      default:
        return mysql_.response(bytes, size, operations);
    }
  }

 private:
  wire::Protocol protocol_ = wire::Protocol::kMysql;
  union {
    char none_;
    PostgresqlCodec postgresql_;
    RedisCodec redis_;
    MemcachedCodec memcached_;
    MysqlCodec mysql_;
  };
};

}  // namespace seamtrace::agent::codecs
