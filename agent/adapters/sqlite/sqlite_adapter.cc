#include "agent/adapters/sqlite/sqlite_adapter.h"

#include <string.h>

#include "agent/adapters/sqlite/sqlite_record.h"
#include "agent/runtime/process_state.h"

namespace seamtrace::agent::adapters::sqlite {

constinit thread_local ThreadCalls thread_calls{};

namespace {

constexpr uint32_t kLongestText = wire::kMaxRecordBytes;  // what is longer is cut in any case

bool is_traced() { return settings.traces(wire::Protocol::kSqlite); }

/// Whether a call is the program's, not one that the library makes for itself. Within sqlite3_exec
/// the library calls for the program.
bool is_programs_own(const SqliteLibrary& library, Caller caller) {
  if (!library.contains(caller.address)) return true;
  ThreadCalls& thread = thread_calls;
  if (caller.frame >= thread.exec_frame) {
    thread.exec_frame = 0;
    return false;
  }
  thread.exec_seen_within = true;
  if (thread.exec_library->inner_calls.load(std::memory_order_relaxed) != InnerCalls::kVisible)
    thread.exec_library->inner_calls.store(InnerCalls::kVisible, std::memory_order_relaxed);
  return true;
}

uint32_t size_of(const char* text, int size) {
  if (text == nullptr) return 0;
  const size_t limit = size < 0 || static_cast<uint32_t>(size) > kLongestText
                           ? kLongestText
                           : static_cast<size_t>(size);
  return static_cast<uint32_t>(strnlen(text, limit));
}

/// The same in UTF-16: bytes before its first NUL.
uint32_t size_of(Utf16Text text) {
  if (text.bytes == nullptr) return 0;
  const auto* bytes = static_cast<const char*>(text.bytes);
  const uint32_t limit = text.size < 0 || static_cast<uint32_t>(text.size) > 2 * kLongestText
                             ? 2 * kLongestText
                             : static_cast<uint32_t>(text.size);
  uint32_t size = 0;
  while (size + 2 <= limit && (bytes[size] != '\0' || bytes[size + 1] != '\0')) size += 2;
  return size;
}

/// When the last step returned, told from the ticks between the beginning and now.
uint64_t last_step_ns(const Execution& execution) {
  const uint64_t now_ns = monotonic_ns();
  const uint64_t now_ticks = ticks();
  const uint64_t last = execution.last_ticks.load(std::memory_order_relaxed);
  if (last <= execution.start_ticks || last >= now_ticks || now_ns <= execution.start_ns)
    return now_ns;
  const double part = static_cast<double>(last - execution.start_ticks) /
                      static_cast<double>(now_ticks - execution.start_ticks);
  return execution.start_ns +
         static_cast<uint64_t>(static_cast<double>(now_ns - execution.start_ns) * part);
}

/// Rows that were returned, or changed by a statement that returns none.
void add_rows(Exchange& exchange, const Execution& execution, sqlite3* database, int result) {
  const SqliteFunctions& functions = execution.library->functions;
  wire::DatabaseFacts& facts = exchange.operation.facts;
  if (execution.returns_rows) {
    facts.rows = execution.rows.load(std::memory_order_relaxed);
    facts.flags |= wire::kFlagRowsKnown;
  } else if (result == kDone && database != nullptr && functions.total_changes != nullptr &&
             functions.changes != nullptr &&
             functions.total_changes(database) != execution.changes_before) {
    const int changes = functions.changes(database);
    facts.rows = changes > 0 ? static_cast<uint64_t>(changes) : 0;
    facts.flags |= wire::kFlagRowsKnown;
  }
}

/// Ends one that is in the table no more, but does not give it back.
void close(Execution& execution, sqlite3* database, int result, uint64_t end_ns) {
  Exchange* exchange = execution.exchange;
  execution.exchange = nullptr;
  if (result != kDone && result != kRow)
    note_error(exchange, code_of(*execution.library, database, result));
  if (exchange == nullptr) return;
  add_rows(*exchange, execution, database, result);
  finish(*exchange, end_ns);
}

void close_early(Execution& execution) {
  if (execution.exchange != nullptr) close(execution, nullptr, kRow, last_step_ns(execution));
  give_back(&execution);
}

void describe(Exchange& exchange, const SqliteFunctions& functions, sqlite3_stmt* statement) {
  const char* text = functions.sql == nullptr ? nullptr : functions.sql(statement);
  if (functions.bind_parameter_count != nullptr && functions.bind_parameter_count(statement) > 0)
    exchange.operation.facts.flags |= wire::kFlagParameterised;
  add_text(exchange, text, size_of(text, -1));
}

}  // namespace

// StepCall --------------------------------------------------------------------------------------

void StepCall::look(Caller caller) {
  library_ = library_of(statement_, caller.address);
  if (library_ == nullptr || statement_ == nullptr) return;
  may_begin_ = !thread_calls.is_within_library(caller.frame) && is_programs_own(*library_, caller);
}

void StepCall::begin() {
  if (!is_traced()) return;
  const SqliteFunctions& functions = library_->functions;
  sqlite3* database = functions.db_handle == nullptr ? nullptr : functions.db_handle(statement_);
  if (database == nullptr) return;
  ThreadCalls& thread = thread_calls;
  const bool busy = functions.stmt_busy != nullptr && functions.stmt_busy(statement_) != 0;
  if (Execution* known = join(statement_, &thread)) {
    // One that has stepped and is not under way was ended behind our back.
    const bool stepped = known->last_ticks.load(std::memory_order_relaxed) != 0;
    const bool goes_on = !known->awaits_retry && (!stepped || busy);
    if (goes_on) {
      execution_ = known;
    } else if (Execution* stale = remove(statement_, known)) {
      close_early(*stale);
    }
  } else if (busy) {
    return;  // it began before us, or when there was no room
  }
  if (execution_ == nullptr) {
    Execution* execution = take_execution(statement_, *library_, &thread);
    if (execution == nullptr) return;
    execution->start_ns = monotonic_ns();
    execution->start_ticks = ticks();
    execution->returns_rows =
        functions.column_count != nullptr && functions.column_count(statement_) > 0;
    if (functions.total_changes != nullptr)
      execution->changes_before = functions.total_changes(database);
    execution->exchange = begin_exchange(*library_, database, execution->start_ns);
    if (execution->exchange != nullptr) describe(*execution->exchange, functions, statement_);
    if (!insert(execution)) {
      if (execution->exchange != nullptr) spans::release(execution->exchange);
      give_back(execution);
      execution = join(statement_, &thread);  // another thread was faster
      if (execution == nullptr) return;
    }
    execution_ = execution;
  }
  thread.execution = execution_;
  thread.statement = statement_;
  thread.library = library_;
}

void StepCall::end(int result) {
  Execution* execution = remove(statement_, execution_);
  if (execution == nullptr) return;  // another thread has ended it
  const uint64_t end_ns = execution->exchange != nullptr ? monotonic_ns() : 0;
  const SqliteFunctions& functions = library_->functions;
  close(*execution, functions.db_handle(statement_), result, end_ns);
  execution->awaits_retry =
      result != kDone && functions.stmt_busy != nullptr && functions.stmt_busy(statement_) != 0;
  if (!execution->awaits_retry || !insert(execution)) give_back(execution);
}

void end_early(sqlite3_stmt* statement) {
  if (Execution* execution = remove(statement, nullptr)) close_early(*execution);
}

// PrepareCall -----------------------------------------------------------------------------------

PrepareCall::PrepareCall(sqlite3* database, Caller caller)
    : database_(database), frame_(caller.frame), library_(library_of(database, caller.address)) {
  traced_ = library_ != nullptr && database != nullptr &&
            !thread_calls.is_within_library(caller.frame) && is_programs_own(*library_, caller);
  if (traced_ && agent_is_on()) start_ns_ = monotonic_ns();
}

bool PrepareCall::has_failed(int result, sqlite3_stmt* const* statement) const {
  if (result != kOk) return traced_;
  // Whatever had this address before is gone.
  if (statement != nullptr && *statement == thread_calls.statement)
    thread_calls.statement = nullptr;
  return false;
}

Exchange* PrepareCall::begin_failure() const {
  return begin_exchange(*library_, database_, start_ns_ != 0 ? start_ns_ : monotonic_ns());
}

void PrepareCall::end_failure(Exchange& exchange, int result) const {
  note_error(&exchange, code_of(*library_, database_, result));
  finish(exchange, monotonic_ns());
}

void PrepareCall::record_failure(int result, Utf8Text text) const {
  if (!is_traced()) return;
  Exchange* exchange = begin_failure();
  if (exchange == nullptr) return note_error(nullptr, result);
  add_text(*exchange, text.bytes, size_of(text.bytes, text.size));
  end_failure(*exchange, result);
}

void PrepareCall::record_failure(int result, Utf16Text text) const {
  if (!is_traced()) return;
  Exchange* exchange = begin_failure();
  if (exchange == nullptr) return note_error(nullptr, result);
  add_utf16_text(*exchange, static_cast<const char*>(text.bytes), size_of(text));
  end_failure(*exchange, result);
}

// ExecCall --------------------------------------------------------------------------------------

ExecCall::ExecCall(sqlite3* database, const char* text, Caller caller)
    : database_(database), text_(text), library_(library_of(database, caller.address)) {
  ThreadCalls& thread = thread_calls;
  traced_ = library_ != nullptr && database != nullptr && text != nullptr && *text != '\0' &&
            !thread.is_within_library(caller.frame) && is_programs_own(*library_, caller);
  if (!traced_) return;
  if (caller.frame < thread.exec_frame) {
    outer_frame_ = thread.exec_frame;
    outer_library_ = thread.exec_library;
    outer_seen_within_ = thread.exec_seen_within;
  }
  thread.exec_frame = caller.frame;
  thread.exec_library = library_;
  thread.exec_seen_within = false;
}

ExecCall::~ExecCall() {
  if (!traced_) return;
  ThreadCalls& thread = thread_calls;
  thread.exec_frame = outer_frame_;
  thread.exec_library = outer_library_;
  thread.exec_seen_within = outer_seen_within_;
}

void ExecCall::open(uint64_t start_ns) {
  exchange_ = begin_exchange(*library_, database_, start_ns);
  if (exchange_ == nullptr) return;
  generation_ = exchange_->generation.load(std::memory_order_relaxed);
  add_text(*exchange_, text_, size_of(text_, -1));
}

void ExecCall::begin() {
  const InnerCalls inner_calls = library_->inner_calls.load(std::memory_order_relaxed);
  if (!is_traced() || inner_calls == InnerCalls::kVisible) return;
  begun_ = true;
  start_ns_ = monotonic_ns();
  if (inner_calls == InnerCalls::kHidden) open(start_ns_);
}

bool ExecCall::has_ended(int result) const {
  if (!begun_) return false;
  // Refused before it looked at the text: nothing is learnt of its inner calls.
  return exchange_ != nullptr || (!thread_calls.exec_seen_within && result != kMisuse);
}

void ExecCall::end(int result) {
  const uint64_t end_ns = monotonic_ns();
  if (exchange_ != nullptr && exchange_->generation.load(std::memory_order_relaxed) != generation_)
    exchange_ = nullptr;
  if (thread_calls.exec_seen_within) {
    if (exchange_ != nullptr) spans::release(exchange_);
    exchange_ = nullptr;
    return;
  }
  if (library_->inner_calls.load(std::memory_order_relaxed) == InnerCalls::kUnknown) {
    library_->inner_calls.store(InnerCalls::kHidden, std::memory_order_relaxed);
    open(start_ns_);
  }
  if (result != kOk) note_error(exchange_, code_of(*library_, database_, result));
  if (exchange_ != nullptr) finish(*exchange_, end_ns);
  exchange_ = nullptr;
}

void after_fork() {
  unlock_libraries_after_fork();
  reset_executions();
}

}  // namespace seamtrace::agent::adapters::sqlite
