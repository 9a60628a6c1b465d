// The client's messages: handshake, authentication, commands.
#include "agent/codecs/mysql/mysql_codec.h"

namespace seamtrace::agent::codecs {

using namespace mysql;

namespace {

constexpr uint32_t kStatementIdBytes = 4;
// Id, flags and iterations; MySQL 8 may add a count of parameters that is zero. One parameter
// takes two bytes or more.
constexpr uint32_t kExecuteWithoutParameters = 1 + kStatementIdBytes + 1 + 4 + 1;

constexpr char kUse[] = "USE ";

bool ends_following(uint8_t command) {
  return command == kBinlogDump || command == kTableDump || command == kConnectOut ||
         command == kRegisterReplica || command == kBinlogDumpGtid;
}

bool is_known(uint8_t command) {
  return command <= kDaemon || command == kResetConnection || command == kStatementBulkExecute;
}

bool has_parameters(uint8_t command, uint32_t length) {
  return command == kStatementBulkExecute ||
         (command == kStatementExecute && length > kExecuteWithoutParameters);
}

}  // namespace

Taken MysqlCodec::read_request(Part& part, Operations& operations) {
  if (part.first && !begin_request()) return Taken::kNotMine;
  while (part.bytes.size > 0 && request_step_ != RequestStep::kSkip) {
    const Taken taken = read_request_step(part.bytes, operations);
    if (taken != Taken::kAll) return taken;
  }
  return part.last ? end_request(operations) : Taken::kAll;
}

bool MysqlCodec::begin_request() {
  request_head_size_ = 0;
  switch (phase_) {
    case Phase::kHandshake:
      request_step_ = RequestStep::kHandshakeFixed;
      return true;
    case Phase::kAuthentication:
    case Phase::kCommands:
      if (infile_) {
        request_step_ = RequestStep::kFile;
        return true;
      }
      // Every command begins a sequence; rounds of authentication go on with the server's.
      request_step_ = request_.sequence() == 0 ? RequestStep::kCommand : RequestStep::kSkip;
      return request_.sequence() == 0 || phase_ == Phase::kAuthentication || auth_rounds_;
    case Phase::kClosed:
      request_step_ = RequestStep::kSkip;
      return true;
    default:
      return false;
  }
}

Taken MysqlCodec::read_request_step(Bytes& bytes, Operations& operations) {
  switch (request_step_) {
    case RequestStep::kCommand:
      return begin_command(bytes.take(), operations);
    case RequestStep::kAttributes:
      attributes_.read(bytes);
      if (attributes_.done()) request_step_ = RequestStep::kText;
      if (!attributes_.lost()) return Taken::kAll;
      operations.use_prepared(kNoStatement);  // marks that the text is missing
      request_step_ = RequestStep::kSkip;
      return Taken::kAll;
    case RequestStep::kText:
      read_text(bytes, operations);
      return Taken::kAll;
    case RequestStep::kDatabase:
      request_name_.append(bytes.at, bytes.size);
      operations.append(bytes.at, bytes.size);
      bytes.skip(bytes.size);
      return Taken::kAll;
    case RequestStep::kStatementId:
    case RequestStep::kClosedId:
      read_statement_id(bytes, operations);
      return Taken::kAll;
    case RequestStep::kFile:
      bytes.skip(bytes.size);
      return Taken::kAll;
    default:
      return read_handshake_step(bytes, operations);
  }
}

Taken MysqlCodec::end_request(Operations& operations) {
  const RequestStep step = request_step_;
  request_step_ = RequestStep::kSkip;
  switch (step) {
    case RequestStep::kCommand:
    case RequestStep::kHandshakeFixed:
    case RequestStep::kUser:
      return Taken::kNotMine;
    case RequestStep::kAttributes:
    case RequestStep::kStatementId:
      operations.use_prepared(kNoStatement);
      break;
    case RequestStep::kText:
      if (use_.end(request_name_)) pending_tag_ = tag_;
      break;
    case RequestStep::kDatabase:
      pending_tag_ = tag_;
      break;
    case RequestStep::kFirstDatabase:  // not every client ends it with a zero
      operations.set_namespace(request_name_.bytes(), request_name_.size());
      break;
    case RequestStep::kFile:
      infile_ = request_.first_length() > 0;
      break;
    default:
      break;
  }
  if (phase_ == Phase::kHandshake) phase_ = Phase::kAuthentication;
  return Taken::kAll;
}

Taken MysqlCodec::begin_command(uint8_t command, Operations& operations) {
  request_step_ = RequestStep::kSkip;
  if (command == kQuit || command == kStatementSendLongData) return Taken::kAll;
  if (command == kStatementClose) {
    request_step_ = RequestStep::kClosedId;
    return Taken::kAll;
  }
  if (!is_known(command) && !ends_following(command)) return Taken::kNotMine;
  Operation* const operation = operations.begin();
  if (operation == nullptr) return Taken::kNotMine;
  operation->tag = ++tag_;
  operation->expected = 0;
  operation->facts.command = command;
  if (in_transaction_) operation->facts.flags |= wire::kFlagInTransaction;
  if (has_parameters(command, request_.first_length()))
    operation->facts.flags |= wire::kFlagParameterised;
  if (ends_following(command)) {
    operations.finish_newest();
    return Taken::kNotMine;
  }
  begin_operation(command, *operation, operations);
  return Taken::kAll;
}

void MysqlCodec::begin_operation(uint8_t command, Operation& operation, Operations& operations) {
  switch (command) {
    case kQuery:
      begin_text(false, operation);
      if (!agreed(kQueryAttributes)) return;
      request_step_ = RequestStep::kAttributes;
      attributes_.begin();
      return;
    case kStatementPrepare:
      begin_preparation(operation, operations);
      return;
    case kStatementExecute:
    case kStatementBulkExecute:
    case kStatementFetch:
      request_step_ = RequestStep::kStatementId;
      return;
    case kInitDatabase:
      operations.add(wire::SliceKind::kStatement, kUse, sizeof kUse - 1);  // as a statement says it
      request_step_ = RequestStep::kDatabase;
      request_name_.clear();
      pending_tag_ = 0;
      return;
    case kChangeUser:
      forget_statements(operations);
      request_step_ = RequestStep::kUser;
      changing_user_ = true;
      request_name_.clear();
      pending_tag_ = 0;
      return;
    case kResetConnection:
      forget_statements(operations);
      return;
    default:
      return;
  }
}

// Until the server has given it a number a statement's key is our own count: what comes behind it
// in a pipeline may already refer to it as the last one.
void MysqlCodec::begin_preparation(Operation& operation, Operations& operations) {
  begin_text(true, operation);
  operation.tag = ++preparations_;
  last_prepared_ = kUnconfirmed | operation.tag;
  ++unconfirmed_;
  operations.prepare(last_prepared_, operation.tag);
}

void MysqlCodec::begin_text(bool preparing, const Operation& operation) {
  request_step_ = RequestStep::kText;
  preparing_ = preparing;
  text_begun_ = false;
  recorded_ = operation.recorded;
  use_.stop();
}

void MysqlCodec::read_text(Bytes& bytes, Operations& operations) {
  if (!text_begun_) {
    text_begun_ = true;
    if (!preparing_ && UseReader::may_begin(bytes.at, bytes.size)) use_.begin();
    if (recorded_) operations.add(wire::SliceKind::kStatement, bytes.at, bytes.size);
  } else if (recorded_) {
    operations.append(bytes.at, bytes.size);
  }
  if (preparing_) operations.prepare_text(bytes.at, bytes.size);
  if (use_.reading()) {
    use_.read(bytes.at, bytes.size, request_name_);
    if (use_.naming()) pending_tag_ = 0;  // its name has been overwritten
  }
  bytes.skip(bytes.size);
}

void MysqlCodec::read_statement_id(Bytes& bytes, Operations& operations) {
  if (!gather(bytes, kStatementIdBytes)) return;
  const uint64_t key = statement_key(little32(request_head_));
  if (request_step_ == RequestStep::kClosedId) {
    operations.forget_prepared(key);
  } else {
    operations.use_prepared(key);
  }
  request_step_ = RequestStep::kSkip;
}

uint64_t MysqlCodec::statement_key(uint32_t id) const {
  return id == kLastPrepared ? last_prepared_ : id;
}

// The server never gives a number twice, so texts that stay for a while do no harm; but a text
// whose confirmation is still to come must stay, or another one would be confirmed for it.
void MysqlCodec::forget_statements(Operations& operations) {
  if (unconfirmed_ == 0) operations.forget_all_prepared();
  last_prepared_ = kNoStatement;
}

// Puts the first bytes of what is read together in request_head_. True: all are there.
bool MysqlCodec::gather(Bytes& bytes, size_t wanted) {
  while (request_head_size_ < wanted && bytes.size > 0)
    request_head_[request_head_size_++] = static_cast<char>(bytes.take());
  return request_head_size_ == wanted;
}

}  // namespace seamtrace::agent::codecs
