// SqliteLibrary: the copy of SQLite that a handle belongs to.
// Path:    hooks -> [adapters/sqlite] -> the program's SQLite
// Threads: any; what is known already is read without a lock.
// Memory:  a fixed number of libraries; an entry is used again once its library is unloaded.
// Failure: without any library the hooks say SQLITE_ERROR: nobody can have asked for one.
// Source:  sqlite.org/c3ref; sqliteInt.h (struct sqlite3), vdbeInt.h (struct Vdbe).
//
// A process may hold several copies: the distribution's, and those that plug-ins brought along. All
// their callers reach the same hook, so the handle itself has to say whose it is. A statement
// begins with a pointer to its connection, and a connection with one to its VFS, in every SQLite
// since 3.5; SQLite's own functions read both before anything else. The library of a VFS that was
// never seen is looked for among the loaded objects; from then on it is a comparison.
#pragma once

#include <atomic>
#include <cstdint>

struct sqlite3;
struct sqlite3_stmt;
struct sqlite3_mutex;

namespace seamtrace::agent::adapters::sqlite {

// Result codes, sqlite.org/rescode.html.
inline constexpr int kOk = 0;
inline constexpr int kError = 1;
inline constexpr int kMisuse = 21;
inline constexpr int kRow = 100;
inline constexpr int kDone = 101;

using ExecCallback = int(void*, int, char**, char**);

/// X(result, name, parameters): what is called of a library. Older ones lack some.
// clang-format off
#define SEAMTRACE_SQLITE_FUNCTIONS(X)                                                      \
  X(int, step, sqlite3_stmt*)                                                              \
  X(int, reset, sqlite3_stmt*)                                                             \
  X(int, finalize, sqlite3_stmt*)                                                          \
  X(int, prepare, sqlite3*, const char*, int, sqlite3_stmt**, const char**)                \
  X(int, prepare_v2, sqlite3*, const char*, int, sqlite3_stmt**, const char**)             \
  X(int, prepare_v3, sqlite3*, const char*, int, unsigned, sqlite3_stmt**, const char**)   \
  X(int, prepare16, sqlite3*, const void*, int, sqlite3_stmt**, const void**)              \
  X(int, prepare16_v2, sqlite3*, const void*, int, sqlite3_stmt**, const void**)           \
  X(int, prepare16_v3, sqlite3*, const void*, int, unsigned, sqlite3_stmt**, const void**) \
  X(int, exec, sqlite3*, const char*, ExecCallback*, void*, char**)                        \
  X(int, get_table, sqlite3*, const char*, char***, int*, int*, char**)                    \
  X(const char*, sql, sqlite3_stmt*)                                                       \
  X(sqlite3*, db_handle, sqlite3_stmt*)                                                    \
  X(const char*, db_filename, sqlite3*, const char*)                                       \
  X(sqlite3_mutex*, db_mutex, sqlite3*)                                                    \
  X(void, mutex_enter, sqlite3_mutex*)                                                     \
  X(void, mutex_leave, sqlite3_mutex*)                                                     \
  X(int, extended_errcode, sqlite3*)                                                       \
  X(int, bind_parameter_count, sqlite3_stmt*)                                              \
  X(int, column_count, sqlite3_stmt*)                                                      \
  X(int, stmt_busy, sqlite3_stmt*)                                                         \
  X(int, changes, sqlite3*)                                                                \
  X(int, total_changes, sqlite3*)
// clang-format on

struct SqliteFunctions {
#define SEAMTRACE_MEMBER(result, name, ...) result (*name)(__VA_ARGS__) = nullptr;
  SEAMTRACE_SQLITE_FUNCTIONS(SEAMTRACE_MEMBER)
#undef SEAMTRACE_MEMBER
};

/// Whether the library's own calls of its exported functions (sqlite3_exec prepares and steps) come
/// through the hooks. That depends on how it was linked.
enum class InnerCalls : uint8_t { kUnknown, kVisible, kHidden };

struct SqliteLibrary {
  SqliteFunctions functions;
  /// Where it is mapped.
  uintptr_t begin = 0;
  uintptr_t end = 0;
  /// Learnt from the first sqlite3_exec.
  mutable std::atomic<InnerCalls> inner_calls{InnerCalls::kUnknown};

  bool contains(const void* address) const {
    return reinterpret_cast<uintptr_t>(address) - begin < end - begin;
  }
};

/// The library of a connection or statement. `caller` is an address within whoever called the
/// hook: it decides where the handle does not. A null handle costs a search. Null: there is none.
const SqliteLibrary* library_of(sqlite3* database, const void* caller);
const SqliteLibrary* library_of(sqlite3_stmt* statement, const void* caller);

/// Makes a library known to library_of(); null: there is no more room.
SqliteLibrary* add_library(const SqliteFunctions& functions, uintptr_t begin, uintptr_t end);
/// Connections of this VFS belong to that library.
void remember(const void* vfs, SqliteLibrary* library);

/// Only in a forked child.
void unlock_libraries_after_fork();

}  // namespace seamtrace::agent::adapters::sqlite
