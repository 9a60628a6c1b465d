// SQLite's functions that run statements. Only programs that use its dynamic library meet them.
#include "agent/adapters/sqlite/sqlite_adapter.h"
#include "agent/hooks/next_function.h"
#include "agent/pipeline.h"

using namespace seamtrace::agent;
namespace sqlite = seamtrace::agent::adapters::sqlite;

namespace {

using sqlite::SqliteFunctions;

/// Both belong to the hook itself, hence no function.
#define SEAMTRACE_CALLER                                                                 \
  sqlite::Caller {                                                                       \
    __builtin_return_address(0), reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) \
  }

template <typename Text, typename Function, typename Rest, typename... Flags>
int prepare(sqlite::Caller caller, sqlite3* database, Text text,
            Function* SqliteFunctions::*function, sqlite3_stmt** statement, Rest rest,
            Flags... flags) {
  sqlite::PrepareCall call(database, caller);
  const int result = call.run(function, text.bytes, text.size, flags..., statement, rest);
  if (call.has_failed(result, statement) && pipeline::start())
    pipeline::with_agent([&] { call.record_failure(result, text); });
  return result;
}

template <typename Function, typename... Arguments>
int exec(sqlite::Caller caller, sqlite3* database, const char* text,
         Function* SqliteFunctions::*function, Arguments... arguments) {
  sqlite::ExecCall call(database, text, caller);
  if (call.may_begin() && pipeline::start()) pipeline::with_agent([&] { call.begin(); });
  const int result = call.run(function, arguments...);
  if (call.has_ended(result)) pipeline::with_agent([&] { call.end(result); });
  return result;
}

int release(sqlite::Caller caller, sqlite3_stmt* statement,
            int (*SqliteFunctions::*function)(sqlite3_stmt*)) {
  if (statement == nullptr) return sqlite::kOk;  // as SQLite has it; nothing tells whose it is
  const sqlite::SqliteLibrary* library = sqlite::library_of(statement, caller.address);
  if (sqlite::may_be_under_way(statement))
    pipeline::with_agent([&] { sqlite::end_early(statement); });
  return library != nullptr ? (library->functions.*function)(statement) : sqlite::kError;
}

}  // namespace

SEAMTRACE_HOOK int sqlite3_step(sqlite3_stmt* statement) {
  sqlite::StepCall call(statement, SEAMTRACE_CALLER);
  if (call.may_begin() && pipeline::start()) pipeline::with_agent([&] { call.begin(); });
  const int result = call.run();
  if (call.has_ended(result)) pipeline::with_agent([&] { call.end(result); });
  return result;
}

SEAMTRACE_HOOK int sqlite3_reset(sqlite3_stmt* statement) {
  return release(SEAMTRACE_CALLER, statement, &SqliteFunctions::reset);
}

SEAMTRACE_HOOK int sqlite3_finalize(sqlite3_stmt* statement) {
  return release(SEAMTRACE_CALLER, statement, &SqliteFunctions::finalize);
}

SEAMTRACE_HOOK int sqlite3_prepare(sqlite3* database, const char* text, int size,
                                   sqlite3_stmt** statement, const char** rest) {
  return prepare(SEAMTRACE_CALLER, database, sqlite::Utf8Text{text, size},
                 &SqliteFunctions::prepare, statement, rest);
}

SEAMTRACE_HOOK int sqlite3_prepare_v2(sqlite3* database, const char* text, int size,
                                      sqlite3_stmt** statement, const char** rest) {
  return prepare(SEAMTRACE_CALLER, database, sqlite::Utf8Text{text, size},
                 &SqliteFunctions::prepare_v2, statement, rest);
}

SEAMTRACE_HOOK int sqlite3_prepare_v3(sqlite3* database, const char* text, int size, unsigned flags,
                                      sqlite3_stmt** statement, const char** rest) {
  return prepare(SEAMTRACE_CALLER, database, sqlite::Utf8Text{text, size},
                 &SqliteFunctions::prepare_v3, statement, rest, flags);
}

SEAMTRACE_HOOK int sqlite3_prepare16(sqlite3* database, const void* text, int size,
                                     sqlite3_stmt** statement, const void** rest) {
  return prepare(SEAMTRACE_CALLER, database, sqlite::Utf16Text{text, size},
                 &SqliteFunctions::prepare16, statement, rest);
}

SEAMTRACE_HOOK int sqlite3_prepare16_v2(sqlite3* database, const void* text, int size,
                                        sqlite3_stmt** statement, const void** rest) {
  return prepare(SEAMTRACE_CALLER, database, sqlite::Utf16Text{text, size},
                 &SqliteFunctions::prepare16_v2, statement, rest);
}

SEAMTRACE_HOOK int sqlite3_prepare16_v3(sqlite3* database, const void* text, int size,
                                        unsigned flags, sqlite3_stmt** statement,
                                        const void** rest) {
  return prepare(SEAMTRACE_CALLER, database, sqlite::Utf16Text{text, size},
                 &SqliteFunctions::prepare16_v3, statement, rest, flags);
}

SEAMTRACE_HOOK int sqlite3_exec(sqlite3* database, const char* text, sqlite::ExecCallback* callback,
                                void* argument, char** message) {
  return exec(SEAMTRACE_CALLER, database, text, &SqliteFunctions::exec, callback, argument,
              message);
}

SEAMTRACE_HOOK int sqlite3_get_table(sqlite3* database, const char* text, char*** table, int* rows,
                                     int* columns, char** message) {
  return exec(SEAMTRACE_CALLER, database, text, &SqliteFunctions::get_table, table, rows, columns,
              message);
}
