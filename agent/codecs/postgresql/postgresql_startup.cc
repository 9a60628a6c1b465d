// PostgresqlCodec before the first message: requests for encryption, cancelling, start-up.
#include <cstring>

#include "agent/codecs/postgresql/postgresql_bytes.h"
#include "agent/codecs/postgresql/postgresql_codec.h"

namespace seamtrace::agent::codecs {
namespace {

constexpr uint32_t kCancelRequest = 80877102;
constexpr uint32_t kSslRequest = 80877103;
constexpr uint32_t kGssEncRequest = 80877104;
constexpr uint32_t kMajorVersion = 3;
constexpr uint32_t kLeastPacket = 8;
constexpr uint32_t kLargestPacket = 10000;  // MAX_STARTUP_PACKET_LENGTH
constexpr uint32_t kLeastCancelRequest = 12;

bool is_start_up(uint32_t code) { return code >> 16 == kMajorVersion; }

bool may_be_code(const char* bytes, size_t size) {
  char code[4] = {};
  memcpy(code, bytes, size);
  const uint32_t number = postgresql_number(code);
  const uint32_t mask = ~static_cast<uint32_t>((uint64_t{1} << (8 * (4 - size))) - 1);
  for (const uint32_t known : {kCancelRequest, kSslRequest, kGssEncRequest})
    if ((known & mask) == number) return true;
  return size < 2 ? number == 0 : is_start_up(number);
}

}  // namespace

bool PostgresqlCodec::may_begin(const char* bytes, size_t size) {
  char length[4] = {};
  memcpy(length, bytes, size < 4 ? size : 4);
  const uint32_t number = postgresql_number(length);
  if (number > kLargestPacket) return false;
  if (size < 4) return true;
  if (number < kLeastPacket || !may_be_code(bytes + 4, size < 8 ? size - 4 : 4)) return false;
  if (size <= kPostgresqlPacketBytes) return true;
  // Where other protocols of length and number have binary data, a name of a parameter begins.
  return !is_start_up(postgresql_number(bytes + 4)) ||
         (bytes[8] != 0) == (number > kPostgresqlPacketBytes + 1);
}

bool PostgresqlCodec::take_packet_head(Input& input) {
  while (head_size_ < kPostgresqlPacketBytes) {
    if (input.at == input.end) return may_begin(packet_bytes_, head_size_);
    packet_bytes_[head_size_++] = *input.at++;
  }
  if (!may_begin(packet_bytes_, head_size_)) return false;
  head_size_ = 0;
  return begin_packet(postgresql_number(packet_bytes_), postgresql_number(packet_bytes_ + 4));
}

bool PostgresqlCodec::begin_packet(uint32_t size, uint32_t code) {
  left_ = size - kPostgresqlPacketBytes;
  if (is_start_up(code)) {
    field_ = Field::kParameterName;
    return left_ > 0;
  }
  if (code == kCancelRequest) {
    phase_ = Phase::kCancelling;
    field_ = Field::kRest;
    return size >= kLeastCancelRequest;
  }
  ++encryption_asked_;
  return left_ == 0 && encryption_asked_ <= 2;
}

bool PostgresqlCodec::take_parameter(Input& input, Operations& operations) {
  const size_t usable = available(input);
  const auto* const nul = static_cast<const char*>(memchr(input.at, 0, usable));
  const size_t size = nul != nullptr ? static_cast<size_t>(nul - input.at) : usable;
  const size_t room = kKeptBytes - head_size_;
  const size_t kept = size < room ? size : room;
  memcpy(packet_bytes_ + head_size_, input.at, kept);
  head_size_ = static_cast<uint8_t>(head_size_ + kept);
  const size_t taken = size + (nul != nullptr ? 1 : 0);
  input.at += taken;
  left_ -= static_cast<uint32_t>(taken);
  if (nul == nullptr) return left_ > 0;
  if (field_ == Field::kParameterValue) return end_parameter_value(operations);
  if (head_size_ > 0) {
    end_parameter_name();
    return left_ > 0;
  }
  phase_ = Phase::kStartingUp;
  field_ = Field::kHead;
  return left_ == 0;
}

void PostgresqlCodec::end_parameter_name() {
  const auto is = [this](const char* name, size_t size) {
    return head_size_ == size && memcmp(packet_bytes_, name, size) == 0;
  };
  parameter_ = is("user", 4)       ? Parameter::kUser
               : is("database", 8) ? Parameter::kDatabase
                                   : Parameter::kOther;
  head_size_ = 0;
  field_ = Field::kParameterValue;
}

bool PostgresqlCodec::end_parameter_value(Operations& operations) {
  const bool is_user = parameter_ == Parameter::kUser;
  const bool is_database = parameter_ == Parameter::kDatabase && head_size_ > 0;
  if (is_user) operations.set_user(packet_bytes_, head_size_);
  // The database is named like the user until it is named itself.
  if (is_database || (is_user && !has_database_))
    operations.set_namespace(packet_bytes_, head_size_);
  has_database_ = has_database_ || is_database;
  head_size_ = 0;
  field_ = Field::kParameterName;
  return left_ > 0;
}

}  // namespace seamtrace::agent::codecs
