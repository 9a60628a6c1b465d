// A client of libmariadb that uses what the other clients do not: prepared statements in all their
// forms, cursors, bulk execution, a change of users. Usage: prepared PORT
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static MYSQL* connection;

static void require(int condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "%s: %s\n", what, mysql_error(connection));
  exit(1);
}

static MYSQL_STMT* prepare(const char* text) {
  MYSQL_STMT* statement = mysql_stmt_init(connection);
  require(mysql_stmt_prepare(statement, text, strlen(text)) == 0, text);
  return statement;
}

static void fetch_all(MYSQL_STMT* statement, long rows) {
  long fetched = 0;
  while (mysql_stmt_fetch(statement) == 0) ++fetched;
  require(fetched == rows, "rows");
}

static void query(const char* text) {
  require(mysql_query(connection, text) == 0, text);
  do {
    MYSQL_RES* result = mysql_store_result(connection);
    if (result != NULL) mysql_free_result(result);
  } while (mysql_next_result(connection) == 0);
}

static void with_parameters(void) {
  MYSQL_STMT* statement = prepare("SELECT id, name FROM songs WHERE id >= ? AND name <> ?");
  int least = 1;
  char name[] = "secret";
  unsigned long size = sizeof(name) - 1;
  MYSQL_BIND bind[2];
  memset(bind, 0, sizeof(bind));
  bind[0].buffer_type = MYSQL_TYPE_LONG;
  bind[0].buffer = &least;
  bind[1].buffer_type = MYSQL_TYPE_STRING;
  bind[1].buffer = name;
  bind[1].buffer_length = size;
  bind[1].length = &size;
  require(mysql_stmt_bind_param(statement, bind) == 0, "bind");
  for (int i = 0; i < 2; ++i) {
    require(mysql_stmt_execute(statement) == 0, "execute");
    fetch_all(statement, 3);
  }
  require(mysql_stmt_send_long_data(statement, 1, "hidden", 6) == 0, "long data");
  require(mysql_stmt_execute(statement) == 0, "execute with long data");
  fetch_all(statement, 3);
  require(mysql_stmt_reset(statement) == 0, "reset");
  mysql_stmt_close(statement);
}

static void with_cursor(void) {
  MYSQL_STMT* statement = prepare("SELECT id FROM songs ORDER BY id");
  unsigned long type = CURSOR_TYPE_READ_ONLY, at_once = 2;
  mysql_stmt_attr_set(statement, STMT_ATTR_CURSOR_TYPE, &type);
  mysql_stmt_attr_set(statement, STMT_ATTR_PREFETCH_ROWS, &at_once);
  require(mysql_stmt_execute(statement) == 0, "cursor");
  fetch_all(statement, 3);
  mysql_stmt_close(statement);
}

static void in_bulk(void) {
  MYSQL_STMT* statement = prepare("INSERT INTO songs VALUES (?, 'many')");
  int ids[] = {10, 11, 12, 13};
  unsigned int count = 4;
  MYSQL_BIND bind;
  memset(&bind, 0, sizeof(bind));
  bind.buffer_type = MYSQL_TYPE_LONG;
  bind.buffer = ids;
  mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &count);
  require(mysql_stmt_bind_param(statement, &bind) == 0, "bind");
  require(mysql_stmt_execute(statement) == 0, "bulk");
  mysql_stmt_close(statement);
}

static void directly(void) {
  // Sent before the answer to its preparation is read.
  MYSQL_STMT* statement = mysql_stmt_init(connection);
  const char* text = "UPDATE songs SET name = 'some' WHERE id > 10";
  require(mariadb_stmt_execute_direct(statement, text, strlen(text)) == 0, text);
  mysql_stmt_close(statement);
  statement = mysql_stmt_init(connection);
  text = "SELECT nothing FROM nowhere";
  require(mariadb_stmt_execute_direct(statement, text, strlen(text)) != 0, text);
  mysql_stmt_close(statement);
}

int main(int count, char** arguments) {
  if (count != 2) return 2;
  connection = mysql_init(NULL);
  require(
      mysql_real_connect(connection, "127.0.0.1", "alice", "wonder", "music",
                         (unsigned int)atoi(arguments[1]), NULL, CLIENT_MULTI_STATEMENTS) != NULL,
      "connect");
  query("CREATE TABLE songs (id INT PRIMARY KEY, name TEXT)");
  query("INSERT INTO songs VALUES (1, 'one'), (2, 'two'), (3, 'three')");
  with_parameters();
  with_cursor();
  in_bulk();
  directly();
  query("CREATE PROCEDURE both_of() BEGIN SELECT 1; SELECT 2, 3; END");
  query("CALL both_of()");
  require(mysql_ping(connection) == 0, "ping");
  require(mysql_stat(connection) != NULL, "statistics");
  require(mysql_set_server_option(connection, MYSQL_OPTION_MULTI_STATEMENTS_OFF) == 0, "option");
  require(mysql_select_db(connection, "test") == 0, "database");
  MYSQL_RES* fields = mysql_list_fields(connection, "inventory", NULL);
  require(fields != NULL, "fields");
  mysql_free_result(fields);
  query("SELECT 'in test'");
  require(mysql_reset_connection(connection) == 0, "reset of the connection");
  require(mysql_change_user(connection, "bob", "builder", "music") == 0, "change of users");
  query("BEGIN");
  query("DELETE FROM songs");
  query("ROLLBACK");
  query("DROP TABLE songs");
  query("DROP PROCEDURE both_of");
  require(mysql_change_user(connection, "bob", "wrong", "music") != 0, "wrong password");
  mysql_close(connection);
  return 0;
}
