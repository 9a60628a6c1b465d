// The steps of Http1Codec, and the lines of the head. The content is in http1_framing.cc.
#include "agent/codecs/http1/http1_codec.h"

#include <bit>
#include <cstring>

#include "agent/codecs/http1/http1_characters.h"

namespace seamtrace::agent::codecs {
namespace {

constexpr uint64_t kHead = 0x48454144;           // "HEAD", as Http1Codec::number_ keeps it
constexpr uint64_t kConnect = 0x434f4e4e454354;  // "CONNECT"

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

constexpr uint64_t kEachByte = 0x0101010101010101;

// Eight bytes at once: the top bit of each byte that is below `limit` (at most 128). The first of
// them is exact; a carry may set more after it.
constexpr uint64_t bytes_below(uint64_t word, uint8_t limit) {
  return (word - kEachByte * limit) & ~word & (kEachByte << 7);
}
constexpr uint64_t bytes_equal(uint64_t word, uint8_t value) {
  return bytes_below(word ^ (kEachByte * value), 1);
}

// How many bytes of a line are before the first that is none of a name.
uint32_t name_bytes(const char* line, uint32_t size) {
  uint32_t at = 0;
  while (size - at >= sizeof(uint64_t)) {
    uint64_t word;
    memcpy(&word, line + at, sizeof word);
    const uint64_t others =
        bytes_below(word, ' ' + 1) | bytes_equal(word, ':') | bytes_equal(word, 0x7f);
    if (others == 0) {
      at += sizeof word;
      continue;
    }
    if (std::endian::native == std::endian::little)
      return at + static_cast<uint32_t>(std::countr_zero(others)) / 8;
    break;
  }
  while (at < size && is_name(line[at])) ++at;
  return at;
}

// Finds name and value in `event.line`. False when there is no name with a colon.
bool split_field(Http1Event& event) {
  const char* const line = event.line;
  uint32_t end = event.line_size;
  const uint32_t name = name_bytes(line, end);
  event.name_size = name;
  if (name == end) {  // the carry had no room for more
    event.value_offset = end;
    return event.truncated;
  }
  if (name == 0 || line[name] != ':') return false;
  uint32_t value = name + 1;
  while (value < end && is_blank(line[value])) ++value;
  while (end > value && is_blank(line[end - 1])) --end;
  event.header = find_http1_header(line, name);
  event.value_offset = value;
  event.value_size = end - value;
  return true;
}

}  // namespace

Http1Event Http1Codec::next(Chunk& chunk, Carry& carry) {
  Http1Event event;
  bool ready = false;
  while (!ready) {
    if (state_ <= State::kFoldedLine) {
      ready = take_line(chunk, carry, event);
    } else if (state_ <= State::kCloseBody || state_ == State::kChunkData) {
      ready = take_body(chunk, event);
    } else if (state_ < State::kEnding) {
      ready = take_chunk_framing(chunk);
    } else {
      ready = true;
      event = Http1Event();  // nothing of a line that turned out to be malformed
      if (state_ == State::kEnding) {
        end_message(event);
      } else {
        event.kind =
            state_ == State::kSwitching ? Http1Event::Kind::kSwitched : Http1Event::Kind::kNotHttp1;
      }
    }
  }
  return event;
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

void Http1Codec::end_message(Http1Event& event) {
  event.kind = Http1Event::Kind::kMessageEnd;
  event.interim = is_interim();
  begin_message();
}

bool Http1Codec::take_line(Chunk& chunk, Carry& carry, Http1Event& event) {
  const size_t left = chunk.size - chunk.position;
  const bool open = state_ != State::kStart && state_ != State::kFields;
  if (!open) {
    carry.size = 0;
    carry.truncated = false;
  }
  if (left == 0) return true;
  if (open) return continue_line(chunk, carry, event);

  const char* const bytes = chunk.bytes + chunk.position;
  const char first = bytes[0];
  if (cr_) {
    if (first != '\n') return fail();
    cr_ = false;
    ++chunk.position;
    return take_empty_line(-1, event);
  }
  if (first == '\n') return take_empty_line(static_cast<ptrdiff_t>(chunk.position++), event);
  if (first == '\r') {
    if (left == 1) {
      cr_ = true;
      ++chunk.position;
      return true;
    }
    if (bytes[1] != '\n') return fail();
    chunk.position += 2;
    return take_empty_line(static_cast<ptrdiff_t>(chunk.position - 2), event);
  }
  // Before looking far ahead for a line end: most foreign protocols are told by one byte.
  if (state_ == State::kStart &&
      (direction_ == Direction::kRequest ? !is_token(first) : first != 'H'))
    return fail();

  const void* const line_feed = memchr(bytes, '\n', left);
  if (line_feed == nullptr) return open_line(chunk, carry, event);
  auto size = static_cast<size_t>(static_cast<const char*>(line_feed) - bytes);
  chunk.position += size + 1;
  if (bytes[size - 1] == '\r') --size;
  if (size > UINT32_MAX) return fail();
  event.line = bytes;
  event.line_size = static_cast<uint32_t>(size);

  if (state_ == State::kStart) {
    begin_line(Phase::kMethod);
    state_ = State::kStartLine;
    return read_line(bytes, size) ? finish_line(event) : fail();
  }
  if (is_blank(first)) {
    state_ = State::kFoldedLine;
    return read_line(bytes, size) ? finish_line(event) : fail();
  }
  // A whole field line: as read_field_line, but the name is looked up once.
  if (framing_ != Framing::kNone && !end_framing()) return fail();
  if (!split_field(event)) return fail();
  event.kind = Http1Event::Kind::kHeader;
  event.trailer = in_trailer_;
  if ((event.header == Http1Header::kContentLength ||
       event.header == Http1Header::kTransferEncoding) &&
      !in_trailer_) {
    begin_framing(event.header == Http1Header::kContentLength ? Framing::kContentLength
                                                              : Framing::kTransferEncoding);
    if (!read_framing(bytes + event.value_offset, event.value_size)) return fail();
  }
  return true;
}

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
  if (phase_ != Phase::kVersion || matched_ != 8) return fail();
  if (number_ == kHead) method_ = Http1RequestMethod::kHead;
  if (number_ == kConnect) method_ = Http1RequestMethod::kConnect;
  event.method = method_;
  return true;
}

bool Http1Codec::take_empty_line(ptrdiff_t offset, Http1Event& event) {
  if (state_ == State::kStart) return false;
  if (framing_ != Framing::kNone && !end_framing()) return fail();
  if (in_trailer_) {
    state_ = State::kEnding;
    return false;
  }
  return end_head(offset, event);
}

bool Http1Codec::between_messages() const { return state_ == State::kStart; }

bool Http1Codec::in_head() const {
  return state_ != State::kStart && state_ <= State::kFoldedLine && !in_trailer_;
}

}  // namespace seamtrace::agent::codecs
