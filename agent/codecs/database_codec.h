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

class DatabaseCodec {
 public:
  DatabaseCodec() : none_() {}

  /// The protocol that a client's first bytes may belong to; 0: none that we know.
  static uint8_t of_client(const char* bytes, size_t size) {
    // A word may be the method of an HTTP request, even of one that nobody knows: only a whole line
    // tells.
    const bool is_word = (bytes[0] | 0x20) >= 'a' && (bytes[0] | 0x20) <= 'z';
    if (is_word && memchr(bytes, '\n', size) == nullptr) return 0;
    if (PostgresqlCodec::may_begin(bytes, size)) return number(wire::Protocol::kPostgresql);
    if (RedisCodec::may_begin(bytes, size)) return number(wire::Protocol::kRedis);
    if (MemcachedCodec::may_begin(bytes, size)) return number(wire::Protocol::kMemcached);
    return 0;
  }
  /// The same for the first bytes of a server that speaks first.
  static uint8_t of_server(const char* bytes, size_t size) {
    return MysqlCodec::may_greet(bytes, size) ? number(wire::Protocol::kMysql) : uint8_t{0};
  }

  void begin(wire::Protocol protocol) {
    protocol_ = protocol;
    with_codec([](auto& codec) {
      codec = {};
      return Taken::kAll;
    });
  }
  Taken request(const char* bytes, size_t size, Operations& operations) {
    return with_codec([&](auto& codec) { return codec.request(bytes, size, operations); });
  }
  Taken response(const char* bytes, size_t size, Operations& operations) {
    return with_codec([&](auto& codec) { return codec.response(bytes, size, operations); });
  }

 private:
  static constexpr uint8_t number(wire::Protocol protocol) {
    return static_cast<uint8_t>(protocol);
  }

  /// The codec table: f(codec).
  template <typename F>
  Taken with_codec(F f) {
    switch (protocol_) {
      case wire::Protocol::kPostgresql:
        return f(postgresql_);
      case wire::Protocol::kRedis:
        return f(redis_);
      case wire::Protocol::kMemcached:
        return f(memcached_);
      default:
        return f(mysql_);
    }
  }

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
