// Where a message ends: the content behind the head, by length, by chunks, or until close.
#include <cstring>

#include "agent/codecs/http1/http1_characters.h"
#include "agent/codecs/http1/http1_codec.h"

namespace seamtrace::agent::codecs {
namespace {

constexpr uint8_t kMaxChunkSizeDigits = 16;

}  // namespace

// How the message is framed: RFC 9112, section 6.3.
bool Http1Codec::end_head(ptrdiff_t offset, Http1Event& event) {
  const bool is_request = direction_ == Direction::kRequest;
  const bool succeeded = status_ >= 200 && status_ < 300;
  matched_ = 0;
  number_ = 0;
  if (!is_request && (status_ == 101 || (succeeded && method_ == Http1RequestMethod::kConnect))) {
    state_ = State::kSwitching;
  } else if (is_request ? method_ == Http1RequestMethod::kConnect
                        : is_interim() || status_ == 204 || status_ == 304 ||
                              method_ == Http1RequestMethod::kHead) {
    state_ = State::kEnding;
  } else if (has_transfer_encoding_) {
    if (!ends_in_chunked_ && is_request) return fail();
    state_ = ends_in_chunked_ ? State::kChunkSize : State::kCloseBody;
  } else if (has_content_length_) {
    number_ = content_length_;
    state_ = number_ > 0 ? State::kLengthBody : State::kEnding;
  } else {
    state_ = is_request ? State::kEnding : State::kCloseBody;
  }
  event.kind = Http1Event::Kind::kHeadEnd;
  event.interim = is_interim();
  event.blank_line_offset = offset;
  return true;
}

bool Http1Codec::take_body(Chunk& chunk, Http1Event& event) {
  uint64_t bytes = chunk.size - chunk.position;
  if (bytes == 0) return true;
  if (state_ != State::kCloseBody) {
    if (bytes > number_) bytes = number_;
    number_ -= bytes;
    if (number_ == 0) state_ = state_ == State::kLengthBody ? State::kEnding : State::kChunkDataEnd;
  }
  chunk.position += bytes;
  event.kind = Http1Event::Kind::kBody;
  event.body_bytes = bytes;
  return true;
}

// chunk-size [anything] CRLF, and the CRLF after a chunk's content.
bool Http1Codec::take_chunk_framing(Chunk& chunk) {
  if (chunk.position == chunk.size) return true;
  if (state_ == State::kChunkExtension) {
    const char* const bytes = chunk.bytes + chunk.position;
    const size_t left = chunk.size - chunk.position;
    const void* const line_feed = memchr(bytes, '\n', left);
    chunk.position += line_feed == nullptr
                          ? left
                          : static_cast<size_t>(static_cast<const char*>(line_feed) - bytes);
    if (line_feed != nullptr) state_ = State::kChunkSizeEnd;
    return false;
  }
  const char c = chunk.bytes[chunk.position++];
  if (state_ == State::kChunkSize && is_hex_digit(c)) {
    if (matched_ == kMaxChunkSizeDigits) return fail();
    ++matched_;
    number_ = number_ << 4 | hex_value(c);
    return false;
  }
  if (state_ == State::kChunkSize && matched_ == 0) return fail();
  const bool after_data = state_ == State::kChunkDataEnd || state_ == State::kChunkDataCr;
  if (c == '\n') {
    matched_ = 0;
    in_trailer_ = !after_data && number_ == 0;
    state_ = after_data ? State::kChunkSize : in_trailer_ ? State::kFields : State::kChunkData;
    return false;
  }
  if (c == '\r' && state_ == State::kChunkSize) {
    state_ = State::kChunkSizeEnd;
    return false;
  }
  if (c == '\r' && state_ == State::kChunkDataEnd) {
    state_ = State::kChunkDataCr;
    return false;
  }
  if ((c == ';' || is_blank(c)) && state_ == State::kChunkSize) {
    state_ = State::kChunkExtension;
    return false;
  }
  return fail();
}

bool Http1Codec::skip_opaque(uint64_t bytes, bool& body_end) {
  body_end = false;
  if (bytes == 0 || state_ == State::kCloseBody) return true;
  if ((state_ != State::kLengthBody && state_ != State::kChunkData) || bytes > number_)
    return fail();
  number_ -= bytes;
  if (number_ > 0) return true;
  if (state_ == State::kChunkData) {
    state_ = State::kChunkDataEnd;
    return true;
  }
  body_end = true;
  begin_message();
  return true;
}

bool Http1Codec::end_of_stream() {
  if (state_ != State::kCloseBody) return false;
  begin_message();
  return true;
}

}  // namespace seamtrace::agent::codecs
