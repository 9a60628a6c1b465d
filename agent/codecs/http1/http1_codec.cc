// The steps of Http1Codec, and the lines that lie in one chunk: nearly all of them do. A line
// that is split over chunks is in http1_split_line.cc, the content in http1_framing.cc.
#include "agent/codecs/http1/http1_codec.h"

#include <cstring>

#include "agent/codecs/http1/http1_field.h"
#include "agent/codecs/http1/http1_scan.h"

namespace seamtrace::agent::codecs {
namespace {

void forget_line(Carry& carry) {
  carry.size = 0;
  carry.truncated = false;
}

// The request lines that most clients send, told by a few comparisons: the size without the line
// end, which is CR LF. 0 for every other line, well-formed or not.
[[gnu::always_inline]] inline size_t usual_request_line(const char* bytes, size_t left) {
  constexpr size_t kMinimum = sizeof("GET / HTTP/1.1\r\n") - 1;
  if (left <= kMinimum) return 0;
  const size_t target = memcmp(bytes, "GET ", 4) == 0 ? 4 : memcmp(bytes, "POST ", 5) == 0 ? 5 : 0;
  if (target == 0) return 0;
  const size_t space = target + find_first<SpaceOrLineFeed>(bytes + target, left - target);
  constexpr size_t kRest = sizeof(" HTTP/1.1\r\n") - 1;
  if (space == target || left - space < kRest) return 0;
  const char* const rest = bytes + space;
  const bool fits =
      memcmp(rest, " HTTP/1.", 8) == 0 && is_digit(rest[8]) && rest[9] == '\r' && rest[10] == '\n';
  return fits ? space + kRest - 2 : 0;
}

}  // namespace

Http1Event Http1Codec::next(Chunk& chunk, Carry& carry) {
  if (state_ == State::kEnding) return next_message_end();
  if (chunk.position < chunk.size && !cr_) {
    const char first = chunk.bytes[chunk.position];
    if (state_ == State::kFields) {
      if (first == '\r' || first == '\n') return next_empty_line(chunk, carry);
      return next_field(chunk, carry);
    }
    if (state_ == State::kStart && first != '\r' && first != '\n')
      return next_start_line(chunk, carry);
  } else if (state_ == State::kStart && !cr_) {
    forget_line(carry);
    return Http1Event();
  }
  return next_of_any(chunk, carry);
}

Http1Event Http1Codec::next_field(Chunk& chunk, Carry& carry) {
  Http1Event event;
  if (!take_field(chunk, carry, event)) event = next_of_any(chunk, carry);
  return event;
}

Http1Event Http1Codec::next_start_line(Chunk& chunk, Carry& carry) {
  Http1Event event;
  if (!take_start_line(chunk, carry, event)) event = next_of_any(chunk, carry);
  return event;
}

Http1Event Http1Codec::next_empty_line(Chunk& chunk, Carry& carry) {
  Http1Event event;
  forget_line(carry);
  if (!take_empty_line(chunk, event)) event = next_of_any(chunk, carry);
  return event;
}

Http1Event Http1Codec::next_message_end() {
  Http1Event event;
  event.kind = Http1Event::Kind::kMessageEnd;
  event.interim = is_interim();
  begin_message();
  return event;
}

Http1Event Http1Codec::next_of_any(Chunk& chunk, Carry& carry) {
  Http1Event event;
  bool ready = false;
  while (!ready) {
    if (state_ == State::kStart || state_ == State::kFields) {
      ready = take_line(chunk, carry, event);
    } else if (state_ == State::kEnding) {
      ready = true;
      event = next_message_end();
    } else if (state_ <= State::kFoldedLine) {
      ready = continue_line(chunk, carry, event);
    } else if (state_ <= State::kCloseBody || state_ == State::kChunkData) {
      ready = take_body(chunk, event);
    } else if (state_ < State::kEnding) {
      ready = take_chunk_framing(chunk);
    } else {
      ready = true;
      event = Http1Event();  // nothing of a line that turned out to be malformed
      event.kind =
          state_ == State::kSwitching ? Http1Event::Kind::kSwitched : Http1Event::Kind::kNotHttp1;
    }
  }
  return event;
}

bool Http1Codec::take_line(Chunk& chunk, Carry& carry, Http1Event& event) {
  forget_line(carry);
  if (chunk.position == chunk.size) return true;
  const char first = chunk.bytes[chunk.position];
  if (cr_ || first == '\r' || first == '\n') return take_empty_line(chunk, event);
  return state_ == State::kStart ? take_start_line(chunk, carry, event)
                                 : take_field(chunk, carry, event);
}

// The next step of every failure is kNotHttp1.
bool Http1Codec::fail() {
  state_ = State::kFailed;
  return false;
}

void Http1Codec::begin_message() {
  const Http1RequestMethod method = is_interim() ? method_ : Http1RequestMethod::kOrdinary;
  *this = Http1Codec(direction_);
  method_ = method;
}

inline bool Http1Codec::take_start_line(Chunk& chunk, Carry& carry, Http1Event& event) {
  const char* const bytes = chunk.bytes + chunk.position;
  const size_t left = chunk.size - chunk.position;
  forget_line(carry);
  const bool is_request = direction_ == Direction::kRequest;
  size_t size = is_request ? usual_request_line(bytes, left) : 0;
  if (size > 0) {
    chunk.position += size + 2;
  } else {
    // Before looking far ahead for a line end: most foreign protocols are told by one byte.
    if (is_request ? !is_token(bytes[0]) : bytes[0] != 'H') return fail();
    size = find_line_feed(bytes, left);
    if (size == left) return open_line(chunk, carry, event);
    chunk.position += size + 1;
    if (bytes[size - 1] == '\r') --size;
    begin_line(Phase::kMethod);
    if (is_request ? !read_request_line(bytes, size) || !end_request_line()
                   : !read_status_line(bytes, size) || status_ < 100)
      return fail();
  }
  if (size > UINT32_MAX) return fail();
  state_ = State::kFields;
  event.kind = Http1Event::Kind::kStartLine;
  event.line = bytes;
  event.line_size = static_cast<uint32_t>(size);
  event.status = status_;
  if (is_request) event.method = method_;
  return true;
}

// As read_field_line, but the name is looked up once.
inline bool Http1Codec::take_field(Chunk& chunk, Carry& carry, Http1Event& event) {
  const char* const bytes = chunk.bytes + chunk.position;
  const size_t left = chunk.size - chunk.position;
  forget_line(carry);
  const size_t name = find_first<NoName>(bytes, left);
  if (name == 0) return take_line_without_name(chunk, carry, event);
  size_t size = name + find_line_feed(bytes + name, left - name);
  if (size == left) return open_line(chunk, carry, event);
  if (bytes[name] != ':' || size > UINT32_MAX) return fail();
  if (framing_ != Framing::kNone && !end_framing()) return fail();

  chunk.position += size + 1;
  if (bytes[size - 1] == '\r') --size;
  event.kind = Http1Event::Kind::kHeader;
  event.trailer = in_trailer_;
  event.line = bytes;
  event.line_size = static_cast<uint32_t>(size);
  describe_field(static_cast<uint32_t>(name), event);
  return !frames_message(event.header) || in_trailer_ || read_framing_field(event);
}

// The name of the field in `event.line` is one that frames the message.
bool Http1Codec::read_framing_field(const Http1Event& event) {
  begin_framing(event.header == Http1Header::kContentLength ? Framing::kContentLength
                                                            : Framing::kTransferEncoding);
  return read_framing(event.line + event.value_offset, event.value_size) || fail();
}

// A continuation line (obs-fold), which nobody sees, or one that has no business among fields.
bool Http1Codec::take_line_without_name(Chunk& chunk, Carry& carry, Http1Event& event) {
  const char* const bytes = chunk.bytes + chunk.position;
  const size_t left = chunk.size - chunk.position;
  size_t size = find_line_feed(bytes, left);
  if (size == left) return open_line(chunk, carry, event);
  chunk.position += size + 1;
  if (bytes[size - 1] == '\r') --size;
  if (!is_blank(bytes[0])) return fail();
  if (framing_ != Framing::kNone && !read_framing(bytes, size)) return fail();
  return false;
}

// CR LF or a bare LF; a CR at the end of the chunk is held back.
// REQUIRES: the next byte is one of them, or cr_.
inline bool Http1Codec::take_empty_line(Chunk& chunk, Http1Event& event) {
  const char* const bytes = chunk.bytes + chunk.position;
  const size_t left = chunk.size - chunk.position;
  const ptrdiff_t offset = cr_ ? -1 : static_cast<ptrdiff_t>(chunk.position);
  const size_t cr_bytes = !cr_ && bytes[0] == '\r' ? 1 : 0;
  if (cr_bytes == left) {
    cr_ = true;
    ++chunk.position;
    return true;
  }
  if (bytes[cr_bytes] != '\n') return fail();
  cr_ = false;
  chunk.position += cr_bytes + 1;
  return state_ == State::kFields && end_fields(offset, event);
}

inline bool Http1Codec::end_fields(ptrdiff_t offset, Http1Event& event) {
  if (framing_ != Framing::kNone && !end_framing()) return fail();
  if (!in_trailer_) return end_head(offset, event);
  state_ = State::kEnding;
  return false;
}

bool Http1Codec::between_messages() const { return state_ == State::kStart; }

bool Http1Codec::in_head() const {
  return state_ != State::kStart && state_ <= State::kFoldedLine && !in_trailer_;
}

}  // namespace seamtrace::agent::codecs
