// sqlite_module: a plug-in that brings its own copy of SQLite along.
#include <sqlite3.h>

/// Uses a database in memory; what it read there, or -1.
extern "C" __attribute__((visibility("default"))) int use_own_sqlite() {
  sqlite3* database = nullptr;
  if (sqlite3_open(":memory:", &database) != SQLITE_OK) return -1;
  sqlite3_exec(database, "CREATE TABLE own (a); INSERT INTO own VALUES (5)", nullptr, nullptr,
               nullptr);
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, "SELECT a FROM own", -1, &statement, nullptr);
  int value = -1;
  while (sqlite3_step(statement) == SQLITE_ROW) value = sqlite3_column_int(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_finalize(nullptr);
  sqlite3_close(database);
  return value;
}
