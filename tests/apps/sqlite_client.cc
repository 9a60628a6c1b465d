// sqlite_client: statements over SQLite's own interface.
//   --file PATH
#include <sqlite3.h>

#include <cstdio>
#include <string>

#include "tests/apps/options.h"

namespace {

void run(sqlite3* database, const char* text) {
  char* message = nullptr;
  const auto print = [](void*, int count, char** values, char**) {
    for (int i = 0; i < count; ++i) std::printf("%s\n", values[i] != nullptr ? values[i] : "null");
    return 0;
  };
  const int code = sqlite3_exec(database, text, print, nullptr, &message);
  if (code != SQLITE_OK) std::printf("%d %s\n", code, message);
  sqlite3_free(message);
}

void run_prepared(sqlite3* database) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, "SELECT word FROM numbers WHERE id >= ?", -1, &statement, nullptr);
  for (int id = 1; id <= 2; ++id) {
    sqlite3_bind_int(statement, 1, id);
    while (sqlite3_step(statement) == SQLITE_ROW)
      std::printf("%s\n", reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
}

}  // namespace

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  sqlite3* database = nullptr;
  if (sqlite3_open(options.text("file").c_str(), &database) != SQLITE_OK) return 1;
  run(database, "CREATE TABLE numbers (id INTEGER PRIMARY KEY, word TEXT)");
  run(database, "INSERT INTO numbers VALUES (1, 'secret-marker'), (2, 'two'), (3, 'three')");
  run_prepared(database);
  run(database, "INSERT INTO numbers VALUES (1, 'again')");
  run(database, "SELEC word FROM numbers");
  run(database, "UPDATE numbers SET word = 'x' WHERE id = 3; SELECT count(*) FROM numbers");
  sqlite3_close(database);
}
