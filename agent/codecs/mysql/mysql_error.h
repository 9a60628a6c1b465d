// ErrorCode: an error's number, as text.
#pragma once

#include "agent/codecs/mysql/mysql_protocol.h"

namespace seamtrace::agent::codecs::mysql {

class ErrorCode {
 public:
  /// The bytes after an ERR packet's first. Too few: no number, an empty text.
  ErrorCode(const char* bytes, size_t size) {
    if (size < 2) return;
    number_ = little16(bytes);
    begin_ = sizeof(digits_);
    uint32_t rest = number_;
    do {
      digits_[--begin_] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest > 0);
  }
  uint16_t number() const { return number_; }
  const char* text() const { return digits_ + begin_; }
  size_t size() const { return sizeof(digits_) - begin_; }

 private:
  char digits_[5] = {};
  size_t begin_ = sizeof(digits_);
  uint16_t number_ = 0;
};

}  // namespace seamtrace::agent::codecs::mysql
