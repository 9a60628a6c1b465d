#include "collector/interpret/command_text.h"

#include <memory_resource>
#include <string>
#include <vector>

#include "collector/support/utf8.h"
#include "gtest/gtest.h"

namespace seamtrace::collector {
namespace {

std::vector<Slice> slices(std::initializer_list<std::string_view> words) {
  std::vector<Slice> result;
  for (const std::string_view word : words)
    result.push_back({wire::SliceKind::kArgument, false, word});
  return result;
}

std::string redis(std::initializer_list<std::string_view> words, bool more = false) {
  std::pmr::monotonic_buffer_resource arena;
  return std::string(redis_text(arena, slices(words), more));
}

std::string memcached(std::initializer_list<std::string_view> words, bool more = false) {
  std::pmr::monotonic_buffer_resource arena;
  return std::string(memcached_text(arena, slices(words), more));
}

TEST(RedisText, ShowsKeysAndFieldsButNoValues) {
  EXPECT_EQ(redis({"HMSET", "myhash", "field1", "secret", "field2", "secret"}),
            "HMSET myhash field1 ? field2 ?");
  EXPECT_EQ(redis({"get", "k"}), "get k");
  EXPECT_EQ(redis({"SET", "k", "secret", "EX", "10", "nx"}), "SET k ? EX ? nx");
  EXPECT_EQ(redis({"MGET", "a", "b"}), "MGET a b");
  EXPECT_EQ(redis({"MSET", "a", "secret", "b", "secret"}), "MSET a ? b ?");
  EXPECT_EQ(redis({"LPUSH", "l", "secret", "secret"}), "LPUSH l ? ?");
  EXPECT_EQ(redis({"ZADD", "z", "NX", "CH", "1", "secret"}), "ZADD z NX CH ? ?");
  EXPECT_EQ(redis({"HGET", "h", "f"}), "HGET h f");
  EXPECT_EQ(redis({"SISMEMBER", "s", "secret"}), "SISMEMBER s ?");
  EXPECT_EQ(redis({"BLPOP", "a", "b", "5"}), "BLPOP a b ?");
  EXPECT_EQ(redis({"PUBLISH", "channel", "secret"}), "PUBLISH channel ?");
  EXPECT_EQ(redis({"XADD", "s", "MAXLEN", "~", "10", "*", "f", "secret"}),
            "XADD s MAXLEN ? ? ? ? ?");
  EXPECT_EQ(redis({"SELECT", "3"}), "SELECT 3");
}

TEST(RedisText, ScriptsShowTheirKeys) {
  EXPECT_EQ(redis({"EVAL", "return secret", "2", "a", "b", "secret"}), "EVAL ? 2 a b ?");
  EXPECT_EQ(redis({"EVALSHA", "abc", "0", "secret"}), "EVALSHA ? 0 ?");
  EXPECT_EQ(redis({"FCALL", "f", "1", "k", "secret"}), "FCALL f 1 k ?");
  EXPECT_EQ(redis({"EVAL", "s", "-1", "secret"}), "EVAL ? ? ?");
  EXPECT_EQ(redis({"EVAL", "s", "99999999999999999999", "secret"}), "EVAL ? ? ?");
  EXPECT_EQ(redis({"ZUNIONSTORE", "d", "2", "a", "b", "WEIGHTS", "1", "2"}),
            "ZUNIONSTORE d 2 a b WEIGHTS ? ?");
}

TEST(RedisText, CommandsWithSecretsShowTheirNameAlone) {
  EXPECT_EQ(redis({"AUTH", "user", "secret"}), "AUTH");
  EXPECT_EQ(redis({"hello", "3", "AUTH", "user", "secret"}), "hello");
  EXPECT_EQ(redis({"ACL", "SETUSER", "a", ">secret"}), "ACL");
  EXPECT_EQ(redis({"CONFIG", "SET", "requirepass", "secret"}), "CONFIG");
  EXPECT_EQ(redis({"MIGRATE", "h", "1", "k", "0", "5", "AUTH", "secret"}), "MIGRATE");
}

TEST(RedisText, UnknownCommandsShowNoArguments) {
  EXPECT_EQ(redis({"FT.SEARCH", "secret", "secret"}), "FT.SEARCH ? ?");
  EXPECT_EQ(redis({"CLIENT", "SETNAME", "secret"}), "CLIENT SETNAME ?");
  EXPECT_EQ(redis({"CLIENT", "not a word", "x"}), "CLIENT ? ?");
  EXPECT_EQ(redis({"PING", "secret"}), "PING ?");
}

TEST(RedisText, WhatCannotBeANameHasNoText) {
  EXPECT_EQ(redis({}), "");
  EXPECT_EQ(redis({""}), "");
  EXPECT_EQ(redis({"my secret", "k"}), "");
  EXPECT_EQ(redis({std::string(50, 'x')}), "");
}

TEST(RedisText, ListsThatWereCutGoOn) {
  EXPECT_EQ(redis({"MGET", "a", "b"}, true), "MGET a b ...");
  EXPECT_EQ(redis({"BLPOP", "a", "b"}, true), "BLPOP a b ...");
  std::vector<Slice> words = slices({"GET", "a long ke"});
  words[1].truncated = true;
  std::pmr::monotonic_buffer_resource arena;
  EXPECT_EQ(redis_text(arena, words, false), "GET a long ke ...");
  words = slices({"SET", "k", "val"});
  words[2].truncated = true;
  EXPECT_EQ(redis_text(arena, words, false), "SET k ?");
}

TEST(RedisText, BinaryKeysBecomeText) {
  const std::string text = redis({"GET", std::string_view("\xFF\x00k", 3)});
  EXPECT_TRUE(is_valid_utf8(text));
  EXPECT_EQ(text, std::string("GET \xEF\xBF\xBD\0k", 9));
}

TEST(MemcachedText, ShowsVerbAndKeys) {
  EXPECT_EQ(memcached({"get", "a", "b"}), "get a b");
  EXPECT_EQ(memcached({"gat", "60", "a", "b"}), "gat ? a b");
  EXPECT_EQ(memcached({"set", "k", "0", "60", "5"}), "set k ? ? ?");
  EXPECT_EQ(memcached({"cas", "k", "0", "60", "5", "77", "noreply"}), "cas k ? ? ? ? ?");
  EXPECT_EQ(memcached({"incr", "k", "5"}), "incr k ?");
  EXPECT_EQ(memcached({"mg", "k", "v", "t", "Osecret"}), "mg k v t O?");
  EXPECT_EQ(memcached({"ms", "k", "5", "T60", "c"}), "ms k ? T? c");
  EXPECT_EQ(memcached({"flush_all", "10"}), "flush_all ?");
  EXPECT_EQ(memcached({"get", "a"}, true), "get a ...");
}

}  // namespace
}  // namespace seamtrace::collector
