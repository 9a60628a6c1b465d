// The server's messages after its greeting.
#include <cstring>

#include "agent/codecs/mysql/mysql_codec.h"
#include "agent/codecs/mysql/mysql_error.h"

namespace seamtrace::agent::codecs {

using namespace mysql;

namespace {

// What must be seen of a packet: an OK's first byte, two numbers of nine bytes, status, warnings.
constexpr uint32_t kHeadBytes = 24;
constexpr uint32_t kShortestOk = 7;
constexpr uint32_t kEofPacketBytes = 5;
constexpr uint32_t kPreparationBytes = 12;
constexpr uint32_t kMostColumns = 65535;

bool counts_rows(uint8_t command) {
  return command == kQuery || command == kStatementExecute || command == kStatementBulkExecute ||
         command == kStatementFetch || command == kProcessInfo;
}

bool ends_with_eof(uint8_t command) {
  return command == kSetOption || command == kDebug || command == kShutdown;
}

// Its rows will be fetched by commands of their own.
bool opens_cursor(const Operation& operation, uint16_t status) {
  return operation.facts.command == kStatementExecute && (status & kStatusCursorExists) != 0;
}

// A length-encoded number at `at`, which is moved behind it. False: it is not there.
bool read_number(const char* bytes, size_t size, size_t& at, uint64_t& value) {
  if (at >= size) return false;
  const uint8_t first = u8(bytes[at++]);
  const size_t more = first < 0xfb ? 0 : first == 0xfc ? 2 : first == 0xfd ? 3 : 8;
  value = first;
  if (more == 0) return true;
  if (first == 0xfb || first == 0xff || size - at < more) return false;
  value = 0;
  for (size_t i = 0; i < more; ++i) value |= static_cast<uint64_t>(u8(bytes[at++])) << (8 * i);
  return true;
}

uint64_t saturating_sum(uint64_t a, uint64_t b) { return a + b < a ? UINT64_MAX : a + b; }

}  // namespace

// Rows and definitions that lie in the chunk as a whole, as fast as their lengths can be read.
void MysqlCodec::skip_plain(Bytes& chunk) {
  uint32_t most = UINT32_MAX;
  if (answer_step_ == AnswerStep::kDefinitions) {
    most = definitions_left_ - 1;  // the last one has consequences
  } else if (answer_step_ != AnswerStep::kRows) {
    return;
  }
  uint32_t count = 0;
  while (count < most && chunk.size > kHeaderBytes) {
    const uint32_t length = little24(chunk.at);
    const size_t whole = kHeaderBytes + length;
    if (u8(chunk.at[kHeaderBytes]) >= kEof || length == 0 || length == kFullPacket ||
        whole > chunk.size)
      break;
    chunk.skip(whole);
    ++count;
  }
  if (answer_step_ == AnswerStep::kRows) {
    rows_ += count;
  } else {
    definitions_left_ -= count;
  }
}

Taken MysqlCodec::read_response(Part& part, Operations& operations) {
  if (phase_ == Phase::kClosed) return Taken::kAll;
  if (part.first) {
    if (answer_.first_length() == 0) return Taken::kNotMine;
    within_ = Within::kHead;
    answer_head_size_ = 0;
    completes_ = Completes::kNothing;
  }
  if (within_ == Within::kHead) {
    const char* head = nullptr;
    if (!gather_head(part.bytes, head)) return Taken::kAll;
    within_ = Within::kSkip;
    const Taken taken = phase_ == Phase::kCommands
                            ? read_head(head, answer_head_size_, operations)
                            : read_authentication(head, answer_head_size_, operations);
    if (taken != Taken::kAll) return taken;
  }
  if (within_ == Within::kSession) {
    while (session_.read(part.bytes, answer_name_))
      operations.set_namespace(answer_name_.bytes(), answer_name_.size());
  }
  return part.last ? end_response(operations) : Taken::kAll;
}

// The first bytes of a message, where they lie or put together. Their number in
// answer_head_size_.
bool MysqlCodec::gather_head(Bytes& bytes, const char*& head) {
  const uint32_t length = answer_.first_length();
  const auto wanted = static_cast<uint8_t>(length < kHeadBytes ? length : kHeadBytes);
  if (answer_head_size_ == 0 && bytes.size >= wanted) {
    head = bytes.at;
    answer_head_size_ = wanted;
    bytes.skip(wanted);
    return true;
  }
  const size_t missing = static_cast<size_t>(wanted - answer_head_size_);
  const size_t here = bytes.size < missing ? bytes.size : missing;
  if (here > 0) memcpy(answer_head_ + answer_head_size_, bytes.at, here);
  bytes.skip(here);
  answer_head_size_ = static_cast<uint8_t>(answer_head_size_ + here);
  head = answer_head_;
  return answer_head_size_ == wanted;
}

Taken MysqlCodec::read_head(const char* head, size_t size, Operations& operations) {
  const uint8_t first = u8(head[0]);
  if (first == kError) return answer_error(head, size, operations);
  Operation* const operation = operations.oldest();
  if (operation == nullptr) return Taken::kNotMine;
  const bool eof = first == kEof && answer_.first_length() <= kMaxEofBytes;
  switch (answer_step_) {
    case AnswerStep::kFirst:
      return read_first(head, size, *operation, operations);
    case AnswerStep::kDefinitions:
      if (first == kEof) return Taken::kNotMine;
      if (--definitions_left_ > 0) return Taken::kAll;
      if (!agreed(kDeprecateEof)) {
        answer_step_ = AnswerStep::kDefinitionsEnd;
      } else {
        end_definitions();
      }
      return Taken::kAll;
    case AnswerStep::kDefinitionsEnd:
      if (!eof || size < kEofPacketBytes) return Taken::kNotMine;
      end_definitions();
      return opens_cursor(*operation, little16(head + 3)) ? read_end_of_rows(head, size, operations)
                                                          : Taken::kAll;
    default:
      if (first == kEof && (agreed(kDeprecateEof) ? answer_.first_length() < kFullPacket : eof))
        return read_end_of_rows(head, size, operations);
      ++rows_;
      return Taken::kAll;
  }
}

// The first message of an answer, or of another result within it.
Taken MysqlCodec::read_first(const char* head, size_t size, Operation& operation,
                             Operations& operations) {
  const uint8_t command = operation.facts.command;
  const uint8_t first = u8(head[0]);
  rows_ = 0;
  rows_counted_ = counts_rows(command);
  switch (command) {
    case kStatistics:
      completes_ = Completes::kAnswer;
      return Taken::kAll;
    case kStatementPrepare:
      return answer_preparation(head, size, operation, operations);
    case kStatementFetch:
    case kFieldList:
      answer_step_ = AnswerStep::kRows;
      return read_head(head, size, operations);
    case kChangeUser:
      if (first == kOk) return answer_ok(head, size, operation, operations);
      auth_rounds_ = true;
      return first == kEof || first == kAuthMoreData || first == kAuthNextFactor ? Taken::kAll
                                                                                 : Taken::kNotMine;
    default:
      break;
  }
  if (first == kOk) return answer_ok(head, size, operation, operations);
  if (first == kLocalInfile) return begin_local_infile(operation, operations);
  if (first == kEof)
    return ends_with_eof(command) ? read_end_of_rows(head, size, operations) : Taken::kNotMine;
  return begin_result_set(head, size);
}

// An EOF packet, or the OK packet that stands for it.
Taken MysqlCodec::read_end_of_rows(const char* head, size_t size, Operations& operations) {
  Operation* const operation = operations.oldest();
  if (operation == nullptr || size < kEofPacketBytes) return Taken::kNotMine;
  uint16_t status = little16(head + 3);
  OkPacket ok;
  if (size >= kShortestOk && agreed(kDeprecateEof)) {
    if (!read_ok(head, size, ok)) return Taken::kNotMine;
    status = ok.status;
    if ((status & kStatusSessionChanged) != 0)
      begin_session(head + ok.end, size - ok.end, operations);
  }
  if (opens_cursor(*operation, status)) rows_counted_ = false;
  note_status(status, operations);
  end_result(status, *operation);
  return Taken::kAll;
}

bool MysqlCodec::read_ok(const char* head, size_t size, OkPacket& ok) {
  size_t at = 1;
  uint64_t insert_id = 0;
  if (!read_number(head, size, at, ok.affected_rows) || !read_number(head, size, at, insert_id))
    return false;
  if (size - at < 4) return false;
  ok.status = little16(head + at);
  ok.end = at + 4;
  return true;
}

Taken MysqlCodec::answer_ok(const char* head, size_t size, Operation& operation,
                            Operations& operations) {
  OkPacket ok;
  if (!read_ok(head, size, ok)) return Taken::kNotMine;
  rows_ = ok.affected_rows;
  if (operation.expected == 0 && pending_tag_ != 0 && operation.tag == pending_tag_) {
    operations.set_namespace(request_name_.bytes(), request_name_.size());
    pending_tag_ = 0;
  }
  // After what was asked for: this is how the server itself writes it.
  if ((ok.status & kStatusSessionChanged) != 0)
    begin_session(head + ok.end, size - ok.end, operations);
  note_status(ok.status, operations);
  end_result(ok.status, operation);
  return Taken::kAll;
}

Taken MysqlCodec::answer_error(const char* head, size_t size, Operations& operations) {
  const ErrorCode code(head + 1, size - 1);
  if (code.number() == kProgressReport && agreed(kMariadbProgress)) return Taken::kAll;
  Operation* const operation = operations.oldest();
  if (operation == nullptr) {
    // Nobody has asked: the server is about to close the connection, and says why.
    answering_ = false;
    return Taken::kAll;
  }
  operations.error(code.text(), code.size());
  if (operation->facts.command == kStatementPrepare && answer_step_ == AnswerStep::kFirst) {
    operations.prepare_failed();
    if (unconfirmed_ > 0) --unconfirmed_;
    if (last_prepared_ == (kUnconfirmed | operation->tag)) last_prepared_ = kNoStatement;
  }
  if (operation->facts.command == kChangeUser) operations.rejected(code.text(), code.size());
  if (answer_step_ == AnswerStep::kRows) {
    end_result(0, *operation);
  } else {
    completes_ = Completes::kAnswer;
  }
  return Taken::kAll;
}

Taken MysqlCodec::begin_result_set(const char* head, size_t size) {
  size_t at = 0;
  uint64_t columns = 0;
  if (!read_number(head, size, at, columns) || columns == 0 || columns > kMostColumns)
    return Taken::kNotMine;
  // The flag stands behind the number: MySQL's documentation has it in front of it.
  bool definitions_follow = true;
  if (answer_.first_length() == at + 1 && agreed(kOptionalMetadata | kMariadbCacheMetadata)) {
    definitions_follow = head[at] != 0;
  } else if (answer_.first_length() != at) {
    return Taken::kNotMine;
  }
  definitions_after_ = 0;
  rows_follow_ = true;
  if (definitions_follow) {
    begin_definitions(static_cast<uint32_t>(columns));
  } else {
    answer_step_ = agreed(kDeprecateEof) ? AnswerStep::kRows : AnswerStep::kDefinitionsEnd;
  }
  return Taken::kAll;
}

// The server asks for a file: from now on the client's packets are that.
Taken MysqlCodec::begin_local_infile(const Operation& operation, Operations& operations) {
  // The server would take what is already behind the statement for the file.
  if (infile_ || operations.after(&operation) != nullptr) return Taken::kNotMine;
  infile_ = true;
  return Taken::kAll;
}

// Status, statement (4), columns (2), parameters (2), zero, warnings (2), metadata flag.
Taken MysqlCodec::answer_preparation(const char* head, size_t size, Operation& operation,
                                     Operations& operations) {
  if (u8(head[0]) != kOk || size < kPreparationBytes) return Taken::kNotMine;
  const uint32_t id = little32(head + 1);
  operations.prepared_as(id);
  if (unconfirmed_ > 0) --unconfirmed_;
  if (last_prepared_ == (kUnconfirmed | operation.tag)) last_prepared_ = id;
  const bool skipped =
      agreed(kOptionalMetadata) && size > kPreparationBytes && head[kPreparationBytes] == 0;
  rows_follow_ = false;
  definitions_after_ = skipped ? 0 : little16(head + 5);
  begin_definitions(skipped ? 0 : little16(head + 7));
  return Taken::kAll;
}

void MysqlCodec::begin_definitions(uint32_t count) {
  definitions_left_ = count;
  answer_step_ = AnswerStep::kDefinitions;
  if (count == 0) end_definitions();
}

// Only statements that are prepared have definitions without rows that follow.
void MysqlCodec::end_definitions() {
  const uint32_t after = definitions_after_;
  definitions_after_ = 0;
  if (after > 0) {
    begin_definitions(after);
  } else if (rows_follow_) {
    answer_step_ = AnswerStep::kRows;
  } else {
    completes_ = Completes::kPreparation;
  }
}

void MysqlCodec::note_status(uint16_t status, Operations& operations) {
  const bool open = (status & kStatusInTransaction) != 0;
  if (open == in_transaction_) return;
  in_transaction_ = open;
  operations.in_transaction(open);
}

// `bytes`: of the head, behind what every OK packet holds.
void MysqlCodec::begin_session(const char* bytes, size_t size, Operations& operations) {
  if (!agreed(kSessionTrack)) return;
  within_ = Within::kSession;
  session_.begin();
  Bytes rest{bytes, size};
  while (session_.read(rest, answer_name_))
    operations.set_namespace(answer_name_.bytes(), answer_name_.size());
}

// The message at hand ends one result, and the answer when no other follows.
void MysqlCodec::end_result(uint16_t status, Operation& operation) {
  if (rows_counted_) {
    operation.facts.rows = saturating_sum(operation.facts.rows, rows_);
    operation.facts.flags |= wire::kFlagRowsKnown;
  }
  rows_ = 0;
  if (operation.expected < UINT32_MAX) ++operation.expected;
  if (operation.expected > 1) operation.facts.batch_size = operation.expected;
  answer_step_ = AnswerStep::kFirst;
  if ((status & kStatusMoreResults) == 0) completes_ = Completes::kAnswer;
}

Taken MysqlCodec::end_response(Operations& operations) {
  switch (completes_) {
    case Completes::kAnswer:
      operations.finish(Ending::kAnswered);
      end_answer(operations);
      return Taken::kAll;
    case Completes::kPreparation:
      operations.withdraw_oldest();
      end_answer(operations);
      return Taken::kAll;
    case Completes::kAuthentication:
      phase_ = Phase::kCommands;
      operations.ready();
      return stands_down_ ? Taken::kCompressed : Taken::kAll;
    default:
      return Taken::kAll;
  }
}

void MysqlCodec::end_answer(Operations& operations) {
  answer_step_ = AnswerStep::kFirst;
  answering_ = false;
  auth_rounds_ = false;
  rows_ = 0;
  // Refused before it was sent as a whole: what is left of it has no operation.
  const bool sending =
      request_step_ == RequestStep::kText || request_step_ == RequestStep::kAttributes ||
      request_step_ == RequestStep::kDatabase || request_step_ == RequestStep::kStatementId;
  if (sending && operations.oldest() == nullptr) request_step_ = RequestStep::kSkip;
}

}  // namespace seamtrace::agent::codecs
