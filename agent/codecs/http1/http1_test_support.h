// What the tests of Http1Codec share: memory that ends at an unreadable page, and a reader that
// writes down what the codec says.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "agent/codecs/http1/http1_codec.h"
#include "agent/codecs/testing/guarded_bytes.h"

namespace seamtrace::agent::codecs {

/// Feeds chunks to a codec, checks what must hold for every event, and keeps a log of them.
class Reader {
 public:
  using Kind = Http1Event::Kind;
  using Direction = Http1Codec::Direction;

  struct Options {
    uint32_t carry_bytes = 128 * 1024;
    size_t largest_chunk = 128 * 1024;
    bool lines = true;                              ///< log the lines' text
    std::vector<Http1RequestMethod> requests = {};  ///< what the responses answer
  };

  explicit Reader(Direction direction) : Reader(direction, Options()) {}
  Reader(Direction direction, Options options)
      : codec(direction),
        options_(std::move(options)),
        direction_(direction),
        chunk_memory_(options_.largest_chunk),
        carry_memory_(options_.carry_bytes) {}

  /// False once the codec has said kNotHttp1 or kSwitched.
  bool feed(std::string_view bytes) {
    Chunk chunk{chunk_memory_.hold(bytes), bytes.size(), 0};
    while (true) {
      const size_t before = chunk.position;
      const Http1Event event = codec.next(chunk, carry);
      EXPECT_GE(chunk.position, before);
      EXPECT_LE(chunk.position, chunk.size);
      if (event.kind == Kind::kNeedCarry) {
        EXPECT_EQ(carry.bytes, nullptr);
        EXPECT_LT(chunk.position, chunk.size) << "kNeedCarry leaves the line to be read again";
        carry = {carry_memory_.last(options_.carry_bytes), options_.carry_bytes, 0, false};
        ++carries_asked_for;
        continue;
      }
      if (event.kind == Kind::kNeedMore) {
        EXPECT_EQ(chunk.position, chunk.size) << "kNeedMore before the end of the chunk";
        return true;
      }
      check(event, chunk, before);
      write_down(event);
      if (event.kind == Kind::kNotHttp1 || event.kind == Kind::kSwitched) return false;
    }
  }

  /// The events so far, one a line, adjacent content added up.
  std::string log() const {
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return text;
  }

  Http1Codec codec;
  Carry carry;
  int carries_asked_for = 0;
  std::vector<ptrdiff_t> blank_line_offsets;

 private:
  void check(const Http1Event& event, const Chunk& chunk, size_t before) {
    if (event.kind == Kind::kBody) {
      EXPECT_GT(event.body_bytes, 0u);
      EXPECT_LE(event.body_bytes, chunk.position - before);
    }
    if (event.kind == Kind::kHeader || event.kind == Kind::kStartLine) {
      const bool in_carry = event.line == carry.bytes && event.line_size <= carry.capacity;
      const bool in_chunk = event.line >= chunk.bytes && event.line_size <= chunk.size &&
                            event.line + event.line_size <= chunk.bytes + chunk.size;
      EXPECT_TRUE(in_carry || in_chunk);
    }
    if (event.kind == Kind::kHeader) {
      EXPECT_LE(event.name_size, event.line_size);
      EXPECT_LE(event.value_offset, event.line_size);
      EXPECT_LE(event.value_size, event.line_size - event.value_offset);
    }
    if (event.kind == Kind::kHeadEnd) {
      blank_line_offsets.push_back(event.blank_line_offset);
      if (event.blank_line_offset < 0) {
        EXPECT_EQ(event.blank_line_offset, -1);
        EXPECT_EQ(before, 0u);
        EXPECT_EQ(chunk.bytes[0], '\n');
      } else {
        const auto offset = static_cast<size_t>(event.blank_line_offset);
        ASSERT_LT(offset, chunk.position);
        EXPECT_TRUE(chunk.bytes[offset] == '\r' || chunk.bytes[offset] == '\n');
        EXPECT_EQ(chunk.position - offset, chunk.bytes[offset] == '\r' ? 2u : 1u);
      }
    }
  }

  void write_down(const Http1Event& event) {
    const std::string cut = options_.lines && event.truncated ? " (cut)" : "";
    const std::string line =
        options_.lines ? " " + std::string(event.line == nullptr ? "" : event.line, event.line_size)
                       : "";
    switch (event.kind) {
      case Kind::kStartLine: {
        if (direction_ == Direction::kResponse) {
          if (answered_ < options_.requests.size()) codec.answers(options_.requests[answered_]);
          lines_.push_back("status " + std::to_string(event.status) + line + cut);
          return;
        }
        const char* const kinds[] = {"request", "request(head)", "request(connect)"};
        lines_.push_back(kinds[static_cast<int>(event.method)] + line + cut);
        return;
      }
      case Kind::kHeader: {
        std::string text = event.trailer ? "trailer" : "header";
        if (options_.lines) {
          text += "(" + std::to_string(static_cast<int>(event.header)) + ") ";
          text += std::string(event.line, event.name_size) + "=";
          text += std::string(event.line + event.value_offset, event.value_size) + "|" + line + cut;
        }
        lines_.push_back(text);
        return;
      }
      case Kind::kHeadEnd:
        lines_.push_back(event.interim ? "head end, interim" : "head end");
        return;
      case Kind::kBody: {
        if (lines_.back().rfind("body ", 0) != 0) {
          lines_.emplace_back();
          body_ = 0;
        }
        body_ += event.body_bytes;
        lines_.back() = "body " + std::to_string(body_);
        return;
      }
      case Kind::kMessageEnd:
        lines_.push_back(event.interim ? "end, interim" : "end");
        if (!event.interim) ++answered_;
        return;
      case Kind::kSwitched:
        lines_.push_back("switched");
        return;
      default:
        lines_.push_back("not http1");
        return;
    }
  }

  Options options_;
  Direction direction_;
  GuardedBytes chunk_memory_;
  GuardedBytes carry_memory_;
  std::vector<std::string> lines_;
  uint64_t body_ = 0;
  size_t answered_ = 0;
};

/// The log without the lines' text: what happens to the stream.
inline std::string outline(Reader::Direction direction, std::string_view bytes,
                           std::vector<Http1RequestMethod> requests = {}) {
  Reader::Options options;
  options.lines = false;
  options.requests = std::move(requests);
  Reader reader(direction, std::move(options));
  reader.feed(bytes);
  return reader.log();
}
inline std::string request_outline(std::string_view bytes) {
  return outline(Reader::Direction::kRequest, bytes);
}
inline std::string response_outline(std::string_view bytes,
                                    std::vector<Http1RequestMethod> requests = {}) {
  return outline(Reader::Direction::kResponse, bytes, std::move(requests));
}

}  // namespace seamtrace::agent::codecs
