// PostgresqlCodec, the client's side: messages and their fields, in any portions.
#include <cstring>

#include "agent/codecs/postgresql/postgresql_bytes.h"
#include "agent/codecs/postgresql/postgresql_codec.h"

namespace seamtrace::agent::codecs {
namespace {

/// The largest length that the server takes, 0 for a type that it does not know.
uint32_t largest_request(uint8_t type) {
  switch (type) {
    case 'B':
    case 'F':
    case 'P':
    case 'Q':
    case 'd':
      return kPostgresqlLargeLimit;
    case 'p':
      return kPostgresqlAuthenticationLimit;
    case 'C':
    case 'D':
    case 'E':
    case 'f':
      return kPostgresqlSmallLimit;
    case 'H':
    case 'S':
    case 'X':
    case 'c':
      return 4;
    default:
      return 0;
  }
}

}  // namespace

Taken PostgresqlCodec::request(const char* bytes, size_t size, Operations& operations) {
  Input input{bytes, bytes + size};
  while (input.at != input.end)
    if (!take_request(input, operations)) return Taken::kNotMine;
  return Taken::kAll;
}

// Takes at least one byte.
bool PostgresqlCodec::take_request(Input& input, Operations& operations) {
  switch (field_) {
    case Field::kHead:
      return take_head(input, operations);
    case Field::kPortalName:
    case Field::kStatementName:
    case Field::kTargetName:
      return take_name(input, operations);
    case Field::kText:
      return take_text(input, operations);
    case Field::kFormatCount:
    case Field::kParameterCount:
      return take_number(input);
    case Field::kTarget:
      return take_target(input);
    case Field::kFormats:
    case Field::kRest:
      return take_rest(input);
    case Field::kPacketHead:
      return take_packet_head(input);
    case Field::kParameterName:
    case Field::kParameterValue:
      return take_parameter(input, operations);
  }
  return false;
}

bool PostgresqlCodec::take_head(Input& input, Operations& operations) {
  if (head_size_ == 0 && input.size() >= kPostgresqlHeadBytes) {
    const char* const head = input.at;
    input.at += kPostgresqlHeadBytes;
    return begin_message(static_cast<uint8_t>(head[0]), postgresql_number(head + 1), operations);
  }
  while (head_size_ < kPostgresqlHeadBytes) {
    if (input.at == input.end) return true;
    packet_bytes_[head_size_++] = *input.at++;
  }
  head_size_ = 0;
  return begin_message(static_cast<uint8_t>(packet_bytes_[0]), postgresql_number(packet_bytes_ + 1),
                       operations);
}

bool PostgresqlCodec::begin_message(uint8_t type, uint32_t length, Operations& operations) {
  if (phase_ == Phase::kCancelling || length < 4 || length > largest_request(type)) return false;
  type_ = type;
  left_ = length - 4;
  hash_ = kHashBasis;
  switch (type) {
    case 'Q':
      text_begun_ = defining_ = false;
      return begin_operation('Q', operations) && end_field(Field::kText);
    case 'P':
      return end_field(Field::kStatementName);
    case 'B':
    case 'E':
      return end_field(Field::kPortalName);
    case 'C':
    case 'D':
      return end_field(Field::kTarget);
    case 'F':
      return begin_operation('F', operations) && end_field(Field::kRest);
    case 'S':
      sync();
      break;
    case 'c':
    case 'f':
      copy_ends(operations);
      break;
    default:
      break;
  }
  return end_field(Field::kRest);
}

size_t PostgresqlCodec::available(const Input& input) const {
  return input.size() < left_ ? input.size() : left_;
}

// False: the message is too short for the field that should come next.
bool PostgresqlCodec::end_field(Field next) {
  field_ = left_ > 0 ? next : Field::kHead;
  return left_ > 0 || next == Field::kRest;
}

bool PostgresqlCodec::take_name(Input& input, Operations& operations) {
  const size_t usable = available(input);
  const auto* const nul = static_cast<const char*>(memchr(input.at, 0, usable));
  const size_t size = nul != nullptr ? static_cast<size_t>(nul - input.at) : usable;
  hash_ = hash_bytes(hash_, input.at, size);
  const size_t taken = size + (nul != nullptr ? 1 : 0);
  input.at += taken;
  left_ -= static_cast<uint32_t>(taken);
  return nul != nullptr ? end_name(operations) : left_ > 0;
}

bool PostgresqlCodec::end_name(Operations& operations) {
  switch (type_) {
    case 'P':
      return begin_parse(operations) && end_field(Field::kText);
    case 'E':
      return left_ == 4 && execute(operations) && end_field(Field::kRest);
    case 'D':
      return left_ == 0 && describe(operations) && end_field(Field::kRest);
    case 'C':
      if (target_ == 'S') close_statement(operations);
      return left_ == 0 && end_field(Field::kRest);
    default:
      break;
  }
  if (field_ == Field::kStatementName) return bind(operations) && end_field(Field::kFormatCount);
  portal_name_ = hash_;
  hash_ = kHashBasis;
  return end_field(Field::kStatementName);
}

bool PostgresqlCodec::take_text(Input& input, Operations& operations) {
  const size_t usable = available(input);
  size_t size = usable;
  if (type_ == 'Q') {
    if (usable == left_) --size;
  } else if (const void* const nul = memchr(input.at, 0, usable); nul != nullptr) {
    size = static_cast<size_t>(static_cast<const char*>(nul) - input.at);
  }
  pass_text(input.at, size, operations);
  const bool ended = size < usable;
  const size_t taken = size + (ended ? 1 : 0);
  input.at += taken;
  left_ -= static_cast<uint32_t>(taken);
  if (!ended) return left_ > 0;
  return end_field(Field::kRest) && (type_ == 'Q' || left_ >= 2);
}

void PostgresqlCodec::pass_text(const char* bytes, size_t size, Operations& operations) {
  if (newest_ != nullptr && newest_->recorded) {
    if (text_begun_)
      operations.append(bytes, size);
    else
      operations.add(wire::SliceKind::kStatement, bytes, size);
  }
  text_begun_ = true;
  if (defining_) operations.prepare_text(bytes, size);
}

bool PostgresqlCodec::take_number(Input& input) {
  number_ = number_ << 8 | static_cast<unsigned char>(*input.at++);
  --left_;
  if (++number_size_ < 2) return left_ > 0;
  const uint32_t number = number_;
  number_ = number_size_ = 0;
  if (field_ == Field::kFormatCount) {
    number_ = number * 2;
    return end_field(number > 0 ? Field::kFormats : Field::kParameterCount);
  }
  if (number > 0) parameters_bound();
  return end_field(Field::kRest);
}

bool PostgresqlCodec::take_target(Input& input) {
  target_ = static_cast<uint8_t>(*input.at++);
  --left_;
  return (target_ == 'S' || target_ == 'P') && end_field(Field::kTargetName);
}

bool PostgresqlCodec::take_rest(Input& input) {
  const bool formats = field_ == Field::kFormats;
  const size_t usable = available(input);
  const size_t taken = formats && number_ < usable ? number_ : usable;
  input.at += taken;
  left_ -= static_cast<uint32_t>(taken);
  if (!formats) return end_field(Field::kRest);
  number_ -= static_cast<uint32_t>(taken);
  return end_field(number_ > 0 ? Field::kFormats : Field::kParameterCount);
}

}  // namespace seamtrace::agent::codecs
