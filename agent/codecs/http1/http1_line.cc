// The lines of a head, read in any portions: what decides how the message is framed comes
// from here, so it does not depend on the carry's room or on how the input was split.
#include <cstring>

#include "agent/codecs/http1/http1_characters.h"
#include "agent/codecs/http1/http1_codec.h"

namespace seamtrace::agent::codecs {
namespace {

constexpr uint64_t kHead = 0x48454144;           // "HEAD", as Http1Codec::number_ keeps it
constexpr uint64_t kConnect = 0x434f4e4e454354;  // "CONNECT"
constexpr size_t kMaxMethodBytes = 32;
constexpr char kVersion[] = "HTTP/1.";
constexpr size_t kVersionBytes = sizeof(kVersion) - 1;  // and a digit
constexpr char kChunked[] = "chunked";
constexpr uint8_t kChunkedBytes = sizeof(kChunked) - 1;
constexpr uint8_t kMismatch = 255;

constexpr char kFramingNames[][18] = {"", "content-length", "transfer-encoding"};
constexpr uint8_t kFramingNameBytes[] = {0, 14, 17};

}  // namespace

void Http1Codec::begin_line(Phase phase) {
  phase_ = phase;
  number_ = 0;
  matched_ = 0;
  line_bytes_ = 0;
}

// The field line before this one is over now: no continuation line followed it.
bool Http1Codec::begin_field_line() {
  if (framing_ != Framing::kNone && !end_framing()) return false;
  begin_line(Phase::kName);
  return true;
}

// Saturates: the codec only asks where in the first few bytes it is.
void Http1Codec::count_line_bytes(size_t size) {
  const size_t room = UINT32_MAX - line_bytes_;
  line_bytes_ += static_cast<uint32_t>(size < room ? size : room);
}

bool Http1Codec::read_line(const char* bytes, size_t size) {
  switch (state_) {
    case State::kStartLine:
      return direction_ == Direction::kRequest ? read_request_line(bytes, size)
                                               : read_status_line(bytes, size);
    case State::kFieldLine:
      return read_field_line(bytes, size);
    default:
      return framing_ == Framing::kNone || read_framing(bytes, size);
  }
}

// method SP request-target SP HTTP/1.DIGIT
bool Http1Codec::read_request_line(const char* bytes, size_t size) {
  size_t at = 0;
  if (phase_ == Phase::kMethod) {
    const size_t room = kMaxMethodBytes + 1 - line_bytes_;
    const size_t limit = size < room ? size : room;
    uint64_t letters = number_;
    for (; at < limit && is_token(bytes[at]); ++at)
      letters = letters << 8 | static_cast<uint8_t>(bytes[at]);
    number_ = letters;
    const size_t method_bytes = line_bytes_ + at;
    if (method_bytes > kMaxMethodBytes) return false;
    if (at == size) return true;
    if (bytes[at] != ' ' || method_bytes == 0) return false;
    ++at;
    phase_ = Phase::kTargetStart;
  }
  if (phase_ == Phase::kTargetStart) {
    if (at == size) return true;
    if (bytes[at] == ' ') return false;
    phase_ = Phase::kTarget;
  }
  if (phase_ == Phase::kTarget) {
    const void* const space = memchr(bytes + at, ' ', size - at);
    if (space == nullptr) return true;
    at = static_cast<size_t>(static_cast<const char*>(space) - bytes) + 1;
    phase_ = Phase::kVersion;
  }
  return read_version(bytes + at, size - at);
}

// The whole of the line was read: whether it is complete, and its method.
bool Http1Codec::end_request_line() {
  if (phase_ != Phase::kVersion || matched_ != kVersionBytes + 1) return false;
  if (number_ == kHead) method_ = Http1RequestMethod::kHead;
  if (number_ == kConnect) method_ = Http1RequestMethod::kConnect;
  return true;
}

bool Http1Codec::read_version(const char* bytes, size_t size) {
  size_t place = matched_;
  if (place == 0 && size == kVersionBytes + 1) {  // the usual case, in one comparison
    matched_ = kVersionBytes + 1;
    return memcmp(bytes, kVersion, kVersionBytes) == 0 && is_digit(bytes[kVersionBytes]);
  }
  for (size_t at = 0; at < size; ++at, ++place) {
    const bool fits = place < kVersionBytes ? bytes[at] == kVersion[place]
                                            : place == kVersionBytes && is_digit(bytes[at]);
    if (!fits) return false;
  }
  matched_ = static_cast<uint8_t>(place);
  return true;
}

// HTTP/1.DIGIT SP 3DIGIT [SP anything]
bool Http1Codec::read_status_line(const char* bytes, size_t size) {
  constexpr size_t kCodeAt = kVersionBytes + 2;
  constexpr size_t kCodeEnd = kCodeAt + 3;
  // The usual case first: a whole line, with a reason or at least the space before it.
  const char* const code = bytes + kCodeAt;
  if (line_bytes_ == 0 && size > kCodeEnd && memcmp(bytes, kVersion, kVersionBytes) == 0 &&
      is_digit(bytes[kVersionBytes]) && code[-1] == ' ' && is_digit(code[0]) && is_digit(code[1]) &&
      is_digit(code[2]) && code[3] == ' ') {
    status_ = static_cast<uint16_t>((code[0] - '0') * 100 + (code[1] - '0') * 10 + code[2] - '0');
    return true;
  }
  size_t place = line_bytes_;
  for (size_t at = 0; at < size && place <= kCodeEnd; ++at, ++place) {
    const char c = bytes[at];
    if (place < kVersionBytes) {
      if (c != kVersion[place]) return false;
    } else if (place == kVersionBytes + 1 || place == kCodeEnd) {
      if (c != ' ') return false;
    } else {
      if (!is_digit(c)) return false;
      if (place >= kCodeAt) status_ = static_cast<uint16_t>(status_ * 10 + (c - '0'));
    }
  }
  return true;
}

// name ":" value, of which only the fields that frame the message are read.
bool Http1Codec::read_field_line(const char* bytes, size_t size) {
  size_t at = 0;
  if (phase_ == Phase::kName) {
    for (; at < size && is_name(bytes[at]); ++at) {
      const size_t place = line_bytes_ + at;
      const char c = lower(bytes[at]);
      if (place == 0 && !in_trailer_)
        framing_ = c == 'c'   ? Framing::kContentLength
                   : c == 't' ? Framing::kTransferEncoding
                              : Framing::kNone;
      const auto candidate = static_cast<size_t>(framing_);
      if (place >= kFramingNameBytes[candidate] || c != kFramingNames[candidate][place])
        framing_ = Framing::kNone;
    }
    if (at == size) return true;
    const size_t name_bytes = line_bytes_ + at;
    if (bytes[at] != ':' || name_bytes == 0) return false;
    ++at;
    phase_ = Phase::kValue;
    const bool whole = name_bytes == kFramingNameBytes[static_cast<size_t>(framing_)];
    begin_framing(whole ? framing_ : Framing::kNone);
  }
  return framing_ == Framing::kNone || read_framing(bytes + at, size - at);
}

void Http1Codec::begin_framing(Framing framing) {
  framing_ = framing;
  member_ = Member::kBefore;
  matched_ = 0;
  number_ = 0;
  if (framing == Framing::kTransferEncoding) has_transfer_encoding_ = true;
}

bool Http1Codec::read_framing(const char* bytes, size_t size) {
  if (framing_ == Framing::kContentLength) return read_content_length(bytes, size);
  read_transfer_encoding(bytes, size);
  return true;
}

bool Http1Codec::end_framing() {
  const bool is_length = framing_ == Framing::kContentLength;
  framing_ = Framing::kNone;
  if (is_length) return end_content_length();
  end_transfer_coding();
  return true;
}

// 1#digits, all of them equal (RFC 9110, 8.6).
bool Http1Codec::read_content_length(const char* bytes, size_t size) {
  for (const char* at = bytes; at != bytes + size; ++at) {
    if (is_digit(*at)) {
      if (member_ == Member::kAfter || __builtin_mul_overflow(number_, 10, &number_) ||
          __builtin_add_overflow(number_, static_cast<uint64_t>(*at - '0'), &number_))
        return false;
      member_ = Member::kWithin;
    } else if (*at == ',') {
      if (!end_content_length()) return false;
    } else {
      if (!is_blank(*at)) return false;
      if (member_ == Member::kWithin) member_ = Member::kAfter;
    }
  }
  return true;
}

bool Http1Codec::end_content_length() {
  if (member_ == Member::kBefore) return false;
  if (has_content_length_ && content_length_ != number_) return false;
  has_content_length_ = true;
  content_length_ = number_;
  member_ = Member::kBefore;
  number_ = 0;
  return true;
}

// #coding; only whether the last one is `chunked`, without parameters, matters.
void Http1Codec::read_transfer_encoding(const char* bytes, size_t size) {
  for (size_t at = 0; at < size; ++at) {
    const char c = bytes[at];
    if (is_blank(c)) {
      if (member_ == Member::kWithin) member_ = Member::kAfter;
    } else if (c == ',') {
      end_transfer_coding();
    } else {
      const bool fits =
          member_ != Member::kAfter && matched_ < kChunkedBytes && lower(c) == kChunked[matched_];
      matched_ = fits ? static_cast<uint8_t>(matched_ + 1) : kMismatch;
      member_ = Member::kWithin;
    }
  }
}

void Http1Codec::end_transfer_coding() {
  if (member_ != Member::kBefore) ends_in_chunked_ = matched_ == kChunkedBytes;
  member_ = Member::kBefore;
  matched_ = 0;
}

}  // namespace seamtrace::agent::codecs
