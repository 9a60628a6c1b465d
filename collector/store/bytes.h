// ByteWriter, ByteReader: numbers and text in few bytes.
// Path:    inside the store
// Owner:   values; the writer appends to a string that the caller owns, the reader borrows.
// Failure: a reader that is asked for more than there is answers zeros and empty text from then
//          on, and says so by failed().
// Source:  collector/store/FORMAT.md, "Numbers and text".
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace seamtrace::collector::store {

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  /// Seven bits a byte, the least significant first.
  void number(uint64_t value) {
    char bytes[10];
    size_t size = 0;
    while (value >= 0x80) {
      bytes[size++] = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    bytes[size++] = static_cast<char>(value);
    out_.append(bytes, size);
  }
  /// Small for small magnitudes of either sign.
  void signed_number(int64_t value) {
    number((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  void byte(uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void fixed64(uint64_t value) {
    char bytes[8];
    for (size_t i = 0; i < sizeof(bytes); ++i) bytes[i] = static_cast<char>(value >> (8 * i));
    out_.append(bytes, sizeof(bytes));
  }
  void floating(double value) { fixed64(std::bit_cast<uint64_t>(value)); }
  void raw(std::string_view bytes) { out_.append(bytes); }
  void text(std::string_view text) {
    number(text.size());
    raw(text);
  }

 private:
  std::string& out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  uint64_t number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const uint64_t next = byte();
      value |= (next & 0x7f) << shift;
      if (next < 0x80) return value;
    }
    return fail();
  }
  int64_t signed_number() {
    const uint64_t value = number();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }
  uint8_t byte() {
    if (bytes_.empty()) return static_cast<uint8_t>(fail());
    const auto value = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return value;
  }
  uint64_t fixed64() {
    const std::string_view from = raw(8);
    uint64_t value = 0;
    for (size_t i = 0; i < from.size(); ++i) {
      value |= static_cast<uint64_t>(static_cast<uint8_t>(from[i])) << (8 * i);
    }
    return value;
  }
  double floating() { return std::bit_cast<double>(fixed64()); }
  std::string_view raw(uint64_t size) {
    if (size > bytes_.size()) {
      fail();
      return {};
    }
    const std::string_view result = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return result;
  }
  std::string_view text() { return raw(number()); }
  /// A number of things to come, each of at least `least` bytes: never more than can be there.
  uint64_t count(size_t least = 1) {
    const uint64_t value = number();
    return value <= bytes_.size() / least ? value : fail();
  }

  bool failed() const { return failed_; }
  bool empty() const { return bytes_.empty(); }
  size_t left() const { return bytes_.size(); }
  /// Makes everything from here on fail.
  uint64_t fail() {
    failed_ = true;
    bytes_ = {};
    return 0;
  }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

/// Fixed-width ids as numbers, first byte first, for comparing and hashing.
template <typename Id>
uint64_t id_number(const Id& id, size_t at = 0) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value = value << 8 | id[at + i];
  return value;
}
template <typename Id>
void set_id(Id& id, uint64_t value, size_t at = 0) {
  for (size_t i = 8; i-- > 0; value >>= 8) id[at + i] = static_cast<uint8_t>(value);
}

/// A fast hash of bytes, for tables in memory and for the checksum of chunks (low 32 bits).
inline uint64_t hash_bytes(std::string_view bytes, uint64_t seed = 0) {
  constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15u;
  uint64_t hash = (seed ^ bytes.size()) * kMultiplier;
  const auto mix = [&hash](uint64_t word) {
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 29;
  };
  while (bytes.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    mix(word);
    bytes.remove_prefix(8);
  }
  uint64_t word = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    word |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  }
  mix(word);
  hash *= kMultiplier;
  return hash ^ hash >> 32;
}

}  // namespace seamtrace::collector::store
