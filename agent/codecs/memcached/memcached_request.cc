// MemcachedCodec, the client's side: lines of words, and data blocks.
#include <algorithm>

#include "agent/codecs/memcached/memcached_codec.h"

namespace seamtrace::agent::codecs {
namespace {

using memcached::begins_memcached_verb;
using memcached::find_memcached_verb;
using memcached::has_data;
using memcached::has_flags;

using enum MemcachedVerb;

constexpr uint32_t kMostLineBytes = 1024 * 1024;
constexpr uint32_t kMaxWords = 16;    // passed on
constexpr uint32_t kWordBytes = 250;  // of each: the longest key
constexpr uint16_t kCommandBytes = 1024;
constexpr size_t kLongestVerb = 16;
constexpr uint64_t kMostNumber = ~uint64_t{0} / 10 - 1;

bool is_verb_letter(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

bool is_http_version(uint64_t word) {
  return word == hash_bytes("HTTP/1.1") || word == hash_bytes("HTTP/1.0");
}

}  // namespace

bool MemcachedCodec::may_begin(const char* bytes, size_t size) {
  size_t letters = 0;
  while (letters < size && letters <= kLongestVerb && is_verb_letter(bytes[letters])) ++letters;
  const std::string_view word(bytes, letters);
  if (letters == 0 || letters > kLongestVerb) return false;
  if (letters == size) return begins_memcached_verb(word);
  const char next = bytes[letters];
  if (next != ' ' && next != '\r' && next != '\n') return false;
  if (find_memcached_verb(hash_bytes(word)) == kUnknown) return false;
  // HTTP with a method of its own shows at the line's end.
  std::string_view line(bytes, size);
  const size_t line_end = line.find('\n');
  if (line_end == std::string_view::npos) return true;
  line = {bytes, line_end};
  if (line.ends_with('\r')) line.remove_suffix(1);
  return !line.ends_with(" HTTP/1.1") && !line.ends_with(" HTTP/1.0");
}

Taken MemcachedCodec::request(const char* bytes, size_t size, Operations& operations) {
  if (failed_) return Taken::kNotMine;
  Input input{bytes, bytes + size, operations};
  while (input.at != input.end) {
    if (read_request(input)) continue;
    // Of a command that is not one nothing stays: the same in any pieces.
    if (open_ && !batch_open_ && !answered_early_) operations.withdraw_newest();
    open_ = false;
    failed_ = true;
    return Taken::kNotMine;
  }
  return Taken::kAll;
}

bool MemcachedCodec::read_request(Input& input) {
  switch (in_) {
    case In::kStart:
      return is_verb_letter(*input.at) && begin_command(input);
    case In::kGap:
      return read_gap(input);
    case In::kWord:
      return read_word(input);
    case In::kData:
      return read_data(input);
    case In::kDataEnd:
      break;
  }
  return read_data_end(input);
}

bool MemcachedCodec::begin_command(Input& input) {
  open_ = true;
  word_ = 0;
  line_bytes_ = 0;
  budget_ = kCommandBytes;
  verb_ = kUnknown;
  marked_ = false;
  last_is_noreply_ = false;
  quiet_ = false;
  opaque_ = 0;
  in_data_ = false;
  answered_early_ = false;
  recorded_ = false;
  if (!batch_open_) {  // else it joins the newest
    input.open = input.operations.begin();
    open_ = input.open != nullptr;
    if (!open_) return false;
    input.open->tag = noreply_sent_ ? uint32_t{kDoubtful} : 0;
    recorded_ = input.open->recorded;
  }
  begin_word(input.operations);
  return true;
}

bool MemcachedCodec::read_gap(Input& input) {
  const char c = *input.at;
  if (c != ' ' && c != '\r' && c != '\n') {
    begin_word(input.operations);
    return true;
  }
  ++input.at;
  if (c == '\n') return end_line(input);
  return ++line_bytes_ <= kMostLineBytes;
}

void MemcachedCodec::begin_word(Operations& operations) {
  in_ = In::kWord;
  hash_ = kHashBasis;
  word_size_ = 0;
  number_ = 0;
  is_number_ = true;
  added_ = false;
  keep_left_ = 0;
  if (!recorded_ || marked_) return;
  if (word_ < kMaxWords && budget_ > 0) {
    keep_left_ = std::min<uint32_t>(kWordBytes, budget_);
  } else {
    operations.mark_truncated();
    marked_ = true;
  }
}

bool MemcachedCodec::read_word(Input& input) {
  const char* const begin = input.at;
  const char* at = begin;
  while (at != input.end && *at != ' ' && *at != '\r' && *at != '\n') ++at;
  const auto size = static_cast<size_t>(at - begin);
  if (size > kMostLineBytes - line_bytes_) return false;
  line_bytes_ += static_cast<uint32_t>(size);
  input.at = at;
  if (size > 0) {
    if (word_size_ == 0) first_ = *begin;
    compare_word(begin, size);
    pass_word(input.operations, begin, size);
    word_size_ += static_cast<uint32_t>(size);
  }
  if (word_ == 0 && word_size_ > kLongestVerb) return false;
  if (at == input.end) return true;
  in_ = In::kGap;
  return end_word();
}

// Whether the word at hand may be a name that matters: a verb, `noreply`, an opaque.
bool MemcachedCodec::is_compared() const {
  if (word_ == 0 || opening_) return true;
  if (has_flags(verb_)) return first_ == 'O';
  if (verb_ == kGet || verb_ == kTouchingGet) return false;
  return has_data(verb_) ? word_ >= 5 : word_ >= 2 || verb_ == kSetting;
}

void MemcachedCodec::compare_word(const char* bytes, size_t size) {
  if (is_compared()) hash_ = hash_bytes(hash_, bytes, size);
  if (word_ < 2 || word_ > 4 || !has_data(verb_)) return;
  for (size_t i = 0; i < size; ++i) {
    const auto digit = static_cast<uint8_t>(bytes[i] - '0');
    if (digit > 9 || number_ > kMostNumber) {
      is_number_ = is_number_ && i == 0 && word_size_ == 0 && bytes[i] == '-' && word_ == 3;
      if (!is_number_) return;
    } else {
      number_ = number_ * 10 + digit;
    }
  }
}

void MemcachedCodec::pass_word(Operations& operations, const char* bytes, size_t size) {
  if (keep_left_ == 0 && !added_) return;
  const auto kept = static_cast<uint32_t>(std::min<size_t>(size, keep_left_));
  if (!added_) {
    operations.add(wire::SliceKind::kArgument, bytes, kept);
  } else if (kept > 0) {
    operations.append(bytes, kept);
  }
  keep_left_ -= kept;
  budget_ = static_cast<uint16_t>(budget_ - kept);
  added_ = kept == size;  // else nothing more of this word
  if (!added_) operations.mark_truncated();
}

bool MemcachedCodec::end_word() {
  if (word_ == 0) {
    verb_ = find_memcached_verb(hash_);
    if (verb_ == kUnknown) return false;
  }
  if (opening_ && word_ >= 1 && is_http_version(hash_)) return false;
  // As the second word it is a key, where there is one.
  last_is_noreply_ = word_ >= (verb_ == kSetting ? 1u : 2u) && hash_ == hash_bytes("noreply");
  if (has_data(verb_) && !take_number()) return false;
  if (has_flags(verb_) && word_ >= (verb_ == kMetaSet ? 3 : 2)) take_flag();
  ++word_;
  return true;
}

// The words before a data block: where one is wrong, the server reads the block as commands.
bool MemcachedCodec::take_number() {
  constexpr uint32_t kLongestKey = 250;
  constexpr uint64_t kMostDataBytes = 0x7fff'fffd;
  if (word_ == 1) return word_size_ <= kLongestKey;
  const uint32_t size_word = verb_ == kMetaSet ? 2 : 4;
  if (word_ == size_word) {
    data_left_ = number_;
    return is_number_ && number_ <= kMostDataBytes;
  }
  return verb_ == kMetaSet || word_ == 0 || word_ > 4 || is_number_;
}

void MemcachedCodec::take_flag() {
  if (first_ == 'q' && word_size_ == 1) quiet_ = true;
  if (first_ == 'O') opaque_ = static_cast<uint32_t>(hash_ ^ (hash_ >> 32)) | 1;
}

bool MemcachedCodec::read_data(Input& input) {
  const auto size = std::min<uint64_t>(data_left_, static_cast<uint64_t>(input.end - input.at));
  input.at += size;
  data_left_ -= size;
  if (data_left_ > 0) return true;
  in_ = In::kDataEnd;
  return true;
}

bool MemcachedCodec::read_data_end(Input& input) {
  const char c = *input.at++;
  if (data_left_ == 0) {
    data_left_ = 1;  // the CR was seen
    return c == '\r';
  }
  data_left_ = 0;
  return c == '\n' && end_command(input.operations);
}

}  // namespace seamtrace::agent::codecs
