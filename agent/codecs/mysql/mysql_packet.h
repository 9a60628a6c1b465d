// PacketFramer: bytes of one direction -> parts of messages.
// Path:    connections -> [codecs/mysql] -> spans
// Owner:   one per direction of a MysqlCodec.
// Memory:  parts point into the chunk; a header that is split over chunks is put together here.
// Source:  MySQL Client/Server Protocol, "MySQL Packets", "Sending More Than 16Mb".
//
//    3 bytes length | 1 byte sequence | payload     a payload of 0xffffff bytes goes on in the
//                                                   next packet; a shorter one ends the message
#pragma once

#include "agent/codecs/mysql/mysql_protocol.h"

namespace seamtrace::agent::codecs::mysql {

struct Part {
  Bytes bytes;
  bool first;  ///< the message begins here
  bool last;   ///< and is complete with these bytes
};

class PacketFramer {
 public:
  /// The next part of a message. False: the chunk is used up.
  [[gnu::always_inline]] bool next(Bytes& chunk, Part& part) {
    if (chunk.size > kHeaderBytes && between_messages()) {
      const uint32_t length = little24(chunk.at);
      if (length <= chunk.size - kHeaderBytes && length != kFullPacket) {
        first_length_ = length;
        sequence_ = u8(chunk.at[3]);
        part = {{chunk.at + kHeaderBytes, length}, true, true};
        chunk.skip(kHeaderBytes + length);
        return true;
      }
    }
    return next_of_any(chunk, part);
  }

  /// No byte of a message has been seen that is not over.
  bool between_messages() const { return !in_payload_ && !message_begun_ && header_size_ == 0; }
  /// The length of the message's first packet.
  uint32_t first_length() const { return first_length_; }
  uint8_t sequence() const { return sequence_; }

 private:
  [[gnu::noinline]] bool next_of_any(Bytes& chunk, Part& part) {
    if (!in_payload_ && !read_header(chunk)) return false;
    if (left_ > 0 && chunk.size == 0) return false;
    part.first = !message_begun_;
    part.bytes.at = chunk.at;
    part.bytes.size = chunk.skip_up_to(left_);
    left_ -= static_cast<uint32_t>(part.bytes.size);
    in_payload_ = left_ > 0;
    part.last = !in_payload_ && !full_;
    message_begun_ = !part.last;
    return true;
  }

  bool read_header(Bytes& chunk) {
    if (header_size_ == 0 && chunk.size >= kHeaderBytes) {
      begin_packet(chunk.at);
      chunk.skip(kHeaderBytes);
      return true;
    }
    while (header_size_ < kHeaderBytes) {
      if (chunk.size == 0) return false;
      header_[header_size_++] = static_cast<char>(chunk.take());
    }
    header_size_ = 0;
    begin_packet(header_);
    return true;
  }
  void begin_packet(const char* header) {
    left_ = little24(header);
    full_ = left_ == kFullPacket;
    in_payload_ = true;
    if (message_begun_) return;
    first_length_ = left_;
    sequence_ = u8(header[3]);
  }

  uint32_t left_ = 0;  // of the packet at hand
  uint32_t first_length_ = 0;
  char header_[kHeaderBytes] = {};
  uint8_t header_size_ = 0;
  uint8_t sequence_ = 0;
  bool in_payload_ = false;
  bool full_ = false;
  bool message_begun_ = false;
};

}  // namespace seamtrace::agent::codecs::mysql
