// The server's greeting, the client's answer to it, and who it says it is.
#include <cstring>

#include "agent/codecs/mysql/mysql_codec.h"
#include "agent/codecs/mysql/mysql_error.h"

namespace seamtrace::agent::codecs {

using namespace mysql;

namespace {

// After the version's text: thread (4), scramble (8), zero, capabilities (2); then, from 4.1 on,
// character set (1), status (2), capabilities (2), length of the scramble (1), zeros (6),
// MariaDB's capabilities (4).
constexpr size_t kGreetingFixedBytes = 31;
constexpr size_t kShortestGreetingFixedBytes = 20;
constexpr size_t kLowCapabilitiesAt = 13;
constexpr size_t kHighCapabilitiesAt = 18;
constexpr size_t kGreetingMariadbAt = 27;

// Capabilities (4), largest packet (4), character set (1), zeros (19), MariaDB's capabilities (4).
constexpr size_t kHandshakeFixedBytes = 32;
constexpr size_t kHandshakeMariadbAt = 28;

constexpr char kMariadbName[] = "MariaDB";
constexpr uint8_t kMariadbNameBytes = sizeof(kMariadbName) - 1;

constexpr uint16_t kLowestError = 1000;
constexpr uint16_t kHighestError = 9999;

bool is_printable(uint8_t byte) { return byte >= 0x20 && byte != 0x7f; }

// A version's text ends at a zero, an error's message does not.
bool all_printable(const char* bytes, size_t size, bool to_zero) {
  for (size_t i = 0; i < size; ++i) {
    if (to_zero && bytes[i] == 0) return i > 0;
    if (!is_printable(u8(bytes[i]))) return false;
  }
  return true;
}

uint64_t mariadb_capabilities(const char* bytes) {
  return static_cast<uint64_t>(little32(bytes)) << 32;
}

}  // namespace

bool MysqlCodec::may_greet(const char* bytes, size_t size) {
  if (size >= 2 && u8(bytes[1]) >= kMaxGreetingBytes >> 8) return false;
  if (size >= 3 && (bytes[2] != 0 || little24(bytes) < 3)) return false;
  if (size >= 4 && bytes[3] != 0) return false;
  if (size < 5) return true;
  const size_t here = size - kHeaderBytes;
  const size_t length = little24(bytes) < here ? little24(bytes) : here;
  const char* const payload = bytes + kHeaderBytes;
  if (u8(payload[0]) == kProtocolVersion) return all_printable(payload + 1, length - 1, true);
  if (u8(payload[0]) != kError) return false;
  if (length < 3) return true;
  const uint16_t code = little16(payload + 1);
  return code >= kLowestError && code <= kHighestError &&
         all_printable(payload + 3, length - 3, false);
}

Taken MysqlCodec::read_greeting(Part& part, Operations& operations) {
  if (part.first && (answer_.first_length() >= kMaxGreetingBytes || answer_.sequence() != 0))
    return Taken::kNotMine;
  while (part.bytes.size > 0 && greeting_step_ != GreetingStep::kSkip)
    if (!read_greeting_byte(part.bytes.take(), operations)) return Taken::kNotMine;
  if (!part.last) return Taken::kAll;
  return end_greeting(operations) ? Taken::kAll : Taken::kNotMine;
}

bool MysqlCodec::read_greeting_byte(uint8_t byte, Operations& operations) {
  switch (greeting_step_) {
    case GreetingStep::kVersionNumber:
      greeting_step_ = byte == kError ? GreetingStep::kErrorCode : GreetingStep::kVersion;
      return byte == kError || byte == kProtocolVersion;
    case GreetingStep::kVersion:
      if (byte == 0) {
        operations.set_protocol(mariadb_ ? wire::Protocol::kMariadb : wire::Protocol::kMysql);
        greeting_step_ = GreetingStep::kFixed;
        return true;
      }
      // No letter but the first comes twice, so there is nothing to go back to.
      matched_ = byte == u8(kMariadbName[matched_]) ? static_cast<uint8_t>(matched_ + 1)
                 : byte == u8(kMariadbName[0])      ? uint8_t{1}
                                                    : uint8_t{0};
      if (matched_ == kMariadbNameBytes) {
        mariadb_ = true;
        matched_ = 0;
      }
      return is_printable(byte);
    default:
      answer_head_[answer_head_size_++] = static_cast<char>(byte);
      if (answer_head_size_ == (greeting_step_ == GreetingStep::kFixed ? kGreetingFixedBytes : 2))
        greeting_step_ = GreetingStep::kSkip;
      return true;
  }
}

bool MysqlCodec::end_greeting(Operations& operations) {
  const size_t size = answer_head_size_;
  answer_head_size_ = 0;
  if (greeting_step_ == GreetingStep::kErrorCode ||
      (greeting_step_ == GreetingStep::kSkip && size == 2)) {
    const ErrorCode code(answer_head_, size);
    if (code.number() != 0 && (code.number() < kLowestError || code.number() > kHighestError))
      return false;
    operations.rejected(code.text(), code.size());
    phase_ = Phase::kClosed;
    return true;
  }
  if (size < kShortestGreetingFixedBytes) return false;
  agreed_ = little16(answer_head_ + kLowCapabilitiesAt) |
            static_cast<uint64_t>(little16(answer_head_ + kHighCapabilitiesAt)) << 16;
  if (!agreed(kClientMysql) && size == kGreetingFixedBytes)
    agreed_ |= mariadb_capabilities(answer_head_ + kGreetingMariadbAt);
  phase_ = Phase::kHandshake;
  return agreed(kProtocol41);
}

// The first 32 bytes of the client's answer are in request_head_.
Taken MysqlCodec::read_client_capabilities() {
  uint64_t client = little32(request_head_);
  if ((client & kProtocol41) == 0) return Taken::kNotMine;
  if (request_.first_length() == kHandshakeFixedBytes)
    return (client & kSsl) != 0 ? Taken::kEncrypted : Taken::kNotMine;
  const bool mariadb_on_both_sides = !agreed(kClientMysql) && (client & kClientMysql) == 0;
  if (mariadb_on_both_sides) client |= mariadb_capabilities(request_head_ + kHandshakeMariadbAt);
  const bool mysql_server = agreed(kClientMysql);
  agreed_ &= client;
  stands_down_ = agreed(kCompress | kZstdCompression) ||
                 agreed(~kKnownMariadbCapabilities & ~uint64_t{UINT32_MAX}) ||
                 (mysql_server && agreed(kCapabilityExtension));
  // Before it had capabilities of its own MariaDB had one of MySQL's for this.
  if (!mysql_server && agreed(kCapabilityExtension)) agreed_ |= kMariadbProgress;
  changing_user_ = false;
  request_name_.clear();
  request_step_ = RequestStep::kUser;
  return Taken::kAll;
}

Taken MysqlCodec::read_handshake_step(Bytes& bytes, Operations& operations) {
  switch (request_step_) {
    case RequestStep::kHandshakeFixed:
      return gather(bytes, kHandshakeFixedBytes) ? read_client_capabilities() : Taken::kAll;
    case RequestStep::kUser:
      if (!read_to_zero(bytes, true)) return Taken::kAll;
      operations.set_user(request_name_.bytes(), request_name_.size());
      begin_authentication_data();
      return Taken::kAll;
    case RequestStep::kAuthByteLength:
      auth_skip_ = bytes.take();
      request_step_ = RequestStep::kAuthSkip;
      if (auth_skip_ == 0) end_authentication_data();
      return Taken::kAll;
    case RequestStep::kAuthLength:
      if (!auth_length_.take(bytes.take())) return Taken::kAll;
      auth_skip_ = auth_length_.value();
      request_step_ = RequestStep::kAuthSkip;
      if (auth_skip_ == 0) end_authentication_data();
      return Taken::kAll;
    case RequestStep::kAuthSkip:
      auth_skip_ -= bytes.skip_up_to(auth_skip_);
      if (auth_skip_ == 0) end_authentication_data();
      return Taken::kAll;
    case RequestStep::kAuthText:
      if (read_to_zero(bytes, false)) end_authentication_data();
      return Taken::kAll;
    default:  // kFirstDatabase
      if (!read_to_zero(bytes, true)) return Taken::kAll;
      operations.set_namespace(request_name_.bytes(), request_name_.size());
      request_step_ = RequestStep::kSkip;
      return Taken::kAll;
  }
}

void MysqlCodec::begin_authentication_data() {
  auth_length_.begin();
  request_step_ = !changing_user_ && agreed(kAuthLengthEncoded) ? RequestStep::kAuthLength
                  : agreed(kSecureConnection)                   ? RequestStep::kAuthByteLength
                                                                : RequestStep::kAuthText;
}

void MysqlCodec::end_authentication_data() {
  request_name_.clear();
  request_step_ = changing_user_ || agreed(kConnectWithDatabase) ? RequestStep::kFirstDatabase
                                                                 : RequestStep::kSkip;
}

// Eats a text up to the zero at its end, and that.
bool MysqlCodec::read_to_zero(Bytes& bytes, bool keep) {
  const void* const zero = memchr(bytes.at, 0, bytes.size);
  const size_t size =
      zero == nullptr ? bytes.size : static_cast<size_t>(static_cast<const char*>(zero) - bytes.at);
  if (keep) request_name_.append(bytes.at, size);
  bytes.skip(zero == nullptr ? size : size + 1);
  return zero != nullptr;
}

// A packet of the server before it has said OK for the first time.
Taken MysqlCodec::read_authentication(const char* head, size_t size, Operations& operations) {
  const uint8_t first = u8(head[0]);
  if (first == kError) {
    const ErrorCode code(head + 1, size - 1);
    operations.rejected(code.text(), code.size());
    phase_ = Phase::kClosed;
    return Taken::kAll;
  }
  if (phase_ == Phase::kHandshake) return Taken::kNotMine;
  if (first == kEof || first == kAuthMoreData || first == kAuthNextFactor) return Taken::kAll;
  OkPacket ok;
  if (first != kOk || !read_ok(head, size, ok)) return Taken::kNotMine;
  note_status(ok.status, operations);
  if ((ok.status & kStatusSessionChanged) != 0)
    begin_session(head + ok.end, size - ok.end, operations);
  completes_ = Completes::kAuthentication;
  return Taken::kAll;
}

}  // namespace seamtrace::agent::codecs
