// What real clients and a real server said to each other (captures/capture.py), and what it meant.
#include "agent/codecs/redis/redis_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using std::string_literals::operator""s;

Dialogue captured(const std::string& name) {
  return read_dialogue(std::string(SEAMTRACE_CAPTURES) + "/" + name + ".dialogue");
}

std::string log_of(const std::string& name) {
  const Dialogue dialogue = captured(name);
  const std::string& first = dialogue.front().bytes;
  EXPECT_TRUE(RedisCodec::may_begin(first.data(), first.size())) << name;
  return listen_in_pieces<RedisCodec>(dialogue);
}

std::string repeated(int times, const std::string& text) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::string hiredis_pipeline() {
  std::string log = "ready\nanswered in=0 [SELECT] [5]\n";
  for (int i = 0; i < 20; ++i) {
    log += "answered in=5 [SET] [hi:" + std::to_string(i) + "] [a\0b]\n"s;
    log += "answered in=5 [GET] [hi:" + std::to_string(i % 2 == 1 ? i : i + 100) + "] ";
    log += i % 2 == 1 ? "hits=1 misses=0\n" : "hits=0 misses=1\n";
  }
  return log;
}

std::string benchmark_mset() {
  const std::string pair = " [key:__rand_int__] [VXK]";
  return "ready\n" +
         repeated(3, "answered in=0 [MSET]" + repeated(7, pair) + " [key:__rand_int__...]\n");
}

TEST(RedisCaptures, MeanWhatTheirProgramsMeant) {
  struct Capture {
    const char* name;
    std::string log;
  };
  const Capture captures[] = {
      {"benchmark",
       "ready\n" + repeated(5, "answered in=0 [GET] [key:__rand_int__] hits=0 misses=1\n")},
      {"benchmark_inline", "ready\n" + repeated(5, "answered in=0 [PING]\n")},
      {"benchmark_mset", benchmark_mset()},
      {"benchmark_pipeline",
       "ready\n" + repeated(64, "answered in=0 [SET] [key:__rand_int__] [VXK]\n")},
      {"hiredis_pipeline", hiredis_pipeline()},
      {"ioredis",
       "ready\n"
       "answered in=0 [select] [4]\n"
       "answered in=4 [client] [SETINFO] [LIB-NAME] [ioredis] error=ERR\n"
       "answered in=4 [client] [SETINFO] [LIB-VER] [5.11.1] error=ERR\n"
       "answered in=4 [info]\n"
       "answered in=4 [set] [io:1] [x]\n"
       "answered in=4 [get] [io:1] hits=1 misses=0\n"
       "answered in=4 [get] [io:none] hits=0 misses=1\n"
       "answered in=4 [incr] [io:n]\n"
       "answered in=4 [hgetall] [io:none] hits=0 misses=1\n"
       "transaction\n"
       "answered in=4 [multi]\n"
       "answered in=4 [incr] [io:n] queued\n"
       "answered in=4 [incr] [io:n] queued\n"
       "no transaction\n"
       "answered in=4 [exec] batch=2\n"
       "answered in=4 [lpush] [io:1] [x] error=WRONGTYPE\n"
       "answered in=4 [quit]\n"},
      {"monitor",
       "ready\n"
       "answered in=0 [MONITOR]\n"
       "not mine\n"},
      {"redis_cli",
       "ready\n"
       "answered in=0 [COMMAND] [DOCS] error=ERR\n"
       "answered in=0 [COMMAND] error=ERR\n"
       "answered in=0 [SET] [greeting] [hello world]\n"
       "answered in=0 [GET] [greeting] hits=1 misses=0\n"
       "answered in=0 [GET] [nothing] hits=0 misses=1\n"
       "answered in=0 [MGET] [greeting] [nothing] [other] hits=1 misses=2\n"
       "answered in=0 [HSET] [user:1] [name] [Ada] [born] [1815]\n"
       "answered in=0 [HGET] [user:1] [name] hits=1 misses=0\n"
       "answered in=0 [HGET] [user:1] [died] hits=0 misses=1\n"
       "answered in=0 [HGETALL] [user:1] hits=1 misses=0\n"
       "answered in=0 [EXISTS] [greeting] [nothing] hits=1 misses=1\n"
       "answered in=0 [LPUSH] [greeting] [x] error=WRONGTYPE\n"
       "answered in=0 [NOSUCHCOMMAND] [a] [b] error=ERR\n"
       "answered in=0 [SELECT] [3]\n"
       "answered in=3 [GET] [greeting] hits=0 misses=1\n"
       "answered in=3 [SELECT] [99] error=ERR\n"
       "answered in=3 [ZADD] [scores] [1.5] [a] [2.5] [b]\n"
       "answered in=3 [ZRANGE] [scores] [0] [-1] [WITHSCORES]\n"
       "answered in=3 [ZSCORE] [scores] [a] hits=1 misses=0\n"
       "answered in=3 [CONFIG] [SET] [maxmemory]\n"
       "answered in=3 [ACL] [SETUSER] [bob]\n"
       "answered in=3 [AUTH]\n"
       "transaction\n"
       "answered in=3 [MULTI]\n"
       "answered in=3 [SET] [a] [1] queued\n"
       "answered in=3 [GET] [a] queued\n"
       "no transaction\n"
       "answered in=3 [EXEC] batch=2\n"
       "answered in=3 [XADD] [stream] [*] [field] [value]\n"
       "answered in=3 [XREAD] [COUNT] [1] [STREAMS] [stream] [0]\n"
       "answered in=3 [EVAL] [return {1, {2, 'three'}, redis.error_reply('CUSTOM no')}] [0]\n"
       "answered in=3 [DEL] [greeting]\n"},
      {"redis_cli_password",
       "ready\n"
       "answered in=0 [AUTH]\n"
       "answered in=0 [GET] [k] hits=0 misses=1\n"},
      {"redis_cli_wrong_password",
       "rejected WRONGPASS\n"
       "answered in=0 [AUTH] error=WRONGPASS\n"
       "answered in=0 [GET] [k] error=NOAUTH\n"},
      {"redis_py",
       "ready\n"
       "answered in=0 [SELECT] [2]\n"
       "answered in=2 [SET] [py:1] [\000\377\r\n"
       "] [EX] [60]\n"
       "answered in=2 [GET] [py:1] hits=1 misses=0\n"
       "answered in=2 [GET] [py:none] hits=0 misses=1\n"
       "answered in=2 [EXISTS] [py:1] [py:none] hits=1 misses=1\n"
       "transaction\n"
       "answered in=2 [MULTI]\n"
       "answered in=2 [INCRBY] [py:n] [1] queued\n"
       "answered in=2 [INCRBY] [py:n] [1] queued\n"
       "answered in=2 [GET] [py:n] queued\n"
       "no transaction\n"
       "answered in=2 [EXEC] batch=3\n"
       "answered in=2 [SET] [py:2] ["s +
           std::string(128, 'x') +
           "...]\n"
           "answered in=2 [GET] [py:2] hits=1 misses=0\n"
           "answered in=2 [MGET] [py:1] [py:none] hits=1 misses=1\n"
           "answered in=2 [WATCH] [py:n]\n"
           "transaction\n"
           "answered in=2 [MULTI]\n"
           "answered in=2 [INCRBY] [py:n] [1] queued\n"
           "no transaction\n"
           "answered in=2 [EXEC]\n"
           "answered in=2 [LPUSH] [py:1] [x] error=WRONGTYPE\n"
           "answered in=2 [SCAN] [0] [MATCH] [py:*]\n"
           "answered in=2 [BLPOP] [py:queue] [1]\n"s},
      {"redis_py_pubsub",
       "ready\n"
       "answered in=0 [SUBSCRIBE] [news] [sport]\n"
       "answered in=0 [PSUBSCRIBE] [new*]\n"
       "answered in=0 [PING] []\n"
       "answered in=0 [UNSUBSCRIBE]\n"
       "answered in=0 [PUNSUBSCRIBE]\n"},
      {"resp3",
       "ready\n"
       "answered in=0 [HELLO] [3]\n"
       "answered in=0 [CLIENT] [TRACKING] [ON]\n"
       "answered in=0 [SET] [k] [v]\n"
       "answered in=0 [GET] [k] hits=1 misses=0\n"
       "answered in=0 [SUBSCRIBE] [a] [b]\n"
       "answered in=0 [GET] [none] hits=0 misses=1\n"
       "answered in=0 [UNSUBSCRIBE]\n"
       "answered in=0 [HSET] [h] [f] [1]\n"
       "answered in=0 [HGETALL] [h] hits=1 misses=0\n"
       "answered in=0 [SMEMBERS] [none] hits=0 misses=1\n"
       "answered in=0 [ZADD] [z] [1.5] [m]\n"
       "answered in=0 [ZMSCORE] [z] [m] [none] hits=1 misses=1\n"
       "answered in=0 [PING]\n"
       "sent in=0 [CLIENT] [REPLY] [SKIP]\n"
       "sent in=0 [GET] [k]\n"
       "sent in=0 [CLIENT] [REPLY] [OFF]\n"
       "sent in=0 [GET] [k]\n"
       "answered in=0 [CLIENT] [REPLY] [ON]\n"
       "answered in=0 [PING]\n"},
      {"telnet",
       "ready\n"
       "answered in=0 [PING]\n"
       "answered in=0 [set] [t] [\"a b\"]\n"
       "answered in=0 [GET] [t] hits=1 misses=0\n"
       "answered in=0 [QUIT]\n"},
  };
  for (const Capture& capture : captures)
    EXPECT_EQ(log_of(capture.name), capture.log) << capture.name;
}

TEST(RedisCaptures, MeanTheSameInBothProtocols) {
  std::string log = log_of("redis_cli_resp3");
  const std::string hello = "answered in=0 [HELLO] [3]\n";
  const size_t at = log.find(hello);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(log.erase(at, hello.size()), log_of("redis_cli"));
}

TEST(RedisCaptures, LeakNoPassword) {
  for (const char* name : {"redis_cli", "redis_cli_resp3", "redis_cli_password"})
    EXPECT_EQ(log_of(name).find("not-in-any-span"), std::string::npos) << name;
}

}  // namespace
}  // namespace seamtrace::agent::codecs
