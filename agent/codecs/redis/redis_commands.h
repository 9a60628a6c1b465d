// RedisCommand: what a codec must know of a command to pair it and to judge its answer.
// Path:    inside [codecs/redis]
// Memory:  names are compared by hash as they pass; nothing is kept.
// Source:  redis.io/commands; the server's command tables of versions 5 to 7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/codecs/operations.h"

namespace seamtrace::agent::codecs {

enum class RedisCommand : uint8_t {
  kOther = 0,
  // Connection state.
  kAuth,
  kHello,
  kSelect,
  kMulti,
  kExec,
  kDiscard,
  kReset,
  kMonitor,
  kReplication,  ///< SYNC, PSYNC, REPLCONF: from their answer on no longer commands and answers
  kReplyMode,    ///< CLIENT REPLY
  // Answered once for each channel.
  kSubscribe,
  kPatternSubscribe,
  kShardSubscribe,
  kUnsubscribe,
  kPatternUnsubscribe,
  kShardUnsubscribe,
  // Reads by key, whose answer tells whether the key was there.
  kReadValue,      ///< null: a miss; anything else: a hit
  kReadElements,   ///< the same for every element of the answer
  kReadCount,      ///< the number of keys that are there
  kReadOne,        ///< 1 or 0
  kReadAggregate,  ///< an empty one is what an absent key gives
  // Known by their second word.
  kAcl,
  kClient,
  kCommand,
  kConfig,
  kModule,
  kSentinel,
};

/// At most so many words of a command are passed on.
inline constexpr uint8_t kMaxRedisWords = 16;

/// How a command is followed, and how many of its words are harmless.
struct RedisCommandRule {
  RedisCommand command = RedisCommand::kOther;
  uint8_t recorded_words = kMaxRedisWords;
};

/// What the first element of a message or confirmation says.
enum class RedisPubSub : uint8_t { kNone, kMessage, kConfirmation };
struct RedisPubSubWord {
  RedisPubSub meaning = RedisPubSub::kNone;
  RedisCommand confirms = RedisCommand::kOther;  ///< kConfirmation
};

namespace redis {

constexpr bool is_subscription(RedisCommand command) {
  return command >= RedisCommand::kSubscribe && command <= RedisCommand::kShardUnsubscribe;
}
constexpr bool has_subcommand(RedisCommand command) { return command >= RedisCommand::kAcl; }

constexpr char upper_case(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}
/// A hash of a name in any case, that may come in pieces. Begin with kHashBasis.
constexpr uint64_t hash_name(uint64_t hash, const char* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i)
    hash = (hash ^ static_cast<uint8_t>(upper_case(bytes[i]))) * 0x100'0000'01b3;
  return hash;
}
constexpr uint64_t hash_name(std::string_view name) {
  return hash_name(kHashBasis, name.data(), name.size());
}

/// The rule of a command by its name's hash. One whose second word decides has only two recorded
/// words until find_redis_subcommand() is asked.
RedisCommandRule find_redis_command(uint64_t name);
/// REQUIRES: has_subcommand(command).
RedisCommandRule find_redis_subcommand(RedisCommand command, uint64_t name);

RedisPubSubWord find_pub_sub_word(std::string_view word);

/// Whether an inline command may open a connection with this word: one used inline that is no
/// method of HTTP.
bool opens_inline(uint64_t name);
/// Whether such a word begins so, and no method of HTTP does.
bool may_open_inline(std::string_view beginning);

}  // namespace redis
}  // namespace seamtrace::agent::codecs
