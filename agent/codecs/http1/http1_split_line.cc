// The lines that are split over chunks: read portion by portion, and put together in the carry.
#include <cstring>

#include "agent/codecs/http1/http1_codec.h"
#include "agent/codecs/http1/http1_field.h"
#include "agent/codecs/http1/http1_scan.h"

namespace seamtrace::agent::codecs {
namespace {

// Adds a portion of a line of which `line_bytes` have gone by. A carry that does not hold all
// of those (another one than before, or a full one) holds no more of the line.
void append(Carry& carry, uint32_t line_bytes, const char* bytes, size_t size) {
  if (size == 0) return;
  const size_t room = carry.capacity > carry.size ? carry.capacity - carry.size : 0;
  if (carry.size != line_bytes || room < size) carry.truncated = true;
  if (carry.size != line_bytes) return;
  const size_t kept = size < room ? size : room;
  memcpy(carry.bytes + carry.size, bytes, kept);
  carry.size += static_cast<uint32_t>(kept);
}

// Finds name and value in `event.line`. False when there is no name with a colon.
bool split_field(Http1Event& event) {
  const auto name = static_cast<uint32_t>(find_first<NoName>(event.line, event.line_size));
  if (name == event.line_size) {  // the carry had no room for more
    event.name_size = name;
    event.value_offset = name;
    return event.truncated;
  }
  if (name == 0 || event.line[name] != ':') return false;
  describe_field(name, event);
  return true;
}

}  // namespace

// A line begins here and ends in a later chunk.
bool Http1Codec::open_line(Chunk& chunk, Carry& carry, Http1Event& event) {
  const char first = chunk.bytes[chunk.position];
  const Http1Codec before = *this;
  if (state_ == State::kStart) {
    begin_line(Phase::kMethod);
    state_ = State::kStartLine;
  } else if (is_blank(first)) {
    state_ = State::kFoldedLine;
  } else {
    if (!begin_field_line()) return fail();
    state_ = State::kFieldLine;
  }
  // Read before asking for room: what cannot be HTTP/1.x needs none.
  const size_t start = chunk.position;
  if (!continue_line(chunk, carry, event)) return false;
  if (event.kind == Http1Event::Kind::kNeedCarry) {
    *this = before;
    chunk.position = start;
  }
  return true;
}

bool Http1Codec::continue_line(Chunk& chunk, Carry& carry, Http1Event& event) {
  const char* bytes = chunk.bytes + chunk.position;
  const size_t left = chunk.size - chunk.position;
  if (left == 0) return true;
  const void* const line_feed = memchr(bytes, '\n', left);
  const bool ends = line_feed != nullptr;
  size_t size = ends ? static_cast<size_t>(static_cast<const char*>(line_feed) - bytes) : left;
  const size_t consumed = size + (ends ? 1 : 0);

  const Http1Codec before = *this;
  const bool held_cr = cr_ && size > 0;  // the CR that was held back is content after all
  cr_ = false;
  if (held_cr) {
    if (!read_line("\r", 1)) return fail();
    count_line_bytes(1);
  }
  if (size > 0 && bytes[size - 1] == '\r') {
    --size;
    cr_ = !ends;
  }
  if (!read_line(bytes, size)) return fail();
  if (state_ != State::kFoldedLine) {
    if (carry.bytes == nullptr) {
      *this = before;
      event.kind = Http1Event::Kind::kNeedCarry;
      return true;
    }
    if (held_cr) append(carry, before.line_bytes_, "\r", 1);
    append(carry, line_bytes_, bytes, size);
  }
  count_line_bytes(size);
  chunk.position += consumed;
  if (!ends) return true;
  event.line = carry.bytes;
  event.line_size = carry.size;
  event.truncated = carry.truncated;
  return finish_line(event);
}

// The line at hand is complete; it was read, and `event.line` is what is kept of it.
bool Http1Codec::finish_line(Http1Event& event) {
  const State line = state_;
  state_ = State::kFields;
  if (line == State::kFoldedLine) {
    event = Http1Event();
    return false;
  }
  if (line == State::kFieldLine) {
    if (phase_ != Phase::kValue || !split_field(event)) return fail();
    event.kind = Http1Event::Kind::kHeader;
    event.trailer = in_trailer_;
    return true;
  }
  event.kind = Http1Event::Kind::kStartLine;
  if (direction_ == Direction::kResponse) {
    event.status = status_;
    return status_ >= 100 || fail();
  }
  if (!end_request_line()) return fail();
  event.method = method_;
  return true;
}

}  // namespace seamtrace::agent::codecs
