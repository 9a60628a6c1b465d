#include "collector/interpret/database_names.h"

#include <charconv>
#include <iterator>

namespace seamtrace::collector {
namespace {

constexpr DataStore kStores[] = {
    {"seamtrace.postgresql", true}, {"seamtrace.mysql", true},      {"seamtrace.mariadb", true},
    {"seamtrace.redis", false},     {"seamtrace.memcached", false}, {"seamtrace.sqlite", true},
};
static_assert(std::size(kStores) == wire::kLastProtocol - 1);

struct Named {
  std::string_view code, name;
};

constexpr Named kPostgresql[] = {
    {"08P01", "protocol_violation"},
    {"0A000", "feature_not_supported"},
    {"21000", "cardinality_violation"},
    {"22001", "string_data_right_truncation"},
    {"22003", "numeric_value_out_of_range"},
    {"22007", "invalid_datetime_format"},
    {"22008", "datetime_field_overflow"},
    {"22012", "division_by_zero"},
    {"22021", "character_not_in_repertoire"},
    {"22P02", "invalid_text_representation"},
    {"22P05", "untranslatable_character"},
    {"23502", "not_null_violation"},
    {"23503", "foreign_key_violation"},
    {"23505", "unique_violation"},
    {"23514", "check_violation"},
    {"23P01", "exclusion_violation"},
    {"25001", "active_sql_transaction"},
    {"25006", "read_only_sql_transaction"},
    {"25P01", "no_active_sql_transaction"},
    {"25P02", "in_failed_sql_transaction"},
    {"25P03", "idle_in_transaction_session_timeout"},
    {"26000", "invalid_sql_statement_name"},
    {"28000", "invalid_authorization_specification"},
    {"28P01", "invalid_password"},
    {"34000", "invalid_cursor_name"},
    {"3D000", "invalid_catalog_name"},
    {"3F000", "invalid_schema_name"},
    {"40001", "serialization_failure"},
    {"40P01", "deadlock_detected"},
    {"42501", "insufficient_privilege"},
    {"42601", "syntax_error"},
    {"42701", "duplicate_column"},
    {"42702", "ambiguous_column"},
    {"42703", "undefined_column"},
    {"42704", "undefined_object"},
    {"42710", "duplicate_object"},
    {"42803", "grouping_error"},
    {"42804", "datatype_mismatch"},
    {"42883", "undefined_function"},
    {"42P01", "undefined_table"},
    {"42P02", "undefined_parameter"},
    {"42P05", "duplicate_prepared_statement"},
    {"42P07", "duplicate_table"},
    {"53100", "disk_full"},
    {"53200", "out_of_memory"},
    {"53300", "too_many_connections"},
    {"55000", "object_not_in_prerequisite_state"},
    {"55006", "object_in_use"},
    {"55P03", "lock_not_available"},
    {"57014", "query_canceled"},
    {"57P01", "admin_shutdown"},
    {"57P02", "crash_shutdown"},
    {"57P03", "cannot_connect_now"},
    {"57P04", "database_dropped"},
    {"57P05", "idle_session_timeout"},
    {"58030", "io_error"},
    {"P0001", "raise_exception"},
    {"XX000", "internal_error"},
    {"XX001", "data_corrupted"},
};

constexpr Named kMysql[] = {
    {"1005", "ER_CANT_CREATE_TABLE"},
    {"1007", "ER_DB_CREATE_EXISTS"},
    {"1008", "ER_DB_DROP_EXISTS"},
    {"1040", "ER_CON_COUNT_ERROR"},
    {"1044", "ER_DBACCESS_DENIED_ERROR"},
    {"1045", "ER_ACCESS_DENIED_ERROR"},
    {"1046", "ER_NO_DB_ERROR"},
    {"1048", "ER_BAD_NULL_ERROR"},
    {"1049", "ER_BAD_DB_ERROR"},
    {"1050", "ER_TABLE_EXISTS_ERROR"},
    {"1051", "ER_BAD_TABLE_ERROR"},
    {"1052", "ER_NON_UNIQ_ERROR"},
    {"1053", "ER_SERVER_SHUTDOWN"},
    {"1054", "ER_BAD_FIELD_ERROR"},
    {"1060", "ER_DUP_FIELDNAME"},
    {"1062", "ER_DUP_ENTRY"},
    {"1064", "ER_PARSE_ERROR"},
    {"1065", "ER_EMPTY_QUERY"},
    {"1091", "ER_CANT_DROP_FIELD_OR_KEY"},
    {"1094", "ER_NO_SUCH_THREAD"},
    {"1100", "ER_TABLE_NOT_LOCKED"},
    {"1129", "ER_HOST_IS_BLOCKED"},
    {"1130", "ER_HOST_NOT_PRIVILEGED"},
    {"1136", "ER_WRONG_VALUE_COUNT_ON_ROW"},
    {"1142", "ER_TABLEACCESS_DENIED_ERROR"},
    {"1146", "ER_NO_SUCH_TABLE"},
    {"1153", "ER_NET_PACKET_TOO_LARGE"},
    {"1158", "ER_NET_READ_ERROR"},
    {"1159", "ER_NET_READ_INTERRUPTED"},
    {"1203", "ER_TOO_MANY_USER_CONNECTIONS"},
    {"1205", "ER_LOCK_WAIT_TIMEOUT"},
    {"1213", "ER_LOCK_DEADLOCK"},
    {"1242", "ER_SUBQUERY_NO_1_ROW"},
    {"1243", "ER_UNKNOWN_STMT_HANDLER"},
    {"1264", "ER_WARN_DATA_OUT_OF_RANGE"},
    {"1290", "ER_OPTION_PREVENTS_STATEMENT"},
    {"1292", "ER_TRUNCATED_WRONG_VALUE"},
    {"1305", "ER_SP_DOES_NOT_EXIST"},
    {"1317", "ER_QUERY_INTERRUPTED"},
    {"1364", "ER_NO_DEFAULT_FOR_FIELD"},
    {"1365", "ER_DIVISION_BY_ZERO"},
    {"1366", "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD"},
    {"1406", "ER_DATA_TOO_LONG"},
    {"1451", "ER_ROW_IS_REFERENCED_2"},
    {"1452", "ER_NO_REFERENCED_ROW_2"},
    {"1461", "ER_MAX_PREPARED_STMT_COUNT_REACHED"},
    {"1644", "ER_SIGNAL_EXCEPTION"},
    {"1690", "ER_DATA_OUT_OF_RANGE"},
    {"1698", "ER_ACCESS_DENIED_NO_PASSWORD_ERROR"},
    {"1792", "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION"},
    {"3024", "ER_QUERY_TIMEOUT"},
    {"3819", "ER_CHECK_CONSTRAINT_VIOLATED"},
};

/// MariaDB's own numbers are above 1900; the others are MySQL's.
constexpr Named kMariadb[] = {
    {"1927", "ER_CONNECTION_KILLED"},
    {"1969", "ER_STATEMENT_TIMEOUT"},
    {"4025", "ER_CONSTRAINT_FAILED"},
};

/// Primary result codes, 1 to 28, but the ones that are no errors.
constexpr std::string_view kSqlite[] = {
    "",
    "SQLITE_ERROR",
    "SQLITE_INTERNAL",
    "SQLITE_PERM",
    "SQLITE_ABORT",
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_NOMEM",
    "SQLITE_READONLY",
    "SQLITE_INTERRUPT",
    "SQLITE_IOERR",
    "SQLITE_CORRUPT",
    "SQLITE_NOTFOUND",
    "SQLITE_FULL",
    "SQLITE_CANTOPEN",
    "SQLITE_PROTOCOL",
    "SQLITE_EMPTY",
    "SQLITE_SCHEMA",
    "SQLITE_TOOBIG",
    "SQLITE_CONSTRAINT",
    "SQLITE_MISMATCH",
    "SQLITE_MISUSE",
    "SQLITE_NOLFS",
    "SQLITE_AUTH",
    "SQLITE_FORMAT",
    "SQLITE_RANGE",
    "SQLITE_NOTADB",
};

/// Extended codes whose primary code says too little.
constexpr Named kSqliteExtended[] = {
    {"275", "SQLITE_CONSTRAINT_CHECK"},    {"787", "SQLITE_CONSTRAINT_FOREIGNKEY"},
    {"1299", "SQLITE_CONSTRAINT_NOTNULL"}, {"1555", "SQLITE_CONSTRAINT_PRIMARYKEY"},
    {"2067", "SQLITE_CONSTRAINT_UNIQUE"},  {"2579", "SQLITE_CONSTRAINT_ROWID"},
    {"1811", "SQLITE_CONSTRAINT_TRIGGER"}, {"517", "SQLITE_BUSY_SNAPSHOT"},
};

template <size_t kSize>
constexpr std::string_view find(const Named (&table)[kSize], std::string_view code) {
  for (const Named& entry : table)
    if (entry.code == code) return entry.name;
  return {};
}

/// -1 for what is not a number.
int number_of(std::string_view code) {
  int number = -1;
  const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), number);
  return error == std::errc{} && end == code.data() + code.size() ? number : -1;
}

std::string_view sqlite_name(std::string_view code) {
  if (const std::string_view name = find(kSqliteExtended, code); !name.empty()) return name;
  const int number = number_of(code);
  if (number < 0) return {};
  const auto primary = static_cast<size_t>(number & 0xFF);
  return primary < std::size(kSqlite) ? kSqlite[primary] : std::string_view{};
}

struct Command {
  uint8_t byte;
  std::string_view name;
};

constexpr Command kMysqlCommands[] = {
    {1, "QUIT"},
    {2, "USE"},
    {3, "QUERY"},
    {4, "FIELD_LIST"},
    {5, "CREATE DATABASE"},
    {6, "DROP DATABASE"},
    {7, "REFRESH"},
    {8, "SHUTDOWN"},
    {9, "STATISTICS"},
    {10, "PROCESS_INFO"},
    {12, "KILL"},
    {13, "DEBUG"},
    {14, "PING"},
    {17, "CHANGE_USER"},
    {18, "BINLOG_DUMP"},
    {21, "REGISTER_REPLICA"},
    {22, "PREPARE"},
    {23, "EXECUTE"},
    {24, "SEND_LONG_DATA"},
    {25, "CLOSE"},
    {26, "RESET"},
    {27, "SET_OPTION"},
    {28, "FETCH"},
    {30, "BINLOG_DUMP_GTID"},
    {31, "RESET_CONNECTION"},
    {250, "BULK_EXECUTE"},
};

constexpr Command kPostgresqlCommands[] = {
    {'Q', "QUERY"},
    {'P', "PREPARE"},
    {'E', "EXECUTE"},
    {'F', "FUNCTION CALL"},
};

template <size_t kSize>
constexpr std::string_view find(const Command (&table)[kSize], uint8_t byte) {
  for (const Command& entry : table)
    if (entry.byte == byte) return entry.name;
  return {};
}

}  // namespace

const DataStore& data_store(wire::Protocol protocol) {
  static_assert(static_cast<int>(wire::Protocol::kPostgresql) == 2);
  return kStores[static_cast<size_t>(protocol) - 2];
}

bool is_error_code(wire::Protocol protocol, std::string_view code) {
  switch (protocol) {
    case wire::Protocol::kPostgresql:
      return !code.starts_with("00") && !code.starts_with("01");
    case wire::Protocol::kSqlite:
      return code != "0" && code != "100" && code != "101";
    default:
      return true;
  }
}

std::string_view error_name(wire::Protocol protocol, std::string_view code) {
  switch (protocol) {
    case wire::Protocol::kPostgresql:
      return find(kPostgresql, code);
    case wire::Protocol::kMariadb:
      if (const std::string_view name = find(kMariadb, code); !name.empty()) return name;
      return find(kMysql, code);
    case wire::Protocol::kMysql:
      return find(kMysql, code);
    case wire::Protocol::kSqlite:
      return sqlite_name(code);
    default:
      return {};
  }
}

std::string_view command_name(wire::Protocol protocol, uint8_t command) {
  switch (protocol) {
    case wire::Protocol::kPostgresql:
      return find(kPostgresqlCommands, command);
    case wire::Protocol::kMysql:
    case wire::Protocol::kMariadb:
      return find(kMysqlCommands, command);
    default:
      return {};
  }
}

}  // namespace seamtrace::collector
