// MemcachedCodec, the server's side: what a line is an answer to, and what it says.
#include "agent/codecs/memcached/memcached_codec.h"

namespace seamtrace::agent::codecs {
namespace {

using memcached::has_flags;

using enum MemcachedVerb;

bool is_code(std::string_view word) {
  return word == "HD" || word == "VA" || word == "NF" || word == "NS" || word == "EX";
}
bool is_found(std::string_view word) { return word == "HD" || word == "VA"; }
bool is_one_of(std::string_view word, std::string_view a, std::string_view b,
               std::string_view c = "HD") {
  return word == a || word == b || word == c;
}

bool is_number(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);  // as old servers answer decr
  if (text.empty() || text.size() > 20) return false;
  for (const char c : text)
    if (c < '0' || c > '9') return false;
  return true;
}

}  // namespace

// An answer to a command of which we have not seen the end.
bool MemcachedCodec::is_being_read(const Operation& operation, Operations& operations) const {
  return open_ && !answered_early_ && operations.after(&operation) == nullptr;
}

bool MemcachedCodec::is_error() const {
  return first_word() == "ERROR" || first_word() == "CLIENT_ERROR" ||
         first_word() == "SERVER_ERROR";
}

bool MemcachedCodec::take_line(Operations& operations) {
  Operation* const operation = operations.oldest();
  if (operation == nullptr) return take_unasked(operations);
  if (is_error()) return take_error(*operation, operations);
  const bool batch = (operation->tag & kBatch) != 0;
  if (!batch && is_being_read(*operation, operations)) return false;
  const auto verb = static_cast<MemcachedVerb>(operation->tag & kVerbMask);
  const Meaning meaning = batch ? judge_batch(*operation) : judge_line(verb);
  if (meaning == Meaning::kForeign || !count_hit(*operation, meaning)) return false;
  announces_data_ = first_word() == "VALUE" || first_word() == "VA";
  if (announces_data_) {
    value_ends_ = meaning == Meaning::kLast;
    return !size_is_bad_ && reply_word_ >= (first_word() == "VA" ? 2u : 4u);
  }
  return meaning == Meaning::kMore || finish(*operation, operations);
}

bool MemcachedCodec::take_unasked(Operations& operations) {
  if (!is_error()) return false;
  if (noreply_sent_) return true;  // about a command that is not answered
  if (ready_) return false;
  operations.rejected(first_word().data(), first_word().size());
  return true;
}

bool MemcachedCodec::take_error(Operation& operation, Operations& operations) {
  // It may be about the noreply command before.
  if ((operation.tag & kDoubtful) != 0) return false;
  const bool early = is_being_read(operation, operations);
  if ((operation.tag & kBatch) != 0) {
    // About a quiet command, unless the one that is answered may have gone wrong too.
    const auto verb = static_cast<MemcachedVerb>(operation.tag & kVerbMask);
    if ((operation.tag & kClosed) != 0 ? verb != kMetaNoOp : early && in_data_) return false;
    operations.error(first_word().data(), first_word().size());
    return true;
  }
  if (early) return take_early_error(operation, operations);
  operations.error(first_word().data(), first_word().size());
  return finish(operation, operations);
}

// Data that is too large is refused before it is there, and then thrown away.
bool MemcachedCodec::take_early_error(Operation& operation, Operations& operations) {
  if (in_data_ && silent_) return true;
  operations.error(first_word().data(), first_word().size());
  finish(operation, operations);
  answered_early_ = in_data_;
  if (!in_data_) open_ = false;  // nothing is left to withdraw
  return in_data_;
}

// For one that begins with quiet commands, which answer only what is not as usual.
MemcachedCodec::Meaning MemcachedCodec::judge_batch(const Operation& operation) const {
  const std::string_view word = first_word();
  const bool code = is_code(word);
  const Meaning more = code ? Meaning::kMore : Meaning::kForeign;
  if ((operation.tag & kClosed) == 0) return more;
  const auto verb = static_cast<MemcachedVerb>(operation.tag & kVerbMask);
  if (!has_flags(verb) || !code) {
    const Meaning last = judge_line(verb);
    return last == Meaning::kForeign ? more : last;
  }
  if (operation.expected != 0)
    return operation.expected == reply_opaque_ ? judge_line(verb) : Meaning::kMore;
  const uint32_t rivals = is_found(word) ? kQuietGets | kQuietNumbers : kQuietOthers;
  return (operation.tag & rivals) != 0 ? Meaning::kForeign : judge_line(verb);
}

MemcachedCodec::Meaning MemcachedCodec::judge_line(MemcachedVerb verb) const {
  const std::string_view word = first_word();
  const auto last = [](bool is) { return is ? Meaning::kLast : Meaning::kForeign; };
  switch (verb) {
    case kGet:
    case kTouchingGet:
      return word == "VALUE" ? Meaning::kMore : last(word == "END");
    case kStore:
    case kCas:
      return last(is_one_of(word, "STORED", "NOT_STORED", "EXISTS") || word == "NOT_FOUND");
    case kDelete:
      return last(word == "DELETED" || word == "NOT_FOUND");
    case kTouch:
      return last(word == "TOUCHED" || word == "NOT_FOUND");
    case kArithmetic:
      return last(word == "NOT_FOUND" || is_number(kept()));
    case kStats:
      if (word == "STAT" || word == "ITEM" || word == "PREFIX") return Meaning::kMore;
      return last(kept() == "END" || kept() == "OK" || kept() == "RESET");
    case kCrawler:
      if (begins_with(word, "key=") || word == "mg") return Meaning::kMore;
      if (kept() == "END" || kept() == "EN") return Meaning::kLast;
      [[fallthrough]];
    case kAdminister:
      if (is_one_of(word, "BUSY", "BADCLASS", "NOSPARE") ||
          is_one_of(word, "NOTFULL", "UNSAFE", "SAME"))
        return Meaning::kLast;
      [[fallthrough]];
    case kSetting:
    case kWatch:
    case kShutdown:
      return last(kept() == "OK");
    case kVersion:
      return last(word == "VERSION");
    case kMetaGet:
      return last(is_one_of(word, "VA", "EN"));
    case kMetaSet:
      return last(is_one_of(word, "NS", "EX") || word == "NF");
    case kMetaDelete:
      return last(is_one_of(word, "NF", "EX"));
    case kMetaArithmetic:
      return last(is_one_of(word, "NF", "EX") || word == "NS" || word == "VA");
    case kMetaDebug:
      return last(word == "ME" || word == "EN");
    case kMetaNoOp:
      return last(kept() == "MN");
    case kQuit:
    case kUnknown:
      break;
  }
  return Meaning::kForeign;
}

// False: more is found than was asked for.
bool MemcachedCodec::count_hit(Operation& operation, Meaning meaning) const {
  if ((operation.tag & kQuietNumbers) != 0) return true;
  const auto verb = static_cast<MemcachedVerb>(operation.tag & kVerbMask);
  const bool by_meta = is_found(first_word()) && (meaning == Meaning::kMore || verb == kMetaGet);
  if (!by_meta && first_word() != "VALUE") return true;
  if (operation.facts.misses == 0) return false;
  --operation.facts.misses;
  ++operation.facts.hits;
  return true;
}

// False: the connection is followed no longer.
bool MemcachedCodec::finish(Operation& operation, Operations& operations) {
  const auto verb = static_cast<MemcachedVerb>(operation.tag & kVerbMask);
  wire::DatabaseFacts& facts = operation.facts;
  if (operation.failed || (operation.tag & kQuietNumbers) != 0) {
    facts.hits = facts.misses = 0;
  } else if (facts.hits > 0 || facts.misses > 0) {
    facts.flags |= wire::kFlagReadsCache;
  }
  if (!ready_) {
    ready_ = !refuses_connection();
    if (ready_) operations.ready();
    if (!ready_) operations.rejected(first_word().data(), first_word().size());
  }
  operations.finish(Ending::kAnswered);
  return verb != kWatch || is_error();
}

bool MemcachedCodec::refuses_connection() const {
  return begins_with(kept(), "CLIENT_ERROR authentication fail") ||
         begins_with(kept(), "CLIENT_ERROR unauthenticated") ||
         begins_with(kept(), "ERROR Too many open connections");
}

}  // namespace seamtrace::agent::codecs
