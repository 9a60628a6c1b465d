// The tables of redis_commands.h.
#include "agent/codecs/redis/redis_commands.h"

namespace seamtrace::agent::codecs::redis {
namespace {

using enum RedisCommand;

// Commands that open a connection by hand or in a script. Those that are methods of HTTP or of
// its relatives too (GET, COPY, MOVE, ACL, SUBSCRIBE, UNLINK ...) are left out.
constexpr std::string_view kInlineWords[] = {
    "APPEND",   "AUTH",    "BGSAVE",   "CLIENT",     "CLUSTER", "COMMAND",  "CONFIG",    "DBSIZE",
    "DEBUG",    "DECR",    "DECRBY",   "DEL",        "DISCARD", "ECHO",     "EVAL",      "EXEC",
    "EXISTS",   "EXPIRE",  "FLUSHALL", "FLUSHDB",    "HELLO",   "HGET",     "HGETALL",   "HMGET",
    "HMSET",    "HSET",    "INCR",     "INCRBY",     "INFO",    "KEYS",     "LASTSAVE",  "LATENCY",
    "LLEN",     "LPOP",    "LPUSH",    "LRANGE",     "MEMORY",  "MGET",     "MONITOR",   "MSET",
    "MULTI",    "PERSIST", "PING",     "PSUBSCRIBE", "PSYNC",   "PTTL",     "PUBLISH",   "QUIT",
    "REPLCONF", "RESET",   "ROLE",     "RPOP",       "RPUSH",   "SADD",     "SAVE",      "SCAN",
    "SCARD",    "SELECT",  "SET",      "SETEX",      "SETNX",   "SHUTDOWN", "SISMEMBER", "SLOWLOG",
    "SMEMBERS", "SPOP",    "STRLEN",   "SYNC",       "TIME",    "TTL",      "TYPE",      "WATCH",
    "XADD",     "XLEN",    "ZADD",     "ZCARD",      "ZRANGE",  "ZSCORE"};

// RFC 9110, WebDAV and its extensions, UPnP, caches.
constexpr std::string_view kHttpMethods[] = {"ACL",
                                             "BASELINE-CONTROL",
                                             "BIND",
                                             "CHECKIN",
                                             "CHECKOUT",
                                             "CONNECT",
                                             "COPY",
                                             "DELETE",
                                             "DESCRIBE",
                                             "GET",
                                             "HEAD",
                                             "LABEL",
                                             "LINK",
                                             "LOCK",
                                             "M-SEARCH",
                                             "MERGE",
                                             "MKACTIVITY",
                                             "MKCALENDAR",
                                             "MKCOL",
                                             "MKREDIRECTREF",
                                             "MKWORKSPACE",
                                             "MOVE",
                                             "NOTIFY",
                                             "OPTIONS",
                                             "ORDERPATCH",
                                             "PATCH",
                                             "POST",
                                             "PRI",
                                             "PROPFIND",
                                             "PROPPATCH",
                                             "PURGE",
                                             "PUT",
                                             "REBIND",
                                             "REPORT",
                                             "SEARCH",
                                             "SOURCE",
                                             "SUBSCRIBE",
                                             "TRACE",
                                             "UNBIND",
                                             "UNCHECKOUT",
                                             "UNLINK",
                                             "UNLOCK",
                                             "UNSUBSCRIBE",
                                             "UPDATE",
                                             "UPDATEREDIRECTREF",
                                             "VERSION-CONTROL"};

template <size_t kSize>
bool any_begins_with(const std::string_view (&words)[kSize], std::string_view beginning) {
  for (const std::string_view word : words)
    if (begins_with(word, beginning)) return true;
  return false;
}

}  // namespace

RedisCommandRule find_redis_command(uint64_t name) {
  switch (name) {
    // The secret is an argument: only what precedes it is passed on.
    case hash_name("AUTH"):
      return {kAuth, 1};
    case hash_name("HELLO"):
      return {kHello, 2};
    case hash_name("MIGRATE"):
      return {kOther, 3};
    case hash_name("ACL"):
      return {kAcl, 2};
    case hash_name("CLIENT"):
      return {kClient, 2};
    case hash_name("COMMAND"):
      return {kCommand, 2};
    case hash_name("CONFIG"):
      return {kConfig, 2};
    case hash_name("MODULE"):
      return {kModule, 2};
    case hash_name("SENTINEL"):
      return {kSentinel, 2};

    case hash_name("SELECT"):
      return {kSelect};
    case hash_name("MULTI"):
      return {kMulti};
    case hash_name("EXEC"):
      return {kExec};
    case hash_name("DISCARD"):
      return {kDiscard};
    case hash_name("RESET"):
      return {kReset};
    case hash_name("MONITOR"):
      return {kMonitor};
    case hash_name("SYNC"):
    case hash_name("PSYNC"):
    case hash_name("REPLCONF"):
      return {kReplication};
    case hash_name("SUBSCRIBE"):
      return {kSubscribe};
    case hash_name("PSUBSCRIBE"):
      return {kPatternSubscribe};
    case hash_name("SSUBSCRIBE"):
      return {kShardSubscribe};
    case hash_name("UNSUBSCRIBE"):
      return {kUnsubscribe};
    case hash_name("PUNSUBSCRIBE"):
      return {kPatternUnsubscribe};
    case hash_name("SUNSUBSCRIBE"):
      return {kShardUnsubscribe};

    // Reads by key whose answer is null when the key, field, member or index is absent. GETSET and
    // SET ... GET are writes, LPOP and its relatives take from a queue: neither reads a cache.
    case hash_name("GET"):
    case hash_name("GETEX"):
    case hash_name("GETDEL"):
    case hash_name("HGET"):
    case hash_name("LINDEX"):
    case hash_name("ZSCORE"):
    case hash_name("ZRANK"):
    case hash_name("ZREVRANK"):
    case hash_name("DUMP"):
    case hash_name("JSON.GET"):
      return {kReadValue};
    case hash_name("MGET"):
    case hash_name("HMGET"):
    case hash_name("HGETEX"):
    case hash_name("HGETDEL"):
    case hash_name("ZMSCORE"):
    case hash_name("GEOPOS"):
    case hash_name("GEOHASH"):
    case hash_name("JSON.MGET"):
      return {kReadElements};
    case hash_name("EXISTS"):
      return {kReadCount};
    case hash_name("HEXISTS"):
      return {kReadOne};
    case hash_name("HGETALL"):
    case hash_name("HKEYS"):
    case hash_name("HVALS"):
    case hash_name("SMEMBERS"):
      return {kReadAggregate};
    default:
      return {};
  }
}

RedisCommandRule find_redis_subcommand(RedisCommand command, uint64_t name) {
  switch (command) {
    case kAcl:
      if (name == hash_name("SETUSER")) return {kOther, 3};
      if (name == hash_name("DRYRUN")) return {kOther, 4};  // a user, a command, its arguments
      break;
    case kClient:
      if (name == hash_name("REPLY")) return {kReplyMode};
      break;
    case kCommand:  // followed by any command: AUTH too
      if (name == hash_name("GETKEYS") || name == hash_name("GETKEYSANDFLAGS")) return {kOther, 3};
      break;
    case kConfig:
      if (name == hash_name("SET")) return {kOther, 3};
      break;
    case kModule:
      if (name == hash_name("LOAD") || name == hash_name("LOADEX")) return {kOther, 3};
      break;
    case kSentinel:
      if (name == hash_name("SET")) return {kOther, 3};
      if (name == hash_name("CONFIG")) return {kOther, 4};
      break;
    default:
      break;
  }
  return {};
}

RedisPubSubWord find_pub_sub_word(std::string_view word) {
  if (word == "message" || word == "pmessage" || word == "smessage")
    return {RedisPubSub::kMessage, kOther};
  if (word == "subscribe") return {RedisPubSub::kConfirmation, kSubscribe};
  if (word == "psubscribe") return {RedisPubSub::kConfirmation, kPatternSubscribe};
  if (word == "ssubscribe") return {RedisPubSub::kConfirmation, kShardSubscribe};
  if (word == "unsubscribe") return {RedisPubSub::kConfirmation, kUnsubscribe};
  if (word == "punsubscribe") return {RedisPubSub::kConfirmation, kPatternUnsubscribe};
  if (word == "sunsubscribe") return {RedisPubSub::kConfirmation, kShardUnsubscribe};
  return {};
}

bool opens_inline(uint64_t name) {
  for (const std::string_view known : kInlineWords)
    if (name == hash_name(known)) return true;
  return false;
}

bool may_open_inline(std::string_view beginning) {
  return any_begins_with(kInlineWords, beginning) && !any_begins_with(kHttpMethods, beginning);
}

}  // namespace seamtrace::agent::codecs::redis
