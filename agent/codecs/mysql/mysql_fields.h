// Readers of single fields, for fields that may come in any portions.
// Path:    connections -> [codecs/mysql] -> spans
// Owner:   MysqlCodec.
// Memory:  fixed; only names are kept, cut where there is no more room.
// Failure: lost(): what follows cannot be found.
// Source:  MySQL Client/Server Protocol, "Basic Data Types", "OK_Packet", "COM_QUERY".
#pragma once

#include "agent/codecs/mysql/mysql_protocol.h"

namespace seamtrace::agent::codecs::mysql {

/// A length-encoded integer that is a length; saturates, because no message is as long as that.
class LengthReader {
 public:
  void begin() { *this = LengthReader(); }
  /// True when the number is complete.
  bool take(uint8_t byte) {
    if (bytes_left_ == 0) return begin_number(byte);
    if (shift_ < 32) {
      value_ |= static_cast<uint32_t>(byte) << shift_;
    } else if (byte != 0) {
      value_ = UINT32_MAX;
    }
    shift_ = static_cast<uint8_t>(shift_ + 8);
    return --bytes_left_ == 0;
  }
  uint32_t value() const { return value_; }

 private:
  bool begin_number(uint8_t byte) {
    shift_ = 0;
    value_ = byte < 0xfb ? byte : 0;  // 0xfb: NULL, 0xff: nothing; both as 0
    bytes_left_ = byte == 0xfc ? 2 : byte == 0xfd ? 3 : byte == 0xfe ? 8 : 0;
    return bytes_left_ == 0;
  }

  uint32_t value_ = 0;
  uint8_t bytes_left_ = 0;
  uint8_t shift_ = 0;
};

/// A name that is put together; longer ones are cut.
class Name {
 public:
  void clear() { size_ = 0; }
  void append(const char* bytes, size_t size) {
    for (size_t i = 0; i < size && size_ < sizeof(bytes_); ++i) bytes_[size_++] = bytes[i];
  }
  void append(char byte) { append(&byte, 1); }
  const char* bytes() const { return bytes_; }
  size_t size() const { return size_; }

 private:
  char bytes_[64] = {};
  uint8_t size_ = 0;
};

/// The attributes that stand before the text of a COM_QUERY; none of them is looked at.
class AttributeReader {
 public:
  void begin() { *this = AttributeReader(); }
  /// Eats what belongs to the attributes. Until done() or lost().
  void read(Bytes& bytes);
  bool done() const { return step_ == Step::kDone; }
  bool lost() const { return step_ == Step::kLost; }

 private:
  static constexpr uint8_t kMost = 32;  // as many as MySQL's own client library sends
  enum class Step : uint8_t {
    kCount,
    kSets,
    kNulls,
    kBindFlag,
    kType,
    kTypeFlag,
    kNameLength,
    kName,
    kValueLength,      // length-encoded
    kValueByteLength,  // one byte
    kValue,
    kDone,
    kLost,
  };

  void take(uint8_t byte);
  void next_parameter();
  void begin_value();
  uint8_t size_of(uint8_t index) const;
  void skip_value(uint32_t size);

  LengthReader length_;
  uint32_t skip_ = 0;
  Step step_ = Step::kCount;
  uint8_t count_ = 0;
  uint8_t index_ = 0;
  uint8_t nulls_[kMost / 8] = {};
  uint8_t sizes_[kMost / 2] = {};  // value_size() of each, four bits
};

/// Finds `USE name` at the start of a statement.
class UseReader {
 public:
  /// Whether a statement that begins with these bytes is worth reading. `size` >= 1.
  static bool may_begin(const char* bytes, size_t size) {
    const bool space = bytes[0] == ' ' || (bytes[0] >= '\t' && bytes[0] <= '\r');
    return space || ((bytes[0] | 0x20) == 'u' && (size < 2 || (bytes[1] | 0x20) == 's'));
  }
  void begin() { step_ = Step::kSpaceBefore; }
  void stop() { step_ = Step::kNone; }
  bool reading() const { return step_ < Step::kFound; }
  /// `name` has been written to.
  bool naming() const { return step_ >= Step::kName && step_ != Step::kNone; }
  void read(const char* bytes, size_t size, Name& name);
  /// The statement is over. True: `name` is the database's.
  bool end(const Name& name) {
    const bool found = step_ == Step::kFound || step_ == Step::kName || step_ == Step::kQuote;
    step_ = Step::kNone;
    return found && name.size() > 0;
  }

 private:
  enum class Step : uint8_t {
    kSpaceBefore,
    kU,
    kS,
    kE,
    kSpace,
    kName,
    kQuotedName,
    kQuote,  // the end of a quoted name, or half of a doubled quote
    kFound,
    kNone,
  };

  Step take(char byte, Name& name) const;

  Step step_ = Step::kNone;
};

/// The end of an OK packet: its text, and what has changed in the session.
class SessionReader {
 public:
  void begin() { *this = SessionReader(); }
  /// Eats bytes up to the end of a change of the default database. True: `name` is the new one.
  bool read(Bytes& bytes, Name& name);

 private:
  enum class Step : uint8_t {
    kTextLength,
    kText,
    kTotalLength,
    kType,
    kChangeLength,
    kChange,
    kSchemaLength,
    kSchema,
  };

  bool take(uint8_t byte, Name& name);

  LengthReader length_;
  uint32_t skip_ = 0;
  Step step_ = Step::kTextLength;
  bool is_schema_ = false;
};

}  // namespace seamtrace::agent::codecs::mysql
