// RedisCodec: bytes of a connection to Redis, both directions -> operations.
// Path:    connections -> [codecs/redis] -> operations
// Owner:   one per connection; dies with it. Plain data: copying it is a checkpoint.
// Threads: the caller holds the connection's lock.
// Memory:  borrows the bytes for the call; text goes on as it passes; allocates nothing.
// Failure: kNotMine for good: malformed, out of step, or no longer commands and answers.
// Source:  Redis serialization protocol specification, RESP2 and RESP3; redis.io/commands.
//
// Each command is one operation, with one answer (a subscription: one confirmation a channel).
// - Text: the first words of a command, as they are; never what may be a secret
//   (find_redis_command).
// - Namespace: a SELECT counts for the commands after it at once, since clients rarely wait for its
//   answer; it is taken back for later commands when it is refused, or its MULTI is discarded.
// - MULTI: a queued command ends at +QUEUED. EXEC is one operation for all; errors and hits within
//   its answer are nobody's.
// - Streams: after MONITOR, SYNC and PSYNC the connection is given up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "agent/codecs/operations.h"
#include "agent/codecs/redis/redis_commands.h"
#include "agent/codecs/redis/redis_number.h"

namespace seamtrace::agent::codecs {

class RedisCodec {
 public:
  /// Whether a client's first bytes may be this protocol. REQUIRES: size >= 1. False: certainly
  /// not, or as likely HTTP.
  static bool may_begin(const char* bytes, size_t size);
  /// Bytes that a client sends.
  Taken request(const char* bytes, size_t size, Operations& operations);
  /// Bytes that a server sends.
  Taken response(const char* bytes, size_t size, Operations& operations);

 private:
  static constexpr size_t kMaxDepth = 32;
  static constexpr size_t kKeptLine = 32;         // of an answer's line or first element
  static constexpr uint32_t kUnknownIndex = ~0u;  // of a database

  // What is left of a call's bytes.
  struct Input {
    const char* at;
    const char* end;
    Operations& operations;
    Operation* open = nullptr;  // the operation whose command is being read, once looked up
  };

  // The client's side (redis_request.cc). Functions say false: not this protocol.
  // ------------------

  enum class In : uint8_t { kStart, kCount, kLengthType, kLength, kText, kTextEnd, kInline };

  bool read_request(Input& input);
  bool read_count(Input& input);
  bool read_length(Input& input);
  bool read_text(Input& input);
  bool read_text_end(Input& input);
  bool read_inline(Input& input);
  bool read_inline_gap(Input& input);
  bool read_inline_word(Input& input);
  bool begin_inline_word(Input& input, char first);
  bool end_inline(Input& input);
  bool begin_command(Input& input);
  void begin_word(Operations& operations, uint32_t size);
  void pass_word(Operations& operations, const char* bytes, size_t size);
  bool is_compared() const;
  bool end_word();
  void read_index(const char* bytes, size_t size);
  bool end_command(Input& input);
  bool is_answered();
  bool end_unanswered(Operations& operations);

  // (redis_command_end.cc from end_command() on.)

  // The server's side (redis_reply.cc: its form).
  // --------------------------------------------------

  enum class Out : uint8_t { kType, kLine, kNumber, kBulk };
  /// What the answer at hand belongs to.
  enum class Reply : uint8_t { kAnswer, kMessageOrAnswer, kPush, kUnasked, kEarly };

  bool read_reply(Input& input);
  bool read_type(Input& input);
  bool read_line(Input& input);
  bool read_number(Input& input);
  bool read_bulk(Input& input);
  bool begin_aggregate(int64_t size, Input& input);
  bool begin_bulk(int64_t size, Input& input);
  bool end_value(bool null, Input& input);
  void keep(const char* bytes, size_t size);
  bool keeps() const;

  // Its meaning (redis_answer.cc).
  // -----------------------------------------------------------------

  bool begin_reply(char type, Operations& operations);
  bool end_reply(Operations& operations);
  bool end_answer(Operations& operations);
  bool end_queued(Operation& operation, Operations& operations);
  bool end_message_or_answer(Operations& operations);
  bool end_early(Operations& operations);
  bool confirm(RedisCommand command, Operations& operations);
  uint32_t count_subscriptions(RedisCommand command);
  bool follow(Operation& operation, Operations& operations);
  void end_select(const Operation& operation, Operations& operations);
  void end_transaction(bool applied, Operations& operations);
  void count_hits(Operation& operation) const;
  void judge_connection(Operations& operations);
  bool refuses_connection(std::string_view code) const;
  void reset(Operations& operations);
  void settle_namespace(Operations& operations);
  bool is_being_read(const Operation* operation, Operations& operations) const;
  void tell_namespace(uint32_t index, Operations& operations);
  std::string_view kept() const { return {kept_, kept_size_}; }
  std::string_view error_code() const;
  bool is_error() const { return type_ == '-' || type_ == '!'; }

  // The client's side.
  uint64_t hash_ = 0;   // of the word at hand
  RedisNumber number_;  // of the line at hand
  uint32_t words_left_ = 0;
  uint32_t text_left_ = 0;
  uint32_t word_ = 0;       // index of the word at hand
  uint32_t keep_left_ = 0;  // of the word at hand, to be passed on
  uint32_t index_ = 0;      // SELECT's
  uint32_t inline_bytes_ = 0;
  uint16_t budget_ = 0;  // text that the command may still pass on
  In in_ = In::kStart;
  RedisCommand command_ = RedisCommand::kOther;
  uint8_t recorded_words_ = 0;
  char quote_ = 0;         // inline: within such quotes
  bool escaped_ = false;   // inline: after a backslash
  bool odd_word_ = false;  // inline: not the plain word that its hash says
  bool in_word_ = false;
  bool added_ = false;   // the slice of the word at hand was begun
  bool cut_ = false;     // it is longer than what is passed on
  bool marked_ = false;  // more words follow than are passed on
  bool opening_ = true;  // within the connection's first command
  bool open_ = false;    // within a command
  bool recorded_ = false;
  bool text_ending_ = false;
  bool replies_off_ = false;
  bool skip_next_ = false;
  bool multi_sent_ = false;
  enum class ReplyMode : uint8_t { kUnknown, kOn, kOff, kSkip };
  ReplyMode mode_ = ReplyMode::kUnknown;

  // Both sides.
  bool failed_ = false;
  bool begun_ = false;
  uint16_t selects_in_flight_ = 0;
  uint32_t assumed_index_ = 0;    // what commands that are begun now carry
  uint32_t confirmed_index_ = 0;  // by the server
  uint32_t queued_index_ = kUnknownIndex;

  // The server's side.
  Out out_ = Out::kType;
  Reply reply_ = Reply::kAnswer;
  char type_ = 0;        // of the whole reply
  char value_type_ = 0;  // of the value at hand
  uint8_t depth_ = 0;
  uint8_t kept_size_ = 0;
  bool null_ = false;  // the whole reply is null
  bool line_ending_ = false;
  bool in_multi_ = false;
  bool select_queued_ = false;
  bool subscription_queued_ = false;
  bool ready_ = false;
  bool messages_are_arrays_ = false;  // RESP2, subscribed
  RedisCommand answers_ = RedisCommand::kOther;
  uint32_t attributes_ = 0;  // bit n: left_[n] counts an attribute's values
  uint32_t size_ = 0;        // of the whole reply: elements
  uint32_t elements_ = 0;    // of them complete
  uint32_t nulls_ = 0;       // of them null
  uint32_t queued_ = 0;      // commands since MULTI
  uint32_t channels_ = 0;
  uint32_t patterns_ = 0;
  uint32_t shard_channels_ = 0;
  uint32_t line_bytes_ = 0;
  int64_t integer_ = 0;     // the last one that is the reply or an element of it
  uint64_t bulk_left_ = 0;  // with its line end
  RedisNumber size_line_;
  uint32_t left_[kMaxDepth] = {};  // values that each open aggregate still lacks
  char kept_[kKeptLine] = {};
};
static_assert(sizeof(RedisCodec) <= 384);
static_assert(std::is_trivially_copyable_v<RedisCodec>);

}  // namespace seamtrace::agent::codecs
