// mariadb_client: a plain and a prepared statement over libmariadb, the latter `--count` times.
//   --port N
//   --user NAME
//   --count N
#include <mysql.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "tests/apps/options.h"

namespace {

void check(bool ok, const char* message) {
  if (ok) return;
  std::fprintf(stderr, "%s\n", message);
  std::exit(1);
}

void select_plainly(MYSQL* connection) {
  check(mysql_query(connection, "SELECT n FROM numbers WHERE id = 9") == 0,
        mysql_error(connection));
  MYSQL_RES* result = mysql_store_result(connection);
  std::printf("%s\n", mysql_fetch_row(result)[0]);
  mysql_free_result(result);
}

void select_prepared(MYSQL* connection, int count) {
  const std::string text = "SELECT n, word FROM numbers WHERE id = ?";
  MYSQL_STMT* statement = mysql_stmt_init(connection);
  check(mysql_stmt_prepare(statement, text.data(), text.size()) == 0, mysql_stmt_error(statement));
  for (int id = 1; id <= count; ++id) {
    MYSQL_BIND parameter{};
    parameter.buffer_type = MYSQL_TYPE_LONG;
    parameter.buffer = &id;
    mysql_stmt_bind_param(statement, &parameter);
    check(mysql_stmt_execute(statement) == 0, mysql_stmt_error(statement));
    int number = 0;
    char word[64];
    unsigned long length = 0;
    MYSQL_BIND columns[2]{};
    columns[0].buffer_type = MYSQL_TYPE_LONG;
    columns[0].buffer = &number;
    columns[1].buffer_type = MYSQL_TYPE_STRING;
    columns[1].buffer = word;
    columns[1].buffer_length = sizeof word;
    columns[1].length = &length;
    mysql_stmt_bind_result(statement, columns);
    while (mysql_stmt_fetch(statement) == 0)
      std::printf("%d %.*s\n", number, static_cast<int>(length), word);
    mysql_stmt_free_result(statement);
  }
  mysql_stmt_close(statement);
}

}  // namespace

int main(int argc, char** argv) {
  const apps::Options options(argc, argv);
  MYSQL* connection = mysql_init(nullptr);
  check(mysql_real_connect(connection, "127.0.0.1", options.text("user").c_str(), nullptr, "shop",
                           static_cast<unsigned>(options.number("port", 3306)), nullptr,
                           0) != nullptr,
        mysql_error(connection));
  select_plainly(connection);
  select_prepared(connection, options.number("count", 1));
  mysql_close(connection);
}
