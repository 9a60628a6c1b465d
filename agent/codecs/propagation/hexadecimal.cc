#include "agent/codecs/propagation/hexadecimal.h"

namespace seamtrace::agent::codecs {
namespace {

// One look-up a digit, and the result is checked once for all of them.
struct DigitValues {
  constexpr DigitValues() {
    for (int c = 0; c < 256; ++c) {
      const bool digit = c >= '0' && c <= '9';
      const bool letter = c >= 'a' && c <= 'f';
      values[c] = static_cast<uint8_t>(digit ? c - '0' : letter ? c - 'a' + 10 : 255);
    }
  }
  uint8_t values[256] = {};
};
constexpr DigitValues kDigitValues;

uint8_t value_of(char c) { return kDigitValues.values[static_cast<uint8_t>(c)]; }

}  // namespace

bool read_hex(const char* digits, uint8_t* out, size_t size) {
  uint8_t bad = 0;
  for (size_t i = 0; i < size; ++i) {
    const uint8_t high = value_of(digits[2 * i]);
    const uint8_t low = value_of(digits[2 * i + 1]);
    bad |= high | low;
    out[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return bad < 16;
}

bool read_short_hex(std::string_view digits, uint8_t* out, size_t size) {
  if (digits.empty() || digits.size() > 2 * size) return false;
  for (size_t i = 0; i < size; ++i) out[i] = 0;
  uint8_t bad = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const uint8_t value = value_of(digits[digits.size() - 1 - i]);
    bad |= value;
    uint8_t& byte = out[size - 1 - i / 2];
    byte = static_cast<uint8_t>(i % 2 == 0 ? value : value << 4 | byte);
  }
  return bad < 16;
}

char* write_hex(const uint8_t* bytes, size_t size, char* out) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (size_t i = 0; i < size; ++i) {
    *out++ = kDigits[bytes[i] >> 4];
    *out++ = kDigits[bytes[i] & 15];
  }
  return out;
}

}  // namespace seamtrace::agent::codecs
