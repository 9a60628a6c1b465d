// Dialect: whose SQL a text is.
#pragma once

#include <cstdint>

namespace seamtrace::collector {

enum class Dialect : uint8_t { kOther, kPostgresql, kMysql, kMariadb, kSqlite };

/// MySQL's and MariaDB's texts are read alike.
constexpr bool is_mysql(Dialect dialect) {
  return dialect == Dialect::kMysql || dialect == Dialect::kMariadb;
}

}  // namespace seamtrace::collector
