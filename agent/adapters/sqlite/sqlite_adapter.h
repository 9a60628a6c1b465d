// SqliteAdapter: calls of SQLite's functions -> one exchange for each execution of a statement.
// Path:    hooks -> [adapters/sqlite] -> context, spans
// Owner:   a call's object lives in the hook's frame; executions in a table of a fixed size.
// Threads: any; a handle may be used from several.
// Failure: what cannot be traced is passed through and counted.
// Source:  sqlite.org/c3ref: step, reset, exec, "Result Codes".
//
// The rules:
//   - An execution begins with the first sqlite3_step and ends when a step returns anything but
//     SQLITE_ROW. One that is reset or finalized before that ends when its last step returned.
//   - SQLITE_BUSY and its like end it with that error; a retry is an execution of its own.
//   - What a library runs by itself, within a call that the program made or otherwise, is not
//     traced: triggers, full-text indexes, reading the schema, SQL functions that use SQL.
//   - sqlite3_exec and sqlite3_get_table are what they run, where their own calls can be seen; else
//     each is one execution of its whole text.
//   - A text that cannot be prepared is an execution that failed.
#pragma once

#include <atomic>
#include <cstdint>

#include "agent/adapters/sqlite/sqlite_executions.h"
#include "agent/adapters/sqlite/sqlite_library.h"

namespace seamtrace::agent::adapters::sqlite {

/// Where a hook was called from: an address in the caller, and the hook's own frame.
struct Caller {
  const void* address;
  uintptr_t frame;
};

/// What a thread is in the middle of. Frames stand for calls: one that was left by an exception or
/// longjmp is known by a later call whose frame lies above it. Zero is the valid initial state.
struct ThreadCalls {
  uintptr_t library_frame;  ///< of the outermost call that a library is working on
  uintptr_t exec_frame;     ///< of the innermost sqlite3_exec; 0: none
  const SqliteLibrary* exec_library;
  /// A call of the library itself, on behalf of that sqlite3_exec, has come through a hook.
  bool exec_seen_within;
  /// The execution that this thread went on with last, its statement, and whose that is.
  Execution* execution;
  sqlite3_stmt* statement;
  const SqliteLibrary* library;

  /// Whether a call comes from within a library's work on another.
  bool is_within_library(uintptr_t frame) {
    if (__builtin_expect(library_frame == 0, 1)) return false;
    if (frame < library_frame) return true;
    library_frame = 0;
    return false;
  }
  bool goes_on_with(sqlite3_stmt* wanted) const {
    return statement == wanted && execution != nullptr &&
           execution->owner.load(std::memory_order_relaxed) == this &&
           execution->statement.load(std::memory_order_relaxed) == wanted;
  }
};

extern constinit thread_local ThreadCalls thread_calls __attribute__((tls_model("initial-exec")));

/// Marks the thread as within the library for a scope, unless it is already.
class LibraryScope {
 public:
  explicit LibraryScope(uintptr_t frame) : outermost_(!thread_calls.is_within_library(frame)) {
    if (outermost_) thread_calls.library_frame = frame;
  }
  ~LibraryScope() {
    if (outermost_) thread_calls.library_frame = 0;
  }
  LibraryScope(const LibraryScope&) = delete;
  LibraryScope& operator=(const LibraryScope&) = delete;

 private:
  bool outermost_;
};

/// One sqlite3_step.
class StepCall {
 public:
  StepCall(sqlite3_stmt* statement, Caller caller) : statement_(statement), frame_(caller.frame) {
    ThreadCalls& thread = thread_calls;
    if (thread.goes_on_with(statement) && !thread.is_within_library(caller.frame)) {
      execution_ = thread.execution;
      library_ = thread.library;
    } else {
      look(caller);
    }
  }
  /// Whether begin() should be called before run().
  bool may_begin() const { return may_begin_; }
  /// Inside an Entry.
  void begin();
  int run() {
    if (library_ == nullptr) return kError;
    const LibraryScope scope(frame_);
    const int result = library_->functions.step(statement_);
    if (execution_ != nullptr && result == kRow) execution_->note_row();
    return result;
  }
  /// Whether end() should be called.
  bool has_ended(int result) const { return execution_ != nullptr && result != kRow; }
  /// Inside an Entry.
  void end(int result);

 private:
  void look(Caller caller);

  sqlite3_stmt* statement_;
  uintptr_t frame_;
  const SqliteLibrary* library_ = nullptr;
  Execution* execution_ = nullptr;
  bool may_begin_ = false;
};

/// Before sqlite3_reset and sqlite3_finalize, inside an Entry, if may_be_under_way() says so.
void end_early(sqlite3_stmt* statement);

/// A text to be prepared: `size` as SQLite has it, in bytes, negative: up to its NUL.
struct Utf8Text {
  const char* bytes;
  int size;
};
struct Utf16Text {
  const void* bytes;
  int size;
};

/// One sqlite3_prepare of whatever version.
class PrepareCall {
 public:
  PrepareCall(sqlite3* database, Caller caller);
  const SqliteLibrary* library() const { return library_; }

  /// Calls a library's function, if it has it.
  template <typename Function, typename... Arguments>
  int run(Function* SqliteFunctions::*function, Arguments... arguments) {
    if (library_ == nullptr || library_->functions.*function == nullptr) return kError;
    const LibraryScope scope(frame_);
    return (library_->functions.*function)(database_, arguments...);
  }
  /// The library has made (or not) a statement. Whether record_failure() should be called.
  bool has_failed(int result, sqlite3_stmt* const* statement) const;
  /// Inside an Entry.
  void record_failure(int result, Utf8Text text) const;
  void record_failure(int result, Utf16Text text) const;

 private:
  Exchange* begin_failure() const;
  void end_failure(Exchange& exchange, int result) const;

  sqlite3* database_;
  uintptr_t frame_;
  const SqliteLibrary* library_ = nullptr;
  uint64_t start_ns_ = 0;
  bool traced_ = false;
};

/// One sqlite3_exec or sqlite3_get_table.
class ExecCall {
 public:
  ExecCall(sqlite3* database, const char* text, Caller caller);
  ~ExecCall();
  ExecCall(const ExecCall&) = delete;
  ExecCall& operator=(const ExecCall&) = delete;

  /// Whether begin() should be called before run().
  bool may_begin() const { return traced_; }
  /// Inside an Entry.
  void begin();

  template <typename Function, typename... Arguments>
  int run(Function* SqliteFunctions::*function, Arguments... arguments) {
    if (library_ == nullptr || library_->functions.*function == nullptr) return kError;
    return (library_->functions.*function)(database_, text_, arguments...);
  }
  /// Whether end() should be called.
  bool has_ended(int result) const;
  /// Inside an Entry.
  void end(int result);

 private:
  void open(uint64_t start_ns);

  sqlite3* database_;
  const char* text_;
  const SqliteLibrary* library_;
  uintptr_t outer_frame_ = 0;
  const SqliteLibrary* outer_library_ = nullptr;
  bool outer_seen_within_ = false;
  Exchange* exchange_ = nullptr;
  uint64_t generation_ = 0;  ///< of the exchange: a forked child has released it
  uint64_t start_ns_ = 0;
  bool traced_ = false;
  bool begun_ = false;
};

/// Only in a forked child, which has released all exchanges.
void after_fork();

}  // namespace seamtrace::agent::adapters::sqlite
