// RedisCodec, the client's side: commands as arrays of bulk strings, and inline.
#include <algorithm>
#include <cstring>

#include "agent/codecs/redis/redis_codec.h"

namespace seamtrace::agent::codecs {
namespace {

using redis::find_redis_command;
using redis::find_redis_subcommand;
using redis::has_subcommand;
using redis::hash_name;
using redis::may_open_inline;
using redis::opens_inline;
using redis::upper_case;

constexpr int64_t kMostWords = 0x7fff'ffff;
constexpr int64_t kMostTextBytes = 512 * 1024 * 1024;
constexpr uint32_t kMostInlineBytes = 64 * 1024;
constexpr uint32_t kWordBytes = 128;  // passed on, of each word
constexpr uint16_t kCommandBytes = 1024;
// No name that matters is longer: a longer one need not be hashed.
constexpr uint32_t kLongestName = 24;
constexpr uint64_t kNoName = 0;
constexpr uint32_t kMostIndex = 100'000'000;  // then one more digit

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The only other protocol whose first line may be taken for an inline command.
bool is_http_version(uint64_t word) {
  return word == hash_name("HTTP/1.1") || word == hash_name("HTTP/1.0");
}

bool ends_in_http_version(std::string_view line) {
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  if (line.size() < 8) return false;
  line.remove_prefix(line.size() - 8);
  return is_http_version(hash_name(line));
}

bool may_begin_array(std::string_view bytes) {
  size_t at = 1;
  while (at < bytes.size() && at <= 10 && is_digit(bytes[at])) ++at;
  if (at == bytes.size()) return true;
  if (at == 1) return false;
  const std::string_view line_end("\r\n$");
  const std::string_view rest(bytes.data() + at, bytes.size() - at);
  return begins_with(rest, line_end) || begins_with(line_end, rest);
}

}  // namespace

bool RedisCodec::may_begin(const char* bytes, size_t size) {
  const std::string_view all(bytes, size);
  if (all[0] == '*') return may_begin_array(all);
  size_t letters = 0;
  while (letters < size && letters <= kLongestName && all[letters] >= 'A' && all[letters] <= 'Z')
    ++letters;
  const std::string_view word(bytes, letters);
  if (word.empty() || letters > kLongestName) return false;
  if (letters == size) return may_open_inline(word);
  const char next = all[letters];
  if ((next != ' ' && next != '\r' && next != '\n') || !opens_inline(hash_name(word))) return false;
  const size_t line_end = all.find('\n');
  return line_end == std::string_view::npos || !ends_in_http_version({bytes, line_end});
}

Taken RedisCodec::request(const char* bytes, size_t size, Operations& operations) {
  if (failed_) return Taken::kNotMine;
  if (!begun_) {
    begun_ = true;
    tell_namespace(0, operations);
  }
  Input input{bytes, bytes + size, operations};
  while (input.at != input.end) {
    if (read_request(input)) continue;
    // Of a command that is not one nothing stays: the same in any pieces.
    if (open_) operations.withdraw_newest();
    open_ = false;
    failed_ = true;
    return Taken::kNotMine;
  }
  return Taken::kAll;
}

bool RedisCodec::read_request(Input& input) {
  switch (in_) {
    case In::kStart:
      if (*input.at == '*') {
        ++input.at;
        number_ = {};
        in_ = In::kCount;
        return true;
      }
      if (in_ == In::kInline && odd_word_) index_ = kUnknownIndex;
      in_word_ = false;
      in_ = In::kInline;
      return true;
    case In::kCount:
      return read_count(input);
    case In::kLengthType:
      if (*input.at != '$') return false;
      ++input.at;
      number_ = {};
      in_ = In::kLength;
      return true;
    case In::kLength:
      return read_length(input);
    case In::kText:
      return read_text(input);
    case In::kTextEnd:
      return read_text_end(input);
    case In::kInline:
      break;
  }
  return read_inline(input);
}

bool RedisCodec::read_count(Input& input) {
  const RedisNumber::Read read = number_.read(input.at, input.end);
  if (read != RedisNumber::Read::kWhole) return read == RedisNumber::Read::kMore;
  if (number_.value() > kMostWords) return false;
  if (number_.value() <= 0) {  // nothing is asked; the server forgets a SKIP all the same
    skip_next_ = false;
    in_ = In::kStart;
    return true;
  }
  words_left_ = static_cast<uint32_t>(number_.value());
  in_ = In::kLengthType;
  return begin_command(input);
}

bool RedisCodec::read_length(Input& input) {
  const RedisNumber::Read read = number_.read(input.at, input.end);
  if (read != RedisNumber::Read::kWhole) return read == RedisNumber::Read::kMore;
  if (number_.value() < 0 || number_.value() > kMostTextBytes) return false;
  text_left_ = static_cast<uint32_t>(number_.value());
  text_ending_ = false;
  begin_word(input.operations, text_left_);
  in_ = text_left_ > 0 ? In::kText : In::kTextEnd;
  return true;
}

bool RedisCodec::read_text(Input& input) {
  const size_t size = std::min<size_t>(text_left_, input.end - input.at);
  pass_word(input.operations, input.at, size);
  input.at += size;
  text_left_ -= static_cast<uint32_t>(size);
  if (text_left_ == 0) in_ = In::kTextEnd;
  return true;
}

bool RedisCodec::read_text_end(Input& input) {
  if (!text_ending_) {
    if (*input.at++ != '\r') return false;
    text_ending_ = true;
    if (input.at == input.end) return true;
  }
  if (*input.at++ != '\n' || !end_word()) return false;
  if (--words_left_ == 0) return end_command(input);
  in_ = In::kLengthType;
  return true;
}

// A command as a person types it: words between blanks, perhaps in quotes, up to the line's end.
bool RedisCodec::read_inline(Input& input) {
  const char* const begin = input.at;
  const bool good = in_word_ ? read_inline_word(input) : read_inline_gap(input);
  inline_bytes_ += static_cast<uint32_t>(std::min<size_t>(input.at - begin, kMostInlineBytes));
  return good && inline_bytes_ <= kMostInlineBytes;
}

bool RedisCodec::read_inline_gap(Input& input) {
  const char c = *input.at;
  if (!is_blank(c)) return begin_inline_word(input, c);
  ++input.at;
  return c != '\n' || end_inline(input);
}

bool RedisCodec::begin_inline_word(Input& input, char first) {
  if (!open_) {
    const bool letter = upper_case(first) >= 'A' && upper_case(first) <= 'Z';
    if (!letter || !begin_command(input)) return false;
  }
  in_word_ = true;
  quote_ = 0;
  escaped_ = false;
  odd_word_ = false;
  begin_word(input.operations, kWordBytes);
  return true;
}

bool RedisCodec::read_inline_word(Input& input) {
  const char* const begin = input.at;
  const char* at = begin;
  for (; at != input.end; ++at) {
    const char c = *at;
    if (escaped_) {
      escaped_ = false;
    } else if (quote_ == 0) {
      if (is_blank(c)) break;
      if (c == '"' || c == '\'') {
        quote_ = c;
        odd_word_ = true;
      }
      // The first word is plain: a name of letters that the server would have to decode may be
      // one whose arguments are secret.
      if (word_ == 0 && (odd_word_ || c <= ' ' || c == '\\' || c == 0x7f)) return false;
      if (opening_ && word_ == 0 && c != upper_case(c)) return false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == quote_) {
      quote_ = 0;
    }
    if (c == '\n') return false;  // within quotes
  }
  input.at = at;
  pass_word(input.operations, begin, at - begin);
  if (at == input.end) return true;
  in_word_ = false;
  if (odd_word_) hash_ = kNoName;
  return end_word();
}

bool RedisCodec::end_inline(Input& input) {
  if (open_) {
    // Not HTTP with a method of its own.
    return !(opening_ && is_http_version(hash_)) && end_command(input);
  }
  skip_next_ = false;
  in_ = In::kStart;
  return true;
}

bool RedisCodec::begin_command(Input& input) {
  input.open = input.operations.begin();
  if (input.open == nullptr) return false;
  recorded_ = input.open->recorded;
  open_ = true;
  word_ = 0;
  command_ = RedisCommand::kOther;
  recorded_words_ = kMaxRedisWords;
  budget_ = kCommandBytes;
  marked_ = false;
  mode_ = ReplyMode::kUnknown;
  return true;
}

// `size`: as far as it is known.
void RedisCodec::begin_word(Operations& operations, uint32_t size) {
  hash_ = size <= kLongestName || in_ == In::kInline ? kHashBasis : kNoName;
  if (word_ == 1) index_ = size > 0 ? 0 : kUnknownIndex;
  added_ = false;
  cut_ = false;
  keep_left_ = 0;
  if (!recorded_ || marked_) return;
  if (word_ >= recorded_words_ || budget_ == 0) {
    // What is left out for being secret was not cut: it is not there.
    if (recorded_words_ == kMaxRedisWords) operations.mark_truncated();
    marked_ = true;
    return;
  }
  keep_left_ = std::min<uint32_t>({size, kWordBytes, budget_});
  cut_ = size > keep_left_;
  if (size > 0) return;
  added_ = true;
  operations.add(wire::SliceKind::kArgument, "", 0);
}

bool RedisCodec::is_compared() const {
  if (hash_ == kNoName) return false;
  return word_ == 0 || (opening_ && in_ == In::kInline) ||
         (word_ == 1 && has_subcommand(command_)) ||
         (word_ == 2 && command_ == RedisCommand::kReplyMode);
}

void RedisCodec::pass_word(Operations& operations, const char* bytes, size_t size) {
  if (size == 0) return;
  if (is_compared()) hash_ = hash_name(hash_, bytes, size);
  if (word_ == 1 && command_ == RedisCommand::kSelect) read_index(bytes, size);
  if (keep_left_ == 0 && !(in_ == In::kInline && added_)) return;
  const auto kept = static_cast<uint32_t>(std::min<size_t>(size, keep_left_));
  if (added_) {
    if (kept > 0) operations.append(bytes, kept);
  } else {
    operations.add(wire::SliceKind::kArgument, bytes, kept);
  }
  added_ = true;
  keep_left_ -= kept;
  budget_ = static_cast<uint16_t>(budget_ - kept);
  if (keep_left_ > 0 || (!cut_ && kept == size)) return;
  operations.mark_truncated();
  added_ = false;  // nothing more of this word
  cut_ = false;
}

// Anything but a decimal index is refused by the server.
void RedisCodec::read_index(const char* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (!is_digit(bytes[i]) || index_ > kMostIndex) {
      index_ = kUnknownIndex;
      return;
    }
    index_ = index_ * 10 + static_cast<uint32_t>(bytes[i] - '0');
  }
}

bool RedisCodec::end_word() {
  if (word_ == 0) {
    if (in_ == In::kInline && opening_ && !opens_inline(hash_)) return false;
    const RedisCommandRule rule = find_redis_command(hash_);
    command_ = rule.command;
    recorded_words_ = rule.recorded_words;
  } else if (word_ == 1 && has_subcommand(command_)) {
    // A name that was not understood stays the last word that is recorded.
    const RedisCommandRule rule = find_redis_subcommand(command_, hash_);
    command_ = rule.command;
    if (hash_ != kNoName) recorded_words_ = rule.recorded_words;
  } else if (word_ == 1 && command_ == RedisCommand::kSelect) {
    if (in_ == In::kInline && odd_word_) index_ = kUnknownIndex;
  } else if (word_ == 2 && command_ == RedisCommand::kReplyMode) {
    if (hash_ == hash_name("ON")) mode_ = ReplyMode::kOn;
    if (hash_ == hash_name("OFF")) mode_ = ReplyMode::kOff;
    if (hash_ == hash_name("SKIP")) mode_ = ReplyMode::kSkip;
  }
  ++word_;
  return true;
}

}  // namespace seamtrace::agent::codecs
