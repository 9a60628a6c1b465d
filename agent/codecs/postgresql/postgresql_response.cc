// PostgresqlCodec, the server's side: messages in any portions.
#include <cstring>

#include "agent/codecs/postgresql/postgresql_bytes.h"
#include "agent/codecs/postgresql/postgresql_codec.h"

namespace seamtrace::agent::codecs {
namespace {

struct Lengths {
  uint32_t least;
  uint32_t largest;
};

/// The lengths that an answer of this type may have; none for a type that there is not.
Lengths answer_lengths(uint8_t type) {
  switch (type) {
    case '1':
    case '2':
    case '3':
    case 'I':
    case 'c':
    case 'n':
    case 's':
      return {4, 4};
    case 'Z':
      return {5, 5};
    case 'C':
      return {5, kPostgresqlShortAnswerLimit};
    case 'G':
    case 'H':
    case 'K':
    case 'R':
    case 'S':
    case 'W':
    case 'v':
      return {6, kPostgresqlShortAnswerLimit};
    case 'A':
    case 'D':
    case 'E':
    case 'N':
    case 'T':
    case 'V':
    case 'd':
    case 't':
      return {4, kPostgresqlLargeLimit};
    default:
      return {1, 0};
  }
}

/// What these say is in their bodies, or counts only when they are complete.
bool is_kept(uint8_t type) { return type == 'C' || type == 'E' || type == 'V' || type == 'Z'; }

}  // namespace

Taken PostgresqlCodec::response(const char* bytes, size_t size, Operations& operations) {
  Input input{bytes, bytes + size};
  while (input.at != input.end) {
    if (answer_left_ > 0) {
      if (!take_answer_body(input, operations)) return Taken::kNotMine;
      continue;
    }
    if (encryption_asked_ > 0 && answer_head_size_ == 0 && *input.at != 'E') {
      const char answer = *input.at++;
      if (answer == 'S' || answer == 'G') return Taken::kEncrypted;
      if (answer != 'N') return Taken::kNotMine;
      --encryption_asked_;
      continue;
    }
    if (!take_answer_head(input, operations)) return Taken::kNotMine;
  }
  return Taken::kAll;
}

bool PostgresqlCodec::take_answer_head(Input& input, Operations& operations) {
  const char* head = input.at;
  if (answer_head_size_ == 0 && input.size() >= kPostgresqlHeadBytes) {
    input.at += kPostgresqlHeadBytes;
  } else {
    head = answer_bytes_;
    while (answer_head_size_ < kPostgresqlHeadBytes) {
      if (input.at == input.end) return true;
      answer_bytes_[answer_head_size_++] = *input.at++;
    }
    answer_head_size_ = 0;
  }
  const auto type = static_cast<uint8_t>(head[0]);
  return begin_answer(type, postgresql_number(head + 1), input, operations);
}

bool PostgresqlCodec::begin_answer(uint8_t type, uint32_t length, Input& input,
                                   Operations& operations) {
  const Lengths lengths = answer_lengths(type);
  if (length < lengths.least || length > lengths.largest || !is_due(type)) return false;
  answer_type_ = type;
  answer_left_ = length - 4;
  answer_kept_ = 0;
  if (!is_kept(type)) return phase_ != Phase::kReady || answer(type, operations);
  if (input.size() < answer_left_) return true;
  const char* const body = input.at;
  const size_t size = answer_left_;
  input.at += size;
  answer_left_ = 0;
  return end_answer(body, size < kKeptBytes ? size : kKeptBytes, operations);
}

bool PostgresqlCodec::take_answer_body(Input& input, Operations& operations) {
  const size_t taken = input.size() < answer_left_ ? input.size() : answer_left_;
  const bool kept = is_kept(answer_type_);
  if (kept) {
    const size_t room = kKeptBytes - answer_kept_;
    const size_t wanted = taken < room ? taken : room;
    memcpy(answer_bytes_ + answer_kept_, input.at, wanted);
    answer_kept_ = static_cast<uint8_t>(answer_kept_ + wanted);
  }
  input.at += taken;
  answer_left_ -= static_cast<uint32_t>(taken);
  return answer_left_ > 0 || !kept || end_answer(answer_bytes_, answer_kept_, operations);
}

// Whether the server may say this now.
bool PostgresqlCodec::is_due(uint8_t type) const {
  switch (phase_) {
    case Phase::kOpening:
      return type == 'E';
    case Phase::kStartingUp:
      return type == 'A' || type == 'E' || type == 'K' || type == 'N' || type == 'R' ||
             type == 'S' || type == 'Z' || type == 'v';
    case Phase::kReady:
    case Phase::kRefused:
      return true;
    case Phase::kCancelling:
      return false;
  }
  return false;
}

// The message is complete. `bytes` are the first of its body, at most kKeptBytes.
bool PostgresqlCodec::end_answer(const char* bytes, size_t size, Operations& operations) {
  if (phase_ == Phase::kRefused) return true;
  if (answer_type_ == 'E') {
    error(bytes, size, operations);
    return true;
  }
  if (answer_type_ == 'Z') return ready_for_query(bytes[0], operations);
  if (replicating_) return true;
  if (answer_type_ == 'V') return function_ends(operations);
  return command_complete(bytes, size, operations);
}

}  // namespace seamtrace::agent::codecs
