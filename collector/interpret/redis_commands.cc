#include "collector/interpret/redis_commands.h"

#include <algorithm>
#include <iterator>

#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

struct Command {
  std::string_view name;  ///< in lower case
  RedisArguments arguments;
};

constexpr RedisArguments kSecret{"", "", false, true};
constexpr RedisArguments kKeys{"", "k"};
constexpr RedisArguments kKeyValues{"k", "v"};
constexpr RedisArguments kKeyOptions{"k", "o"};
constexpr RedisArguments kKeysTimeout{"", "k", true};
constexpr RedisArguments kNumberedKeys{"n", "o"};
constexpr RedisArguments kKeyNumberedKeys{"kn", "o"};
constexpr RedisArguments kSubcommand{"s", "v"};
constexpr RedisArguments kSubcommandKey{"sk", "o"};

/// Sorted by name.
constexpr Command kCommands[] = {
    {"acl", kSecret},
    {"append", kKeyValues},
    {"auth", kSecret},
    {"bitcount", kKeyOptions},
    {"bitfield", kKeyOptions},
    {"bitop", {"s", "k"}},
    {"bitpos", kKeyOptions},
    {"blmove", {"kkoov", "v"}},
    {"blmpop", {"vn", "o"}},
    {"blpop", kKeysTimeout},
    {"brpop", kKeysTimeout},
    {"brpoplpush", {"kkv", "v"}},
    {"bzmpop", {"vn", "o"}},
    {"bzpopmax", kKeysTimeout},
    {"bzpopmin", kKeysTimeout},
    {"client", kSubcommand},
    {"cluster", kSubcommand},
    {"command", kSubcommand},
    {"config", kSecret},
    {"copy", {"kk", "o"}},
    {"debug", kSubcommand},
    {"decr", kKeyValues},
    {"decrby", kKeyValues},
    {"del", kKeys},
    {"dump", kKeyValues},
    {"eval", {"vn", "v"}},
    {"eval_ro", {"vn", "v"}},
    {"evalsha", {"vn", "v"}},
    {"evalsha_ro", {"vn", "v"}},
    {"exists", kKeys},
    {"expire", kKeyOptions},
    {"expireat", kKeyOptions},
    {"expiretime", kKeyValues},
    {"fcall", {"kn", "v"}},
    {"fcall_ro", {"kn", "v"}},
    {"flushall", {"", "o"}},
    {"flushdb", {"", "o"}},
    {"function", kSubcommand},
    {"geoadd", kKeyOptions},
    {"geodist", {"kvv", "o"}},
    {"geohash", kKeyValues},
    {"geopos", kKeyValues},
    {"georadius", kKeyOptions},
    {"geosearch", kKeyOptions},
    {"geosearchstore", {"kk", "o"}},
    {"get", kKeyValues},
    {"getbit", kKeyValues},
    {"getdel", kKeyValues},
    {"getex", kKeyOptions},
    {"getrange", kKeyValues},
    {"getset", kKeyValues},
    {"hdel", kKeys},
    {"hello", kSecret},
    {"hexists", {"kk", "v"}},
    {"hexpire", kKeyOptions},
    {"hget", {"kk", "v"}},
    {"hgetall", kKeyValues},
    {"hincrby", {"kk", "v"}},
    {"hincrbyfloat", {"kk", "v"}},
    {"hkeys", kKeyValues},
    {"hlen", kKeyValues},
    {"hmget", kKeys},
    {"hmset", {"k", "kv"}},
    {"hrandfield", kKeyOptions},
    {"hscan", kKeyOptions},
    {"hset", {"k", "kv"}},
    {"hsetnx", {"kk", "v"}},
    {"hstrlen", {"kk", "v"}},
    {"hvals", kKeyValues},
    {"incr", kKeyValues},
    {"incrby", kKeyValues},
    {"incrbyfloat", kKeyValues},
    {"info", {"", "v"}},
    {"keys", {"k", "v"}},
    {"latency", kSubcommand},
    {"lcs", {"kk", "o"}},
    {"lindex", kKeyValues},
    {"linsert", {"ko", "v"}},
    {"llen", kKeyValues},
    {"lmove", {"kk", "o"}},
    {"lmpop", kNumberedKeys},
    {"lpop", kKeyValues},
    {"lpos", kKeyOptions},
    {"lpush", kKeyValues},
    {"lpushx", kKeyValues},
    {"lrange", kKeyValues},
    {"lrem", kKeyValues},
    {"lset", kKeyValues},
    {"ltrim", kKeyValues},
    {"memory", kSubcommandKey},
    {"mget", kKeys},
    {"migrate", kSecret},
    {"module", kSubcommand},
    {"move", kKeyValues},
    {"mset", {"", "kv"}},
    {"msetnx", {"", "kv"}},
    {"object", kSubcommandKey},
    {"persist", kKeyValues},
    {"pexpire", kKeyOptions},
    {"pexpireat", kKeyOptions},
    {"pexpiretime", kKeyValues},
    {"pfadd", kKeyValues},
    {"pfcount", kKeys},
    {"pfmerge", kKeys},
    {"psetex", kKeyValues},
    {"psubscribe", kKeys},
    {"pttl", kKeyValues},
    {"publish", kKeyValues},
    {"pubsub", {"s", "k"}},
    {"punsubscribe", kKeys},
    {"rename", kKeys},
    {"renamenx", kKeys},
    {"restore", kKeyValues},
    {"rpop", kKeyValues},
    {"rpoplpush", kKeys},
    {"rpush", kKeyValues},
    {"rpushx", kKeyValues},
    {"sadd", kKeyValues},
    {"scan", {"v", "o"}},
    {"scard", kKeyValues},
    {"script", kSubcommand},
    {"sdiff", kKeys},
    {"sdiffstore", kKeys},
    {"select", {"k", "v"}},
    {"set", {"kv", "o"}},
    {"setbit", kKeyValues},
    {"setex", kKeyValues},
    {"setnx", kKeyValues},
    {"setrange", kKeyValues},
    {"sinter", kKeys},
    {"sintercard", kNumberedKeys},
    {"sinterstore", kKeys},
    {"sismember", kKeyValues},
    {"slowlog", kSubcommand},
    {"smembers", kKeyValues},
    {"smismember", kKeyValues},
    {"smove", {"kk", "v"}},
    {"sort", kKeyOptions},
    {"sort_ro", kKeyOptions},
    {"spop", kKeyValues},
    {"spublish", kKeyValues},
    {"srandmember", kKeyValues},
    {"srem", kKeyValues},
    {"sscan", kKeyOptions},
    {"ssubscribe", kKeys},
    {"strlen", kKeyValues},
    {"subscribe", kKeys},
    {"substr", kKeyValues},
    {"sunion", kKeys},
    {"sunionstore", kKeys},
    {"sunsubscribe", kKeys},
    {"swapdb", {"kk", "v"}},
    {"touch", kKeys},
    {"ttl", kKeyValues},
    {"type", kKeyValues},
    {"unlink", kKeys},
    {"unsubscribe", kKeys},
    {"watch", kKeys},
    {"xack", {"kk", "v"}},
    {"xadd", kKeyOptions},
    {"xautoclaim", {"kk", "o"}},
    {"xclaim", {"kk", "o"}},
    {"xdel", kKeyValues},
    {"xgroup", {"skk", "o"}},
    {"xinfo", kSubcommandKey},
    {"xlen", kKeyValues},
    {"xpending", {"kk", "o"}},
    {"xrange", kKeyOptions},
    {"xread", {"", "o"}},
    {"xreadgroup", {"okv", "o"}},
    {"xrevrange", kKeyOptions},
    {"xtrim", kKeyOptions},
    {"zadd", kKeyOptions},
    {"zcard", kKeyValues},
    {"zcount", kKeyValues},
    {"zdiff", kNumberedKeys},
    {"zdiffstore", kKeyNumberedKeys},
    {"zincrby", kKeyValues},
    {"zinter", kNumberedKeys},
    {"zintercard", kNumberedKeys},
    {"zinterstore", kKeyNumberedKeys},
    {"zlexcount", kKeyValues},
    {"zmpop", kNumberedKeys},
    {"zmscore", kKeyValues},
    {"zpopmax", kKeyValues},
    {"zpopmin", kKeyValues},
    {"zrandmember", kKeyOptions},
    {"zrange", kKeyOptions},
    {"zrangebylex", kKeyOptions},
    {"zrangebyscore", kKeyOptions},
    {"zrangestore", {"kk", "o"}},
    {"zrank", kKeyOptions},
    {"zrem", kKeyValues},
    {"zremrangebylex", kKeyValues},
    {"zremrangebyrank", kKeyValues},
    {"zremrangebyscore", kKeyValues},
    {"zrevrange", kKeyOptions},
    {"zrevrangebylex", kKeyOptions},
    {"zrevrangebyscore", kKeyOptions},
    {"zrevrank", kKeyOptions},
    {"zscan", kKeyOptions},
    {"zscore", kKeyValues},
    {"zunion", kNumberedKeys},
    {"zunionstore", kKeyNumberedKeys},
};

constexpr std::string_view kOptions[] = {
    "ABSTTL",      "AFTER",    "AGGREGATE",    "ALPHA",      "ASC",        "ASYNC",
    "BEFORE",      "BIT",      "BLOCK",        "BY",         "BYBOX",      "BYLEX",
    "BYRADIUS",    "BYSCORE",  "BYTE",         "CH",         "COUNT",      "DB",
    "DESC",        "EX",       "EXAT",         "FIELDS",     "FORCE",      "FROMLONLAT",
    "FROMMEMBER",  "FT",       "FULL",         "GET",        "GROUP",      "GT",
    "IDLE",        "IDX",      "INCR",         "INCRBY",     "JUSTID",     "KEEPTTL",
    "KM",          "LEFT",     "LEN",          "LIMIT",      "LT",         "M",
    "MATCH",       "MAX",      "MAXLEN",       "MI",         "MIN",        "MINID",
    "MINMATCHLEN", "MKSTREAM", "NOACK",        "NOMKSTREAM", "NOVALUES",   "NX",
    "OVERFLOW",    "PERSIST",  "PX",           "PXAT",       "RANK",       "REPLACE",
    "REV",         "RIGHT",    "SAMPLES",      "SET",        "STORE",      "STOREDIST",
    "STREAMS",     "SUM",      "SYNC",         "TYPE",       "WEIGHTS",    "WITHCOORD",
    "WITHDIST",    "WITHHASH", "WITHMATCHLEN", "WITHSCORE",  "WITHSCORES", "WITHVALUES",
    "XX",
};

/// Negative, 0 or positive, as `word` in lower case stands before, at or behind `name`.
int compare(std::string_view word, std::string_view name) {
  const size_t common = std::min(word.size(), name.size());
  for (size_t i = 0; i < common; ++i)
    if (const int difference = wire::to_lower(word[i]) - name[i]; difference != 0)
      return difference;
  return static_cast<int>(word.size()) - static_cast<int>(name.size());
}

constexpr bool is_sorted() {
  for (size_t i = 1; i < std::size(kCommands); ++i)
    if (kCommands[i - 1].name >= kCommands[i].name) return false;
  return true;
}
static_assert(is_sorted());

}  // namespace

const RedisArguments* redis_arguments(std::string_view command) {
  const auto* const found = std::lower_bound(
      std::begin(kCommands), std::end(kCommands), command,
      [](const Command& entry, std::string_view word) { return compare(word, entry.name) > 0; });
  if (found == std::end(kCommands) || compare(command, found->name) != 0) return nullptr;
  return &found->arguments;
}

bool is_redis_option(std::string_view word) {
  return std::any_of(std::begin(kOptions), std::end(kOptions), [&](std::string_view option) {
    return option.size() == word.size() && wire::equals_ignoring_case(word, option);
  });
}

}  // namespace seamtrace::collector
