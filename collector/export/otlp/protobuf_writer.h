// ProtobufWriter: fields one after the other into one buffer that is used again and again.
// Path:    the protobuf encoder -> [export/otlp] -> the body of a request
// Memory:  the caller's buffer; it grows, and its size says how far it has grown, not how much
//          of it is in use.
// Failure: none; only a message of 2 GiB or more would be one, and a batch is bounded.
// Source:  protobuf.dev, "Encoding".
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace seamtrace::collector {

enum class WireType : uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

constexpr size_t varint_size(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

class ProtobufWriter {
 public:
  explicit ProtobufWriter(std::string& buffer) : buffer_(buffer) {}

  std::string_view written() const { return {buffer_.data(), used_}; }

  void add_varint(uint32_t field, uint64_t value) {
    char* at = room(2 * kLongestVarint);
    at = put_tag(at, field, WireType::kVarint);
    advance_to(put_varint(at, value));
  }
  void add_fixed64(uint32_t field, uint64_t value) { add_fixed(field, WireType::kFixed64, value); }
  void add_fixed32(uint32_t field, uint32_t value) { add_fixed(field, WireType::kFixed32, value); }

  void add_bytes(uint32_t field, std::string_view bytes) {
    char* at = room(2 * kLongestVarint + bytes.size());
    advance_to(put_bytes(at, field, bytes));
  }
  template <size_t kSize>
  void add_id(uint32_t field, const std::array<uint8_t, kSize>& id) {
    char* at = room(kLongestVarint + 1 + kSize);
    at = put_tag(at, field, WireType::kLength);
    *at++ = static_cast<char>(kSize);
    std::memcpy(at, id.data(), kSize);
    advance_to(at + kSize);
  }

  /// Writes a message: `fields` adds what is in it. `length_bytes` is a guess at the size of its
  /// length; a wrong one costs time only.
  template <typename Fields>
  void add_message(uint32_t field, size_t length_bytes, Fields fields) {
    char* at = room(2 * kLongestVarint);
    advance_to(put_tag(at, field, WireType::kLength));
    const size_t begin = used_ += length_bytes;
    fields();
    const size_t size = used_ - begin;
    if (const size_t needed = varint_size(size); needed != length_bytes) {
      room(kLongestVarint);
      std::memmove(buffer_.data() + begin - length_bytes + needed, buffer_.data() + begin, size);
      used_ = used_ - length_bytes + needed;
    }
    put_varint(buffer_.data() + begin - length_bytes, size);
  }

  // For what is written in one go: room() once, then puts, then advance_to().

  static constexpr size_t kLongestVarint = 10;

  /// Where the next byte goes; `bytes` may be written there.
  char* room(size_t bytes) {
    if (buffer_.size() - used_ < bytes) grow(bytes);
    return buffer_.data() + used_;
  }
  void advance_to(const char* end) { used_ = static_cast<size_t>(end - buffer_.data()); }

  static char* put_varint(char* at, uint64_t value) {
    for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
    *at++ = static_cast<char>(value);
    return at;
  }
  static char* put_tag(char* at, uint32_t field, WireType type) {
    return put_varint(at, uint64_t{field} << 3 | static_cast<uint32_t>(type));
  }
  static char* put_bytes(char* at, uint32_t field, std::string_view bytes) {
    at = put_tag(at, field, WireType::kLength);
    at = put_varint(at, bytes.size());
    return put_text(at, bytes);
  }
  /// Most texts are short: a call would cost more than the copy.
  static char* put_text(char* at, std::string_view text) {
    const size_t size = text.size();
    if (size > 32) {
      std::memcpy(at, text.data(), size);
    } else if (size >= 16) {
      copy_ends<16>(at, text);
    } else if (size >= 8) {
      copy_ends<8>(at, text);
    } else {
      for (size_t i = 0; i < size; ++i) at[i] = text[i];
    }
    return at + size;
  }

 private:
  /// The first and the last kPart bytes, which may overlap.
  template <size_t kPart>
  static void copy_ends(char* at, std::string_view text) {
    char last[kPart];
    std::memcpy(last, text.data() + text.size() - kPart, kPart);
    std::memcpy(at, text.data(), kPart);
    std::memcpy(at + text.size() - kPart, last, kPart);
  }

  template <typename Number>
  void add_fixed(uint32_t field, WireType type, Number value) {
    char* at = room(kLongestVarint + sizeof(value));
    at = put_tag(at, field, type);
    for (size_t i = 0; i < sizeof(value); ++i) *at++ = static_cast<char>(value >> (8 * i));
    advance_to(at);
  }

  [[gnu::noinline, gnu::cold]] void grow(size_t bytes) {
    buffer_.resize(buffer_.size() + buffer_.size() / 2 + bytes + 4096);
  }

  std::string& buffer_;
  size_t used_ = 0;
};

}  // namespace seamtrace::collector
