#include "collector/store/schema.h"

#include <array>
#include <string>

namespace seamtrace::collector::store {
namespace {

constexpr const char* kTraces = R"(
CREATE TABLE trace(
  row INTEGER PRIMARY KEY,
  id_high INTEGER NOT NULL,
  id_low INTEGER NOT NULL,
  start INTEGER NOT NULL,
  duration INTEGER NOT NULL,
  change INTEGER NOT NULL,
  root INTEGER NOT NULL,
  facts INTEGER NOT NULL,
  spans INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  services BLOB NOT NULL);
CREATE INDEX trace_by_id ON trace(id_low);
CREATE INDEX trace_by_start ON trace(start);
CREATE INDEX trace_by_change ON trace(change);
CREATE INDEX long_trace ON trace(start) WHERE duration > 10000000000;
CREATE TABLE chunk(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE entry(
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  data BLOB NOT NULL,
  used INTEGER NOT NULL,
  count INTEGER NOT NULL);
CREATE TABLE state(
  id INTEGER PRIMARY KEY CHECK (id = 1),
  change INTEGER NOT NULL,
  next_row INTEGER NOT NULL,
  next_entry INTEGER NOT NULL,
  traces INTEGER NOT NULL,
  spans INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  removed_traces INTEGER NOT NULL);
INSERT INTO state VALUES(1, 0, 1, 1, 0, 0, 0, 0);
)";

constexpr const char* kRollups = R"(
CREATE TABLE rollup(
  minute INTEGER NOT NULL,
  entry INTEGER NOT NULL,
  count INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  total INTEGER NOT NULL,
  hits INTEGER NOT NULL,
  misses INTEGER NOT NULL,
  slowest INTEGER NOT NULL,
  slowest_id BLOB NOT NULL,
  error_id BLOB NOT NULL,
  durations BLOB NOT NULL,
  error_durations BLOB NOT NULL,
  PRIMARY KEY(minute, entry)) WITHOUT ROWID;
)";

constexpr const char* kArrivals =
    "CREATE TABLE arrival(second INTEGER PRIMARY KEY, row INTEGER NOT NULL);"
    "ALTER TABLE state ADD COLUMN rollup_bytes INTEGER NOT NULL DEFAULT 0;";

/// Version 0 had no roll-ups.
bool migrate_from_0(Database& database) { return database.run(kRollups); }

/// Version 1 did not know when traces came, nor what its roll-ups take. Its entries remembered
/// the epoch that used them: 2^18 rows.
bool migrate_from_1(Database& database) {
  return database.run(kArrivals) &&
         database.run("UPDATE state SET rollup_bytes = (SELECT coalesce(sum(" +
                      std::string(kRollupBytes) + "), 0) FROM rollup)") &&
         database.run(
             "UPDATE entry SET used = "
             "min((used + 1) * 262144, (SELECT next_row FROM state)) - 1");
}

/// Step n leads from version n to n + 1.
constexpr std::array<bool (*)(Database&), kFormatVersion> kMigrations = {migrate_from_0,
                                                                         migrate_from_1};

std::string version_statement() {
  return "PRAGMA application_id=" + std::to_string(kApplicationId) +
         ";PRAGMA user_version=" + std::to_string(kFormatVersion) + ";";
}

bool is_empty(Database& database) {
  return database.integer("SELECT count(*) FROM sqlite_schema") == 0 &&
         database.integer("PRAGMA application_id") == 0;
}

bool create(Database& database) {
  return database.run("BEGIN IMMEDIATE") && database.run(kTraces) && database.run(kRollups) &&
         database.run(kArrivals) && database.run(version_statement()) && database.run("COMMIT");
}

bool migrate(Database& database, int64_t version) {
  if (!database.run("BEGIN IMMEDIATE")) return false;
  for (; version < kFormatVersion; ++version) {
    if (!kMigrations[static_cast<size_t>(version)](database)) return false;
  }
  return database.run(version_statement()) && database.run("COMMIT");
}

/// The version; none with the Error set.
std::optional<int64_t> read_version(Database& database, std::optional<Error>& problem) {
  const int64_t application = database.integer("PRAGMA application_id");
  const int64_t version = database.integer("PRAGMA user_version");
  if (database.failed()) {
    problem = database.error();
  } else if (application != kApplicationId) {
    problem = fault_error(Fault::kNoStore, database.path(), "");
  } else if (version > kFormatVersion) {
    problem = Error{"the store " + database.path() + " has format " + std::to_string(version) +
                    ", and this version of Seamtrace knows formats up to " +
                    std::to_string(kFormatVersion) + "; use a newer Seamtrace, or another file"};
  } else {
    return version;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Error> check_file(Database& database) {
  std::optional<Error> problem;
  if (is_empty(database) && !database.failed()) return std::nullopt;
  read_version(database, problem);
  return problem;
}

std::optional<Error> prepare_schema(Database& database) {
  if (is_empty(database)) {
    create(database);
  } else {
    std::optional<Error> problem;
    const std::optional<int64_t> version = read_version(database, problem);
    if (!version) return problem;
    if (*version < kFormatVersion) migrate(database, *version);
  }
  if (!database.failed()) return std::nullopt;
  database.roll_back();
  return database.error();
}

std::optional<Error> check_schema(Database& database) {
  std::optional<Error> problem;
  const std::optional<int64_t> version = read_version(database, problem);
  if (problem) return problem;
  if (*version == kFormatVersion) return std::nullopt;
  return Error{"the store " + database.path() + " has the older format " +
               std::to_string(*version) + "; start the collector once, it brings the file up to " +
               std::to_string(kFormatVersion)};
}

}  // namespace seamtrace::collector::store
