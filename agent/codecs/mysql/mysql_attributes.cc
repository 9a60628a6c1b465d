// Query attributes: how long a value is depends on its type, and all types come before all values.
#include "agent/codecs/mysql/mysql_fields.h"

namespace seamtrace::agent::codecs::mysql {
namespace {

constexpr uint8_t kByteLength = 9;  // one byte says how long it is
constexpr uint8_t kLengthEncoded = 10;
constexpr uint8_t kUnknown = 15;

// The size of a value of this type (enum_field_types), or how it is told.
uint8_t value_size(uint8_t type) {
  switch (type) {
    case 6:  // null
      return 0;
    case 1:  // tiny
      return 1;
    case 2:   // short
    case 13:  // year
      return 2;
    case 3:  // long
    case 4:  // float
    case 9:  // int24
      return 4;
    case 5:  // double
    case 8:  // long long
      return 8;
    case 7:   // timestamp
    case 10:  // date
    case 11:  // time
    case 12:  // datetime
      return kByteLength;
    case 0:   // decimal
    case 15:  // varchar
    case 16:  // bit
      return kLengthEncoded;
    default:  // 245 and on: json, new decimal, enum, set, blobs, strings, geometry
      return type >= 245 ? kLengthEncoded : kUnknown;
  }
}

}  // namespace

void AttributeReader::read(Bytes& bytes) {
  while (bytes.size > 0 && !done() && !lost()) {
    if (step_ != Step::kName && step_ != Step::kValue) {
      take(bytes.take());
      continue;
    }
    skip_ -= bytes.skip_up_to(skip_);
    if (skip_ == 0) next_parameter();
  }
}

void AttributeReader::take(uint8_t byte) {
  switch (step_) {
    case Step::kCount:
      if (!length_.take(byte)) return;
      step_ = length_.value() > kMost ? Step::kLost : Step::kSets;
      count_ = static_cast<uint8_t>(length_.value());
      return;
    case Step::kSets:
      if (!length_.take(byte)) return;
      step_ = count_ == 0 ? Step::kDone : length_.value() == 1 ? Step::kNulls : Step::kLost;
      return;
    case Step::kNulls:
      nulls_[index_++] = byte;
      if (index_ < (count_ + 7) / 8) return;
      index_ = 0;
      step_ = Step::kBindFlag;
      return;
    case Step::kBindFlag:
      step_ = byte == 1 ? Step::kType : Step::kLost;
      return;
    case Step::kType: {
      const uint8_t size = value_size(byte);
      const auto shifted = static_cast<uint8_t>(index_ % 2 == 0 ? size : size << 4);
      sizes_[index_ / 2] = static_cast<uint8_t>(sizes_[index_ / 2] | shifted);
      step_ = size == kUnknown ? Step::kLost : Step::kTypeFlag;
      return;
    }
    case Step::kTypeFlag:
      step_ = Step::kNameLength;
      return;
    case Step::kNameLength:
      if (!length_.take(byte)) return;
      skip_ = length_.value();
      step_ = Step::kName;
      if (skip_ == 0) next_parameter();
      return;
    case Step::kValueByteLength:
      skip_value(byte);
      return;
    case Step::kValueLength:
      if (length_.take(byte)) skip_value(length_.value());
      return;
    default:
      return;
  }
}

// After a name: the next type, or the first value. After a value: the next one, or the text.
void AttributeReader::next_parameter() {
  ++index_;
  if (step_ == Step::kName) {
    if (index_ < count_) {
      step_ = Step::kType;
      return;
    }
    index_ = 0;
  }
  begin_value();
}

void AttributeReader::begin_value() {
  for (; index_ < count_; ++index_) {
    const bool null = (nulls_[index_ / 8] >> (index_ % 8) & 1) != 0;
    const uint8_t size = null ? 0 : size_of(index_);
    if (size == 0) continue;
    skip_ = size;
    step_ = size == kLengthEncoded ? Step::kValueLength
            : size == kByteLength  ? Step::kValueByteLength
                                   : Step::kValue;
    return;
  }
  step_ = Step::kDone;
}

uint8_t AttributeReader::size_of(uint8_t index) const {
  return static_cast<uint8_t>(index % 2 == 0 ? sizes_[index / 2] & 15 : sizes_[index / 2] >> 4);
}

void AttributeReader::skip_value(uint32_t size) {
  skip_ = size;
  step_ = Step::kValue;
  if (size == 0) next_parameter();
}

}  // namespace seamtrace::agent::codecs::mysql
