// RedisCodec, the client's side: what a whole command means for those after it.
#include "agent/codecs/redis/redis_codec.h"

namespace seamtrace::agent::codecs {
namespace {

using redis::is_subscription;

using enum RedisCommand;

}  // namespace

bool RedisCodec::end_command(Input& input) {
  Operation* const operation = input.open != nullptr ? input.open : input.operations.newest();
  if (operation == nullptr) return false;
  input.open = nullptr;
  open_ = false;
  opening_ = false;
  in_ = In::kStart;
  if (command_ == kMulti) multi_sent_ = true;
  if (command_ == kExec || command_ == kDiscard || command_ == kReset) multi_sent_ = false;
  if (command_ == kReplyMode && word_ != 3) mode_ = ReplyMode::kUnknown;
  // Queued, it would change what EXEC is answered: nothing that is worth following.
  if (mode_ != ReplyMode::kUnknown && multi_sent_) return false;
  if (command_ == kReset) tell_namespace(0, input.operations);
  if (command_ == kSelect && word_ != 2) index_ = kUnknownIndex;
  if (!is_answered()) return end_unanswered(input.operations);

  operation->tag = static_cast<uint32_t>(command_);
  operation->expected = word_ - 1;
  if (command_ == kSelect) {
    operation->expected = index_;
    ++selects_in_flight_;
    if (index_ != kUnknownIndex) tell_namespace(index_, input.operations);
  }
  return true;
}

// Follows CLIENT REPLY.
bool RedisCodec::is_answered() {
  if (command_ == kReset || mode_ == ReplyMode::kOn) {
    replies_off_ = false;
    skip_next_ = false;
    return true;
  }
  const bool answered = !replies_off_ && !skip_next_;
  skip_next_ = mode_ == ReplyMode::kSkip && !replies_off_;
  if (mode_ == ReplyMode::kOff) replies_off_ = true;
  return answered && mode_ == ReplyMode::kUnknown;
}

bool RedisCodec::end_unanswered(Operations& operations) {
  // Their confirmations come all the same; of the rest we would lose what state they leave.
  if (is_subscription(command_) || command_ == kMonitor || command_ == kReplication) return false;
  const bool transaction = command_ == kMulti || command_ == kExec || command_ == kDiscard;
  if (transaction && !replies_off_) return false;
  operations.finish_newest();
  // In MULTI it is queued, and EXEC is not answered either: taken as done.
  if (command_ == kSelect && index_ != kUnknownIndex) {
    confirmed_index_ = index_;
    tell_namespace(index_, operations);
  }
  return true;
}

void RedisCodec::tell_namespace(uint32_t index, Operations& operations) {
  assumed_index_ = index;
  if (index == kUnknownIndex) return operations.set_namespace("", 0);
  char text[10];
  size_t begin = sizeof text;
  do {
    text[--begin] = static_cast<char>('0' + index % 10);
    index /= 10;
  } while (index > 0);
  operations.set_namespace(text + begin, sizeof text - begin);
}

}  // namespace seamtrace::agent::codecs
