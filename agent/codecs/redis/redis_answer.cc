// RedisCodec, the server's side: what a reply is an answer to, and what it says.
#include <algorithm>

#include "agent/codecs/redis/redis_codec.h"

namespace seamtrace::agent::codecs {
namespace {

using redis::find_pub_sub_word;
using redis::is_subscription;

using enum RedisCommand;

RedisCommand command_of(const Operation& operation) {
  return static_cast<RedisCommand>(operation.tag);
}

uint32_t saturated(uint64_t count) {
  return static_cast<uint32_t>(std::min<uint64_t>(count, UINT32_MAX));
}

}  // namespace

// An answer to a command of which we have not seen the end: the server refuses to read on.
bool RedisCodec::is_being_read(const Operation* operation, Operations& operations) const {
  return open_ && operations.after(operation) == nullptr;
}

bool RedisCodec::begin_reply(char type, Operations& operations) {
  type_ = type;
  kept_size_ = 0;
  null_ = false;
  size_ = elements_ = nulls_ = 0;
  integer_ = 0;
  reply_ = Reply::kPush;
  if (type == '>') return true;
  const Operation* const operation = operations.oldest();
  if (type == '*' && messages_are_arrays_) {
    reply_ = Reply::kMessageOrAnswer;
    return true;
  }
  if (operation == nullptr) {
    reply_ = Reply::kUnasked;
    return type == '-' && !ready_;
  }
  operations.answer_begins();
  if (is_being_read(operation, operations)) {
    reply_ = Reply::kEarly;
    return type == '-';
  }
  answers_ = command_of(*operation);
  reply_ = Reply::kAnswer;
  if (is_subscription(answers_) && type == '*') reply_ = Reply::kMessageOrAnswer;
  if (answers_ == kReplication && type != '+' && type != '-') {
    operations.finish(Ending::kAnswered);
    return false;
  }
  return true;
}

bool RedisCodec::end_reply(Operations& operations) {
  switch (reply_) {
    case Reply::kAnswer:
      return end_answer(operations);
    case Reply::kMessageOrAnswer:
      return end_message_or_answer(operations);
    case Reply::kPush: {
      const RedisPubSubWord word = find_pub_sub_word(kept());
      return word.meaning != RedisPubSub::kConfirmation || confirm(word.confirms, operations);
    }
    case Reply::kUnasked: {
      const std::string_view code = error_code();
      operations.rejected(code.data(), code.size());
      return true;
    }
    case Reply::kEarly:
      break;
  }
  const std::string_view code = error_code();
  operations.error(code.data(), code.size());
  if (!ready_ && refuses_connection(code)) operations.rejected(code.data(), code.size());
  operations.finish(Ending::kAnswered);
  return false;
}

// RESP2: an array while subscribed, or after SUBSCRIBE and its relatives.
bool RedisCodec::end_message_or_answer(Operations& operations) {
  const RedisPubSubWord word = find_pub_sub_word(kept());
  if (word.meaning == RedisPubSub::kMessage && messages_are_arrays_) return true;
  if (word.meaning == RedisPubSub::kConfirmation) return confirm(word.confirms, operations);
  const Operation* const operation = operations.oldest();
  if (operation == nullptr || is_being_read(operation, operations)) return false;
  answers_ = command_of(*operation);
  if (is_subscription(answers_)) return false;
  operations.answer_begins();
  return end_answer(operations);
}

bool RedisCodec::confirm(RedisCommand command, Operations& operations) {
  Operation* const operation = operations.oldest();
  const bool asked = operation != nullptr && !is_being_read(operation, operations) &&
                     command_of(*operation) == command;
  // A cluster takes shard channels away when they move.
  if (!asked && command != kShardUnsubscribe) return false;
  const uint32_t before = count_subscriptions(command);
  const bool subscribed = channels_ > 0 || patterns_ > 0 || shard_channels_ > 0;
  messages_are_arrays_ = type_ == '*' && subscribed;
  if (!asked) return true;
  operations.answer_begins();
  // UNSUBSCRIBE without names is for all that there are, and answered at least once.
  if (operation->expected == 0) operation->expected = std::max<uint32_t>(before, 1);
  if (--operation->expected > 0) return true;
  judge_connection(operations);
  operations.finish(Ending::kAnswered);
  return true;
}

// How many of this sort there were before. Confirmations tell the sum of channels and patterns.
uint32_t RedisCodec::count_subscriptions(RedisCommand command) {
  const uint32_t now = saturated(static_cast<uint64_t>(std::max<int64_t>(integer_, 0)));
  const bool shard = command == kShardSubscribe || command == kShardUnsubscribe;
  const bool pattern = command == kPatternSubscribe || command == kPatternUnsubscribe;
  uint32_t& count = shard ? shard_channels_ : pattern ? patterns_ : channels_;
  const uint32_t others = shard ? 0 : pattern ? channels_ : patterns_;
  const uint32_t before = count;
  count = now > others ? now - others : 0;
  return before;
}

bool RedisCodec::end_answer(Operations& operations) {
  Operation* const operation = operations.oldest();
  if (operation == nullptr) return false;
  if (is_error()) {
    const std::string_view code = error_code();
    operations.error(code.data(), code.size());
  }
  judge_connection(operations);
  const bool followed = follow(*operation, operations);
  operations.finish(Ending::kAnswered);
  return followed;
}

// False: the connection is followed no longer.
bool RedisCodec::follow(Operation& operation, Operations& operations) {
  if (in_multi_ && type_ == '+' && kept() == "QUEUED") {
    operation.facts.flags |= wire::kFlagQueued;
    queued_ = saturated(uint64_t{queued_} + 1);
    if (is_subscription(answers_)) subscription_queued_ = true;
    if (answers_ != kSelect) return true;
    --selects_in_flight_;
    select_queued_ = true;
    queued_index_ = operation.expected;
    return true;
  }
  switch (answers_) {
    case kMulti:
      if (is_error()) return true;
      in_multi_ = true;
      queued_ = 0;
      operations.in_transaction(true);
      return true;
    case kExec: {
      const bool applied = type_ == '*' && !null_;
      if (in_multi_ && applied && queued_ >= 2) operation.facts.batch_size = queued_;
      // Confirmations within the array are more than its elements.
      const bool lost = applied && subscription_queued_;
      if (in_multi_) end_transaction(applied, operations);
      return !lost;
    }
    case kDiscard:
      if (!is_error()) end_transaction(false, operations);
      return true;
    case kReset:
      if (!is_error()) reset(operations);
      return true;
    case kSelect:
      end_select(operation, operations);
      return true;
    case kMonitor:
      return is_error();
    case kReplication:
      return false;
    case kHello:
      if (!is_error()) messages_are_arrays_ = type_ == '*' && channels_ + patterns_ > 0;
      return true;
    default:
      // A subscription is answered by confirmations.
      if (is_subscription(answers_)) return is_error();
      count_hits(operation);
      return true;
  }
}

void RedisCodec::end_select(const Operation& operation, Operations& operations) {
  --selects_in_flight_;
  if (!is_error()) confirmed_index_ = operation.expected;
  settle_namespace(operations);
}

void RedisCodec::end_transaction(bool applied, Operations& operations) {
  if (in_multi_) operations.in_transaction(false);
  in_multi_ = false;
  subscription_queued_ = false;
  if (!select_queued_) return;
  select_queued_ = false;
  if (applied) confirmed_index_ = queued_index_;
  settle_namespace(operations);
}

// What was assumed is taken back once no SELECT is left that it may be owed to.
void RedisCodec::settle_namespace(Operations& operations) {
  if (selects_in_flight_ == 0 && !select_queued_ && assumed_index_ != confirmed_index_)
    tell_namespace(confirmed_index_, operations);
}

void RedisCodec::reset(Operations& operations) {
  end_transaction(false, operations);
  confirmed_index_ = 0;
  channels_ = patterns_ = shard_channels_ = 0;
  messages_are_arrays_ = false;
  settle_namespace(operations);
}

void RedisCodec::count_hits(Operation& operation) const {
  if (is_error()) return;
  wire::DatabaseFacts& facts = operation.facts;
  switch (answers_) {
    case kReadValue:
      facts.hits = null_ ? 0 : 1;
      facts.misses = null_ ? 1 : 0;
      break;
    case kReadElements:
      if (type_ != '*' || null_) return;
      facts.hits = elements_ - nulls_;
      facts.misses = nulls_;
      break;
    case kReadCount:
    case kReadOne: {
      if (type_ != ':' || integer_ < 0) return;
      const uint32_t keys = answers_ == kReadOne ? 1 : operation.expected;
      facts.hits = static_cast<uint32_t>(std::min<int64_t>(integer_, keys));
      facts.misses = keys - facts.hits;
      break;
    }
    case kReadAggregate:
      if (type_ != '*' && type_ != '%' && type_ != '~') return;
      facts.hits = size_ > 0 ? 1 : 0;
      facts.misses = size_ > 0 ? 0 : 1;
      break;
    default:
      return;
  }
  facts.flags |= wire::kFlagReadsCache;
}

// The first answer tells whether the connection is of use.
void RedisCodec::judge_connection(Operations& operations) {
  if (ready_) return;
  if (!is_error()) {
    ready_ = true;
    return operations.ready();
  }
  const std::string_view code = error_code();
  if (refuses_connection(code)) return operations.rejected(code.data(), code.size());
  // An old server does not know HELLO, and one with passwords may yet be given one.
  if (answers_ == kHello || code == "NOAUTH") return;
  ready_ = true;
  operations.ready();
}

bool RedisCodec::refuses_connection(std::string_view code) const {
  if (code == "DENIED" || begins_with(kept(), "ERR max number of clients")) return true;
  if (reply_ != Reply::kAnswer) return false;
  if (answers_ == kHello) return code != "ERR" && code != "NOPROTO";
  return answers_ == kAuth;
}

// The first word in upper case; an error without one is what the server calls ERR.
std::string_view RedisCodec::error_code() const {
  const std::string_view line = kept();
  size_t size = 0;
  while (size < line.size() && ((line[size] >= 'A' && line[size] <= 'Z') || line[size] == '_' ||
                                (size > 0 && line[size] >= '0' && line[size] <= '9')))
    ++size;
  const bool whole = size < line.size() ? line[size] == ' ' : size < kKeptLine;
  return size > 0 && whole ? std::string_view(line.data(), size) : std::string_view("ERR");
}

}  // namespace seamtrace::agent::codecs
