// PostgresqlCodec, the server's side: what an answer does to operations.
#include <cstring>

#include "agent/codecs/postgresql/postgresql_codec.h"

namespace seamtrace::agent::codecs {
namespace {

/// Ends at ReadyForQuery, or just before it; not by a Sync.
bool is_simple(const Operation& operation) {
  return operation.facts.command == 'Q' || operation.facts.command == 'F';
}

/// A Query or Execute, whose other answers are here.
bool is_executing(const Operation& operation) {
  const uint8_t command = operation.facts.command;
  return command == 'Q' || (command == 'E' && operation.expected == 0);
}

void add_rows(wire::DatabaseFacts& facts, uint64_t rows) {
  facts.rows = rows > UINT64_MAX - facts.rows ? UINT64_MAX : facts.rows + rows;
  facts.flags |= wire::kFlagRowsKnown;
}

/// The last word of a command tag, if it is a number: `SELECT 5`, `INSERT 0 5`, but `BEGIN`.
bool rows_of_tag(const char* tag, size_t size, uint64_t& rows) {
  const auto* const nul = static_cast<const char*>(memchr(tag, 0, size));
  if (nul == nullptr) return false;
  const char* at = nul;
  uint64_t place = 1;
  rows = 0;
  for (; at != tag && at[-1] >= '0' && at[-1] <= '9'; --at) {
    if (nul - at >= 19) return false;
    rows += static_cast<uint64_t>(at[-1] - '0') * place;
    place *= 10;
  }
  return at != nul && at != tag && at[-1] == ' ';
}

struct Code {
  const char* bytes;
  size_t size;
};

/// The field 'C', which stands before the texts. Empty when there is none.
Code sqlstate(const char* fields, size_t size) {
  constexpr size_t kLength = 5;
  while (size > 1 && fields[0] != 0) {
    const auto* const nul = static_cast<const char*>(memchr(fields, 0, size));
    if (nul == nullptr) break;
    const auto length = static_cast<size_t>(nul - fields);
    if (fields[0] == 'C') return {fields + 1, length - 1 < kLength ? length - 1 : kLength};
    fields += length + 1;
    size -= length + 1;
  }
  return {fields, 0};
}

}  // namespace

// A message whose body says nothing that is wanted.
bool PostgresqlCodec::answer(uint8_t type, Operations& operations) {
  if (replicating_) return true;
  switch (type) {
    case 'D':
      if (!executing_ && !begin_rows(operations)) return false;
      ++rows_;
      return true;
    case 'd':
    case 'c':
    case 'H':
      return executing_ || begin_rows(operations);
    case '1':
      operations.prepared();
      if (unconfirmed_ > 0) --unconfirmed_;
      return part_answered(operations);
    case '2':
      return part_answered(operations);
    case 'T':
    case 'n':
      return executing_ || begin_rows(operations) || part_answered(operations);
    case 'I':
    case 's':
      return statement_ends(type, operations);
    case 'G':
      return copy_begins(operations);
    case 'W':
      return replication_begins(operations);
    default:
      return true;  // it comes at any time, or answers nothing that we ask about
  }
}

// The operation that the next answer belongs to; null: to none that we know.
Operation* PostgresqlCodec::current(Operations& operations) const {
  Operation* const oldest = operations.oldest();
  return oldest != nullptr && oldest->tag == syncs_answered_ && !failed_ ? oldest : nullptr;
}

bool PostgresqlCodec::begin_rows(Operations& operations) {
  const Operation* const operation = current(operations);
  if (operation == nullptr || !is_executing(*operation)) return false;
  operations.answer_begins();
  executing_ = true;
  return true;
}

bool PostgresqlCodec::part_answered(Operations& operations) {
  Operation* const operation = current(operations);
  if (operation == nullptr || operation->expected == 0) return false;
  operations.answer_begins();
  --operation->expected;
  if (operation->expected == 0 && operation->facts.command != 'E') withdraw(operation, operations);
  return true;
}

bool PostgresqlCodec::command_complete(const char* tag, size_t size, Operations& operations) {
  if (!executing_ && !begin_rows(operations)) return false;
  spare_syncs_ = 0;
  uint64_t rows = 0;
  if (rows_of_tag(tag, size, rows)) add_rows(operations.oldest()->facts, rows);
  return statement_ends('C', operations);
}

bool PostgresqlCodec::statement_ends(uint8_t type, Operations& operations) {
  if (!executing_ && !begin_rows(operations)) return false;
  Operation* const operation = operations.oldest();
  wire::DatabaseFacts& facts = operation->facts;
  if (facts.command == 'Q') {
    if (facts.batch_size < UINT32_MAX) ++facts.batch_size;
    return type != 's';
  }
  // A portal that is suspended has no tag.
  if (type == 's') add_rows(facts, rows_);
  finish(operation, Ending::kAnswered, operations);
  return true;
}

bool PostgresqlCodec::function_ends(Operations& operations) {
  const Operation* const operation = current(operations);
  if (operation == nullptr || operation->facts.command != 'F') return false;
  operations.answer_begins();
  finish(operation, Ending::kAnswered, operations);
  ready_due_ = true;
  return true;
}

// COPY FROM STDIN: until the data has ended the server ignores Syncs. A client that asks as if for
// any statement has sent one already.
bool PostgresqlCodec::copy_begins(Operations& operations) {
  if (!executing_ && !begin_rows(operations)) return false;
  if (copies_ended_ > 0) {
    --copies_ended_;
    return true;
  }
  const Operation* const next = operations.after(operations.oldest());
  // What was sent in the place of data makes the COPY fail; a Sync in between was ignored.
  if (next != nullptr) return next->tag == syncs_answered_;
  spare_syncs_ = syncs_sent_ - syncs_answered_;
  syncs_sent_ = syncs_answered_;
  copy_in_ = true;
  return true;
}

// START_REPLICATION: a stream in both directions, of any length, that is not an answer.
bool PostgresqlCodec::replication_begins(Operations& operations) {
  if (!executing_ && !begin_rows(operations)) return false;
  const Operation* const operation = operations.oldest();
  ready_due_ = is_simple(*operation);
  replicating_ = true;
  finish(operation, Ending::kAnswered, operations);
  return true;
}

void PostgresqlCodec::error(const char* fields, size_t size, Operations& operations) {
  const Code code = sqlstate(fields, size);
  if (phase_ != Phase::kReady) {
    phase_ = Phase::kRefused;
    encryption_asked_ = 0;
    operations.rejected(code.bytes, code.size);
    return;
  }
  if (replicating_) return;
  const Operation* const operation = current(operations);
  // It belongs to a Sync (a commit that failed) or to the connection (a shutdown).
  if (operation == nullptr) return;
  operations.answer_begins();
  operations.error(code.bytes, code.size);
  copy_in_ = false;
  if (operation->facts.command == 'Q') return;
  const bool simple = is_simple(*operation);
  finish(operation, Ending::kAnswered, operations);
  if (simple) {
    ready_due_ = true;
    return;
  }
  failed_ = true;
  skip_batch(operations);
}

// What the server skips after an error, up to the Sync.
void PostgresqlCodec::skip_batch(Operations& operations) {
  while (Operation* const operation = operations.oldest()) {
    if (operation->tag != syncs_answered_) break;
    if (operation->facts.command == 'E' || is_simple(*operation)) {
      operation->facts.flags |= wire::kFlagNotExecuted;
      finish(operation, Ending::kSkipped, operations);
    } else {
      withdraw(operation, operations);
    }
  }
  operations.drop_unconfirmed(syncs_answered_);
  // The text that is being sent has no definition any more.
  if (syncs_sent_ == syncs_answered_) defining_ = false;
}

bool PostgresqlCodec::ready_for_query(char status, Operations& operations) {
  if (status != 'I' && status != 'T' && status != 'E') return false;
  if (phase_ == Phase::kStartingUp) {
    phase_ = Phase::kReady;
    operations.ready();
  } else if (!request_ends(operations)) {
    return false;
  }
  if (in_transaction_ != (status != 'I')) {
    in_transaction_ = !in_transaction_;
    operations.in_transaction(in_transaction_);
  }
  if ((unconfirmed_ > 0 || copies_ended_ > 0) && operations.oldest() == nullptr)
    unconfirmed_ = copies_ended_ = 0;
  return true;
}

// False: ReadyForQuery where none is due.
bool PostgresqlCodec::request_ends(Operations& operations) {
  replicating_ = false;
  if (ready_due_) {
    ready_due_ = false;
    return true;
  }
  if (const Operation* const operation = current(operations); operation != nullptr) {
    if (operation->facts.command != 'Q') return false;
    finish(operation, Ending::kAnswered, operations);
    return true;
  }
  if (failed_) skip_batch(operations);
  failed_ = false;
  if (syncs_sent_ != syncs_answered_) {
    ++syncs_answered_;
    return true;
  }
  if (spare_syncs_ == 0) return false;
  --spare_syncs_;
  return true;
}

void PostgresqlCodec::finish(const Operation* operation, Ending ending, Operations& operations) {
  if (operation == newest_) newest_ = nullptr;
  executing_ = false;
  rows_ = 0;
  operations.finish(ending);
}

void PostgresqlCodec::withdraw(const Operation* operation, Operations& operations) {
  if (operation == newest_) newest_ = nullptr;
  operations.withdraw_oldest();
}

}  // namespace seamtrace::agent::codecs
