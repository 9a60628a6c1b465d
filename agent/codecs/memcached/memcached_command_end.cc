// MemcachedCodec, the client's side: what a whole command means.
#include "agent/codecs/memcached/memcached_codec.h"

namespace seamtrace::agent::codecs {
namespace {

using memcached::has_data;
using memcached::has_flags;
using memcached::may_be_noreply;

using enum MemcachedVerb;

uint32_t sum(uint32_t a, uint32_t b) { return a > UINT32_MAX - b ? UINT32_MAX : a + b; }

}  // namespace

bool MemcachedCodec::end_line(Input& input) {
  if (!is_whole()) return false;
  opening_ = false;
  Operation* const operation = input.open != nullptr ? input.open : input.operations.newest();
  if (operation == nullptr) return false;
  input.open = nullptr;
  operation->facts.misses = sum(operation->facts.misses, key_count());
  silent_ = is_silent();
  const bool quiet = has_flags(verb_) && quiet_;
  if (quiet || batch_open_) {
    operation->tag |= kBatch;
    operation->facts.batch_size = sum(operation->facts.batch_size, 1);
  }
  if (quiet || (batch_open_ && silent_ && verb_ != kQuit)) {
    operation->tag |= verb_ == kMetaGet ? kQuietGets : kQuietOthers;
    if (verb_ == kMetaArithmetic) operation->tag |= kQuietNumbers;
  } else {
    operation->tag |= static_cast<uint32_t>(verb_);
    // One that a quiet command had too tells nothing.
    operation->expected = opaque_ != quiet_opaque_ ? opaque_ : 0;
  }
  quiet_opaque_ = quiet ? opaque_ : 0;
  if (!has_data(verb_)) return end_command(input.operations);
  in_ = data_left_ > 0 ? In::kData : In::kDataEnd;
  in_data_ = true;
  return true;
}

// With too few words the server does not wait for data.
bool MemcachedCodec::is_whole() const {
  if (verb_ == kStore) return word_ == 5 || word_ == 6;
  if (verb_ == kCas) return word_ == 6 || word_ == 7;
  if (verb_ == kMetaSet) return word_ >= 3;
  // Some servers take it here, some do not.
  return !(last_is_noreply_ && (verb_ == kAdminister || verb_ == kCrawler));
}

bool MemcachedCodec::is_silent() const {
  return verb_ == kQuit || (last_is_noreply_ && may_be_noreply(verb_));
}

uint32_t MemcachedCodec::key_count() const {
  if (verb_ == kMetaGet) return word_ > 1 ? 1 : 0;
  const uint32_t first = verb_ == kTouchingGet ? 2 : 1;
  if (verb_ != kGet && verb_ != kTouchingGet) return 0;
  return word_ > first ? word_ - first : 0;
}

bool MemcachedCodec::end_command(Operations& operations) {
  in_ = In::kStart;
  open_ = false;
  in_data_ = false;
  if (answered_early_) {  // its operation has ended, and no other has begun
    answered_early_ = false;
    return true;
  }
  const bool quiet = has_flags(verb_) && quiet_;
  if (quiet || (batch_open_ && silent_ && verb_ != kQuit)) {
    batch_open_ = true;
    return true;
  }
  const bool batch = batch_open_;
  batch_open_ = false;
  if (silent_) {
    noreply_sent_ = true;
    operations.finish_newest();
    return true;
  }
  if (!batch) {
    noreply_sent_ = false;
    return true;
  }
  Operation* const operation = operations.newest();
  if (operation == nullptr) return false;
  operation->tag |= kClosed;
  return true;
}

}  // namespace seamtrace::agent::codecs
