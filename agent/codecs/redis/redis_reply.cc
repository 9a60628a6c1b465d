// RedisCodec, the server's side: the form of replies, of any depth.
#include <algorithm>
#include <cstring>

#include "agent/codecs/redis/redis_codec.h"

namespace seamtrace::agent::codecs {
namespace {

constexpr int64_t kMostBulkBytes = 512 * 1024 * 1024;
constexpr int64_t kMostElements = 0x7fff'ffff;
constexpr uint32_t kMostLineBytes = 1024 * 1024;

}  // namespace

Taken RedisCodec::response(const char* bytes, size_t size, Operations& operations) {
  if (failed_) return Taken::kNotMine;
  Input input{bytes, bytes + size, operations};
  while (input.at != input.end) {
    if (read_reply(input)) continue;
    failed_ = true;
    return Taken::kNotMine;
  }
  return Taken::kAll;
}

bool RedisCodec::read_reply(Input& input) {
  switch (out_) {
    case Out::kType:
      return read_type(input);
    case Out::kLine:
      return read_line(input);
    case Out::kNumber:
      return read_number(input);
    case Out::kBulk:
      break;
  }
  return read_bulk(input);
}

bool RedisCodec::read_type(Input& input) {
  value_type_ = *input.at++;
  switch (value_type_) {
    case '+':
    case '-':
    case '_':
    case ',':
    case '#':
    case '(':
      out_ = Out::kLine;
      line_bytes_ = 0;
      line_ending_ = false;
      break;
    case ':':
    case '$':
    case '=':
    case '!':
    case '*':
    case '~':
    case '%':
    case '|':
    case '>':
      out_ = Out::kNumber;
      size_line_ = {};
      break;
    default:  // streamed types too: no server sends them
      return false;
  }
  if (depth_ > 0) return value_type_ != '>';
  // An attribute belongs to the reply that follows.
  return value_type_ == '|' || begin_reply(value_type_, input.operations);
}

// A line is kept without its end; a CR within it ends it, or it is none of Redis.
bool RedisCodec::read_line(Input& input) {
  if (!line_ending_) {
    const auto size = static_cast<size_t>(input.end - input.at);
    const void* const found = memchr(input.at, '\r', size);
    const size_t text =
        found != nullptr ? static_cast<size_t>(static_cast<const char*>(found) - input.at) : size;
    if (keeps()) keep(input.at, text);
    if (text > kMostLineBytes - line_bytes_) return false;
    line_bytes_ += static_cast<uint32_t>(text);
    input.at += text;
    if (found == nullptr) return true;
    line_ending_ = true;
    if (++input.at == input.end) return true;
  }
  if (*input.at++ != '\n' || (value_type_ == '_' && line_bytes_ > 0)) return false;
  return end_value(value_type_ == '_', input);
}

bool RedisCodec::read_number(Input& input) {
  const RedisNumber::Read read = size_line_.read(input.at, input.end);
  if (read != RedisNumber::Read::kWhole) return read == RedisNumber::Read::kMore;
  const int64_t value = size_line_.value();
  switch (value_type_) {
    case ':':
      if (depth_ <= 1 && attributes_ == 0) integer_ = value;
      return end_value(false, input);
    case '$':
    case '=':
    case '!':
      return begin_bulk(value, input);
    default:
      return begin_aggregate(value, input);
  }
}

bool RedisCodec::begin_bulk(int64_t size, Input& input) {
  if (size == -1 && value_type_ == '$') return end_value(true, input);
  if (size < 0 || size > kMostBulkBytes) return false;
  bulk_left_ = static_cast<uint64_t>(size) + 2;
  out_ = Out::kBulk;
  return true;
}

bool RedisCodec::read_bulk(Input& input) {
  if (bulk_left_ > 2) {
    const auto size = static_cast<size_t>(std::min<uint64_t>(bulk_left_ - 2, input.end - input.at));
    if (keeps()) keep(input.at, size);
    input.at += size;
    bulk_left_ -= size;
    if (input.at == input.end) return true;
  }
  if (bulk_left_ == 2) {
    if (*input.at++ != '\r') return false;
    bulk_left_ = 1;
    if (input.at == input.end) return true;
  }
  return *input.at++ == '\n' && end_value(false, input);
}

bool RedisCodec::begin_aggregate(int64_t size, Input& input) {
  if (size == -1 && value_type_ == '*') return end_value(true, input);
  if (size < 0 || size > kMostElements) return false;
  const bool attribute = value_type_ == '|';
  const bool pairs = attribute || value_type_ == '%';
  const auto values = static_cast<uint32_t>(pairs ? size * 2 : size);
  if (depth_ == 0 && !attribute) size_ = values;
  out_ = Out::kType;
  if (values == 0) return attribute || end_value(false, input);
  if (depth_ == kMaxDepth) return false;
  if (attribute) attributes_ |= 1u << depth_;
  left_[depth_++] = values;
  return true;
}

// A value is complete, and with it perhaps what it stands in.
bool RedisCodec::end_value(bool null, Input& input) {
  out_ = Out::kType;
  while (depth_ > 0) {
    if (depth_ == 1) {  // a leading attribute's are forgotten when the reply begins
      ++elements_;
      nulls_ += null ? 1 : 0;
    }
    if (--left_[depth_ - 1] > 0) return true;
    --depth_;
    const uint32_t bit = 1u << depth_;
    if ((attributes_ & bit) != 0) {  // an attribute is no value of what it stands in
      attributes_ &= ~bit;
      return true;
    }
    null = false;
  }
  null_ = null;
  return end_reply(input.operations);
}

// Only lines that end_reply() may have to understand are kept.
bool RedisCodec::keeps() const {
  if (attributes_ != 0) return false;
  if (depth_ == 0) return type_ == '+' || is_error();
  const bool first = depth_ == 1 && elements_ == 0;
  return first && (reply_ == Reply::kPush || reply_ == Reply::kMessageOrAnswer);
}

void RedisCodec::keep(const char* bytes, size_t size) {
  const size_t kept = std::min<size_t>(size, kKeptLine - kept_size_);
  if (kept > 0) memcpy(kept_ + kept_size_, bytes, kept);
  kept_size_ = static_cast<uint8_t>(kept_size_ + kept);
}

}  // namespace seamtrace::agent::codecs
