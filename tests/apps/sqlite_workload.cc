// sqlite_workload: what programs do with SQLite beside plain queries.
//   --file PATH --work threads|nested|unfinished|fork|errors|callback
//   --threads N     threads: each has a connection of its own, and all share one more
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/apps/options.h"

namespace {

std::string file;

sqlite3* open_database(const std::string& path) {
  sqlite3* database = nullptr;
  if (sqlite3_open(path.c_str(), &database) != SQLITE_OK) std::exit(1);
  sqlite3_busy_timeout(database, 20'000);
  return database;
}

sqlite3_stmt* prepare(sqlite3* database, const char* text) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database, text, -1, &statement, nullptr);
  if (code != SQLITE_OK) std::printf("%s: %d\n", text, code);
  return statement;
}

/// Runs it to its end; the first column of the last row, as a number.
int run(sqlite3* database, const char* text) {
  sqlite3_stmt* statement = prepare(database, text);
  int value = -1, code = SQLITE_OK;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) value = sqlite3_column_int(statement, 0);
  if (code != SQLITE_DONE)
    std::printf("%s: %d %d\n", text, code, sqlite3_extended_errcode(database));
  sqlite3_finalize(statement);
  return value;
}

void threads(int count) {
  constexpr int kRounds = 50;
  sqlite3* shared = open_database(file);
  run(shared, "CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER)");
  run(shared, "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
  std::atomic<int> sum{0};
  const auto read = [&](sqlite3* database, const char* text) {
    sqlite3_stmt* select = prepare(database, text);
    for (int i = 0; i < kRounds; ++i) {
      sqlite3_bind_int(select, 1, 1 + i % 3);
      while (sqlite3_step(select) == SQLITE_ROW) sum += sqlite3_column_int(select, 0);
      sqlite3_reset(select);
    }
    sqlite3_finalize(select);
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < count; ++i)
    workers.emplace_back([&] {
      sqlite3* own = open_database(file);
      read(own, "SELECT b FROM t WHERE a >= ?");
      read(shared, "SELECT a FROM t WHERE b >= ?");
      sqlite3_close(own);
    });
  for (std::thread& worker : workers) worker.join();
  std::printf("sum %d\n", sum.load());
  sqlite3_close(shared);
}

/// A function of SQL that uses SQL.
void counts(sqlite3_context* context, int, sqlite3_value**) {
  auto* database = static_cast<sqlite3*>(sqlite3_user_data(context));
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, "SELECT count(*) FROM t", -1, &statement, nullptr);
  sqlite3_step(statement);
  sqlite3_result_int(context, sqlite3_column_int(statement, 0));
  sqlite3_finalize(statement);
  sqlite3_exec(database, "SELECT nothing", nullptr, nullptr, nullptr);
}

/// What the library runs by itself is no execution of the program's.
void nested() {
  sqlite3* database = open_database(file);
  run(database, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)");
  run(database, "CREATE TABLE log (a)");
  run(database, "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END");
  run(database, "INSERT INTO t VALUES (1, 'one'), (2, 'two')");
  run(database, "CREATE VIRTUAL TABLE words USING fts5(word)");
  run(database, "INSERT INTO words VALUES ('alpha beta'), ('gamma')");
  std::printf("%d\n", run(database, "SELECT count(*) FROM words WHERE words MATCH 'beta'"));
  sqlite3_create_function(database, "counts", 0, SQLITE_UTF8, database, counts, nullptr, nullptr);
  std::printf("%d\n", run(database, "SELECT counts() FROM t"));
  sqlite3_close(database);

  // A new connection reads the schema in its first calls.
  database = open_database(file);
  const char* type = nullptr;
  sqlite3_table_column_metadata(database, nullptr, "t", "b", &type, nullptr, nullptr, nullptr,
                                nullptr);
  std::printf("%s\n", type);
  sqlite3_blob* blob = nullptr;
  sqlite3_blob_open(database, "main", "t", "b", 1, 0, &blob);
  for (int row : {2, 1}) {
    sqlite3_blob_reopen(blob, row);
    std::printf("%d\n", sqlite3_blob_bytes(blob));
  }
  sqlite3_blob_close(blob);
  char** table = nullptr;
  int rows = 0, columns = 0;
  sqlite3_get_table(database, "SELECT * FROM log; SELECT 7", &table, &rows, &columns, nullptr);
  std::printf("%d x %d\n", rows, columns);
  sqlite3_free_table(table);
  sqlite3_close(database);
}

/// Statements that are left in the middle of their rows.
void unfinished() {
  sqlite3* database = open_database(file);
  run(database, "CREATE TABLE t (a)");
  run(database, "INSERT INTO t VALUES (1), (2), (3)");
  sqlite3_stmt* late = prepare(database, "SELECT a FROM t /* late */");
  sqlite3_step(late);
  run(database, "SELECT count(*) FROM t");
  sqlite3_finalize(late);
  sqlite3_step(prepare(database, "SELECT a FROM t /* never */"));
  std::fflush(stdout);
  _exit(0);
}

void in_child() {
  sqlite3* database = open_database(":memory:");
  sqlite3_stmt* rows = prepare(database, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3");
  sqlite3_step(rows);
  std::fflush(stdout);
  const pid_t child = fork();
  // Both go on with what the parent began: one execution, of the parent.
  int left = 0;
  while (sqlite3_step(rows) == SQLITE_ROW) ++left;
  sqlite3_finalize(rows);
  std::printf("%d\n", left);
  std::printf("%d\n", run(database, child == 0 ? "SELECT 10" : "SELECT 20"));
  sqlite3_close(database);
  std::fflush(stdout);
  if (child == 0) _exit(0);
  int status = 0;
  waitpid(child, &status, 0);
  std::printf("%d\n", status);
}

void errors() {
  sqlite3* database = open_database(file);
  run(database, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE, c TEXT NOT NULL)");
  run(database, "INSERT INTO t VALUES (1, 'x', 'y')");
  run(database, "INSERT INTO t VALUES (2, 'x', 'y')");
  run(database, "INSERT INTO t VALUES (1, 'z', 'y')");
  run(database, "INSERT INTO t VALUES (3, 'z', NULL)");
  prepare(database, "SELECT nothing FROM t");
  sqlite3_stmt* none = nullptr;
  const int code = sqlite3_prepare16_v2(database, u"SELEC 'ä'", -1, &none, nullptr);
  std::printf("%d %s\n", code, sqlite3_errmsg(database));
  sqlite3* other = open_database(file);
  sqlite3_busy_timeout(other, 0);
  run(database, "BEGIN IMMEDIATE");
  sqlite3_stmt* begin = prepare(other, "BEGIN IMMEDIATE");
  std::printf("%d\n", sqlite3_step(begin));
  run(database, "ROLLBACK");
  std::printf("%d\n", sqlite3_step(begin));
  sqlite3_finalize(begin);
  sqlite3_close(other);
  sqlite3_close(database);
}

/// Callbacks of sqlite3_exec that run statements, or end it.
void callback() {
  sqlite3* database = open_database(file);
  const auto query = [](void* raw, int, char**, char**) {
    return run(static_cast<sqlite3*>(raw), "SELECT 2") == 2 ? 0 : 1;
  };
  sqlite3_exec(database, "SELECT 1", query, database, nullptr);
  sqlite3_exec(database, "-- nothing", nullptr, nullptr, nullptr);
  sqlite3_exec(database, "", nullptr, nullptr, nullptr);
  const auto cancel = [](void*, int, char**, char**) { return 1; };
  std::printf("%d\n", sqlite3_exec(database, "SELECT 3; SELECT 4", cancel, nullptr, nullptr));
  sqlite3_exec(database, "SELECT 5;\n SELECT 6 ; ", nullptr, nullptr, nullptr);
  sqlite3_close(database);
}

}  // namespace

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  file = options.text("file");
  const std::string work = options.text("work");
  if (work == "threads") threads(options.number("threads", 4));
  if (work == "nested") nested();
  if (work == "unfinished") unfinished();
  if (work == "fork") in_child();
  if (work == "errors") errors();
  if (work == "callback") callback();
}
