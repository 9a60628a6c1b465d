// DatabaseNames: names of data stores, of their errors and of the commands that have no text.
// Memory:  constants.
// Source:  semantic conventions, db.system.name; PostgreSQL 15 documentation, appendix A; MySQL 8.0
//          error reference and client/server protocol; sqlite.org/rescode.html.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/records.h"

namespace seamtrace::collector {

struct DataStore {
  std::string_view scope;  ///< `seamtrace.<system>`
  bool sql;
};
/// REQUIRES: is_database(protocol).
const DataStore& data_store(wire::Protocol protocol);

/// Whether a response with this code has failed. PostgreSQL's classes 00 and 01 are success and
/// warning.
bool is_error_code(wire::Protocol protocol, std::string_view code);

/// The standard name of a well-known condition, such as `unique_violation` for PostgreSQL's 23505;
/// empty for another.
std::string_view error_name(wire::Protocol protocol, std::string_view code);

/// What the protocol's own command byte stands for when there is no text, or empty: `PING`.
std::string_view command_name(wire::Protocol protocol, uint8_t command);

}  // namespace seamtrace::collector
