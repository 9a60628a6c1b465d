// RedisNumber: the decimal number of a line, in any pieces: `12\r\n`, `-1\r\n`.
// Path:    inside [codecs/redis]
// Memory:  borrows the bytes for the call; never reads beyond `end`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace seamtrace::agent::codecs {

class RedisNumber {
 public:
  enum class Read : uint8_t { kMore, kWhole, kBad };

  /// Advances `at` beyond the line end, or to `end`.
  Read read(const char*& at, const char* end) {
    if (read_whole(at, end)) return Read::kWhole;
    while (at != end) {
      const char c = *at++;
      const auto digit = static_cast<uint8_t>(c - '0');
      if (digit <= 9 && !ending_) {
        if (++digits_ > kMostDigits) return Read::kBad;
        magnitude_ = magnitude_ * 10 + digit;
      } else if (ending_) {
        return c == '\n' && digits_ > 0 ? Read::kWhole : Read::kBad;
      } else if (c == '\r') {
        ending_ = true;
      } else if ((c == '-' || c == '+') && digits_ == 0 && !signed_) {
        signed_ = true;
        negative_ = c == '-';
      } else {
        return Read::kBad;
      }
    }
    return Read::kMore;
  }

  /// Saturates.
  int64_t value() const {
    const int64_t size = magnitude_ > INT64_MAX ? INT64_MAX : static_cast<int64_t>(magnitude_);
    return negative_ ? -size : size;
  }

 private:
  static constexpr uint8_t kMostDigits = 19;  // of 64 bits

  /// The usual case, at one go: a short number without a sign, its line end in the same piece.
  bool read_whole(const char*& at, const char* end) {
    constexpr ptrdiff_t kShort = 8;
    if (digits_ != 0 || signed_ || ending_) return false;
    uint32_t number = 0;
    const char* here = at;
    for (; here != end && here - at < kShort; ++here) {
      const auto digit = static_cast<uint8_t>(*here - '0');
      if (digit > 9) break;
      number = number * 10 + digit;
    }
    if (here == at || end - here < 2 || here[0] != '\r' || here[1] != '\n') return false;
    magnitude_ = number;
    at = here + 2;
    return true;
  }

  uint64_t magnitude_ = 0;
  uint8_t digits_ = 0;
  bool signed_ = false;
  bool negative_ = false;
  bool ending_ = false;  // the CR was seen
};

}  // namespace seamtrace::agent::codecs
