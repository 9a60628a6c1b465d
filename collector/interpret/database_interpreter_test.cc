#include "collector/interpret/database_interpreter.h"

#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <optional>

#include "collector/interpret/interpreter.h"
#include "collector/process/resource.h"
#include "collector/ring_reader/testing/record_builder.h"
#include "gtest/gtest.h"

namespace seamtrace::collector {
namespace {

using testing::RecordBuilder;
using wire::DatabaseFacts;
using wire::Outcome;
using wire::Protocol;
using wire::SliceKind;

const uint64_t kNow = realtime_ns();
constexpr std::string_view kNone = "(none)";

std::string as_text(const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  return "?";
}

DatabaseFacts facts(uint16_t flags, uint8_t command = 0) {
  DatabaseFacts result{};
  result.flags = flags;
  result.command = command;
  return result;
}

class DatabaseInterpreterTest : public ::testing::Test {
 protected:
  /// The span of a record, whose bytes are gone by the time it is looked at.
  const Span& interpret(const RecordBuilder& builder, std::optional<Death> death = {}) {
    std::string bytes = builder.bytes();
    std::vector<Slice> slices;
    auto record = parse_record(bytes, slices);
    EXPECT_TRUE(record);
    record->death = death;
    Interpreter interpreter(Configuration::from(environment_), {},
                            ProducerClock(1'000, kNow - 1'000'000'000),
                            std::make_shared<const Resource>());
    span_ = interpreter.interpret(*record, arena_, kNow);
    std::memset(bytes.data(), 'X', bytes.size());
    attributes_.clear();
    for (const Attribute& attribute : span_.attributes) {
      EXPECT_TRUE(attributes_.emplace(attribute.key, as_text(attribute.value)).second)
          << "twice: " << attribute.key;
    }
    return span_;
  }
  std::string attribute(const std::string& key) const {
    const auto found = attributes_.find(key);
    return found == attributes_.end() ? std::string(kNone) : found->second;
  }

  Configuration::Environment environment_;
  std::pmr::monotonic_buffer_resource arena_;
  Span span_;
  std::map<std::string, std::string> attributes_;
};

RecordBuilder postgresql() {
  return RecordBuilder::database(Protocol::kPostgresql, 5432).slice(SliceKind::kNamespace, "shop");
}
RecordBuilder mysql() {
  return RecordBuilder::database(Protocol::kMysql, 3306).slice(SliceKind::kNamespace, "shop");
}
RecordBuilder redis() {
  return RecordBuilder::database(Protocol::kRedis, 6379).slice(SliceKind::kNamespace, "2");
}

TEST_F(DatabaseInterpreterTest, AStatementHoldsWhatTheConventionsAskFor) {
  const Span& span = interpret(
      postgresql().statement("SELECT * FROM orders WHERE id = 7").slice(SliceKind::kUser, "bob"));
  EXPECT_EQ(span.name, "SELECT orders");
  EXPECT_EQ(span.kind, SpanKind::kClient);
  EXPECT_EQ(span.status, StatusCode::kUnset);
  EXPECT_EQ(span.scope, "seamtrace.postgresql");
  const std::map<std::string, std::string> expected = {
      {"db.system.name", "postgresql"},
      {"db.namespace", "shop"},
      {"db.query.text", "SELECT * FROM orders WHERE id = ?"},
      {"db.query.summary", "SELECT orders"},
      {"server.address", "10.0.0.9"},
      {"network.peer.address", "10.0.0.9"},
      {"network.peer.port", "5432"},
      {"seamtrace.parent.association", "root"},
  };
  EXPECT_EQ(attributes_, expected);
}

TEST_F(DatabaseInterpreterTest, ACommandHoldsWhatTheConventionsAskFor) {
  const Span& span = interpret(redis().arguments({"HMSET", "myhash", "field1", "Hello"}));
  EXPECT_EQ(span.name, "HMSET");
  EXPECT_EQ(span.scope, "seamtrace.redis");
  const std::map<std::string, std::string> expected = {
      {"db.system.name", "redis"},    {"db.namespace", "2"},
      {"db.operation.name", "HMSET"}, {"db.query.text", "HMSET myhash field1 ?"},
      {"server.address", "10.0.0.9"}, {"network.peer.address", "10.0.0.9"},
      {"network.peer.port", "6379"},  {"seamtrace.parent.association", "root"},
  };
  EXPECT_EQ(attributes_, expected);
}

TEST_F(DatabaseInterpreterTest, EverySystemHasItsName) {
  const std::pair<Protocol, const char*> systems[] = {
      {Protocol::kPostgresql, "postgresql"}, {Protocol::kMysql, "mysql"},
      {Protocol::kMariadb, "mariadb"},       {Protocol::kRedis, "redis"},
      {Protocol::kMemcached, "memcached"},   {Protocol::kSqlite, "sqlite"}};
  for (const auto& [protocol, name] : systems) {
    const Span& span = interpret(RecordBuilder::database(protocol, 1));
    EXPECT_EQ(attribute("db.system.name"), name);
    EXPECT_EQ(span.name, name);
    EXPECT_EQ(span.scope, std::string("seamtrace.") + name);
  }
}

TEST_F(DatabaseInterpreterTest, TheServersSideIsAServerSpan) {
  RecordBuilder builder = postgresql().statement("SELECT 1");
  builder.exchange.role = static_cast<uint8_t>(wire::Role::kServer);
  builder.exchange.local = testing::v4(127, 0, 0, 1, 5433);
  EXPECT_EQ(interpret(builder).kind, SpanKind::kServer);
  EXPECT_EQ(attribute("server.address"), "127.0.0.1");
  EXPECT_EQ(attribute("server.port"), "5433");
  EXPECT_EQ(attribute("network.peer.address"), "10.0.0.9");
}

TEST_F(DatabaseInterpreterTest, ThePortIsToldUnlessItIsTheDefaultOne) {
  const std::pair<Protocol, uint16_t> ports[] = {{Protocol::kPostgresql, 5432},
                                                 {Protocol::kMysql, 3306},
                                                 {Protocol::kMariadb, 3306},
                                                 {Protocol::kRedis, 6379},
                                                 {Protocol::kMemcached, 11211}};
  for (const auto& [protocol, port] : ports) {
    interpret(RecordBuilder::database(protocol, port));
    EXPECT_EQ(attribute("server.port"), kNone);
    interpret(RecordBuilder::database(protocol, 7777));
    EXPECT_EQ(attribute("server.port"), "7777");
  }
}

TEST_F(DatabaseInterpreterTest, AUnixSocketIsTheServersAddress) {
  RecordBuilder builder = redis().arguments({"PING"});
  builder.exchange.peer = {};
  builder.exchange.peer.family = AF_UNIX;
  builder.slice(SliceKind::kUnixPath, "/tmp/redis.sock");
  interpret(builder);
  EXPECT_EQ(attribute("server.address"), "/tmp/redis.sock");
  EXPECT_EQ(attribute("network.peer.address"), "/tmp/redis.sock");
  EXPECT_EQ(attribute("network.transport"), "unix");
  EXPECT_EQ(attribute("server.port"), kNone);
}

TEST_F(DatabaseInterpreterTest, AFileHasNoServer) {
  RecordBuilder builder = RecordBuilder::database(Protocol::kSqlite, 0);
  builder.exchange.peer = builder.exchange.local = {};
  builder.slice(SliceKind::kNamespace, "/var/app.db").statement("SELECT \"secret text\" FROM t");
  EXPECT_EQ(interpret(builder).name, "SELECT t");
  EXPECT_EQ(attribute("db.namespace"), "/var/app.db");
  EXPECT_EQ(attribute("db.query.text"), "SELECT ? FROM t");
  EXPECT_EQ(attribute("server.address"), kNone);
  EXPECT_EQ(attribute("network.peer.address"), kNone);
}

TEST_F(DatabaseInterpreterTest, EachSystemIsReadInItsOwnDialect) {
  const auto text = [&](Protocol protocol) {
    interpret(RecordBuilder::database(protocol, 1).statement("SELECT \"a\" FROM t"));
    return attribute("db.query.text");
  };
  EXPECT_EQ(text(Protocol::kPostgresql), "SELECT \"a\" FROM t");
  EXPECT_EQ(text(Protocol::kSqlite), "SELECT \"a\" FROM t");
  EXPECT_EQ(text(Protocol::kMysql), "SELECT ? FROM t");
  EXPECT_EQ(text(Protocol::kMariadb), "SELECT ? FROM t");
}

TEST_F(DatabaseInterpreterTest, AParameterisedTextIsKeptAsItIs) {
  const std::string text = "SELECT  * FROM t WHERE a = $1 AND b = 5 -- note";
  const Span& span =
      interpret(postgresql().statement(text).facts(facts(wire::kFlagParameterised, 'E')));
  EXPECT_EQ(attribute("db.query.text"), text);
  EXPECT_EQ(span.name, "SELECT t");
}

TEST_F(DatabaseInterpreterTest, ATextThatWasCutSaysSo) {
  interpret(postgresql().statement("SELECT a FROM t WHERE b = 'secr", true));
  EXPECT_EQ(attribute("db.query.text"), "SELECT a FROM t WHERE b = ? ...");
  interpret(postgresql()
                .statement("SELECT a FROM t WHERE b = $", true)
                .facts(facts(wire::kFlagParameterised)));
  EXPECT_EQ(attribute("db.query.text"), "SELECT a FROM t WHERE b = $ ...");
}

TEST_F(DatabaseInterpreterTest, AStatementWhoseTextIsNotKnownIsNamedByItsCommand) {
  EXPECT_EQ(interpret(postgresql().facts(facts(wire::kFlagTextMissing, 'E'))).name, "EXECUTE shop");
  EXPECT_EQ(attribute("db.operation.name"), "EXECUTE");
  EXPECT_EQ(attribute("db.query.text"), kNone);
  EXPECT_EQ(interpret(postgresql().facts(facts(0, 'F'))).name, "FUNCTION CALL shop");
  EXPECT_EQ(interpret(mysql().facts(facts(0, 14))).name, "PING shop");
  EXPECT_EQ(interpret(mysql().facts(facts(0, 2))).name, "USE shop");
  EXPECT_EQ(interpret(mysql().facts(facts(0, 99))).name, "shop");
}

TEST_F(DatabaseInterpreterTest, AnEmptyStatementIsNamedByItsDatabase) {
  EXPECT_EQ(interpret(postgresql().statement(" -- ping\n").facts(facts(0, 'Q'))).name, "shop");
  EXPECT_EQ(attribute("db.query.text"), kNone);
  EXPECT_EQ(attribute("db.query.summary"), kNone);
}

TEST_F(DatabaseInterpreterTest, BatchesHaveASize) {
  DatabaseFacts batch = facts(0);
  batch.batch_size = 3;
  interpret(postgresql().statement("SELECT 1 FROM a; DELETE FROM b; COMMIT").facts(batch));
  EXPECT_EQ(attribute("db.operation.batch.size"), "3");
  EXPECT_EQ(attribute("db.query.summary"), "SELECT a; DELETE b; COMMIT");
  interpret(mysql().statement("INSERT INTO t VALUES (?)").facts(batch));
  EXPECT_EQ(attribute("db.query.summary"), "BATCH INSERT t");
  interpret(redis().arguments({"GET", "k"}).facts(batch));
  EXPECT_EQ(attribute("db.operation.name"), "PIPELINE GET");
  EXPECT_EQ(interpret(redis().arguments({"EXEC"}).facts(batch)).name, "EXEC");
  batch.batch_size = 1;
  interpret(postgresql().statement("SELECT 1").facts(batch));
  EXPECT_EQ(attribute("db.operation.batch.size"), kNone);
}

TEST_F(DatabaseInterpreterTest, AnSqlstateIsAnErrorUnlessItIsAWarning) {
  const auto judged = [&](std::string_view code) {
    interpret(postgresql().statement("SELECT 1").slice(SliceKind::kErrorCode, code));
    EXPECT_EQ(attribute("db.response.status_code"), code);
    return span_.status == StatusCode::kError;
  };
  EXPECT_TRUE(judged("23505"));
  EXPECT_EQ(attribute("error.type"), "23505");
  EXPECT_EQ(span_.status_message, "unique_violation");
  EXPECT_TRUE(judged("02000"));
  EXPECT_TRUE(judged("P0001"));
  EXPECT_TRUE(judged("ZZ999"));
  EXPECT_EQ(span_.status_message, "");
  EXPECT_FALSE(judged("00000"));
  EXPECT_FALSE(judged("01000"));
  EXPECT_EQ(attribute("error.type"), kNone);
}

TEST_F(DatabaseInterpreterTest, ErrorsHaveTheirStandardNames) {
  const auto message = [&](Protocol protocol, std::string_view code) {
    interpret(RecordBuilder::database(protocol, 1).slice(SliceKind::kErrorCode, code));
    EXPECT_EQ(attribute("error.type"), code);
    EXPECT_EQ(span_.status, StatusCode::kError);
    return std::string(span_.status_message);
  };
  EXPECT_EQ(message(Protocol::kPostgresql, "42601"), "syntax_error");
  EXPECT_EQ(message(Protocol::kPostgresql, "57P01"), "admin_shutdown");
  EXPECT_EQ(message(Protocol::kPostgresql, "57014"), "query_canceled");
  EXPECT_EQ(message(Protocol::kMysql, "1062"), "ER_DUP_ENTRY");
  EXPECT_EQ(message(Protocol::kMysql, "4025"), "");
  EXPECT_EQ(message(Protocol::kMariadb, "1062"), "ER_DUP_ENTRY");
  EXPECT_EQ(message(Protocol::kMariadb, "4025"), "ER_CONSTRAINT_FAILED");
  EXPECT_EQ(message(Protocol::kRedis, "WRONGTYPE"), "");
  EXPECT_EQ(message(Protocol::kRedis, "MOVED"), "");
  EXPECT_EQ(message(Protocol::kSqlite, "2067"), "SQLITE_CONSTRAINT_UNIQUE");
  EXPECT_EQ(message(Protocol::kSqlite, "261"), "SQLITE_BUSY");
}

TEST_F(DatabaseInterpreterTest, WhatAScriptSaysInPlaceOfAnErrorCodeIsNotRepeated) {
  for (const std::string_view code :
       {"secret", "my:SECRET", "AVERYVERYVERYVERYVERYLONGSECRETWORD"}) {
    interpret(redis().arguments({"EVAL", "s"}).slice(SliceKind::kErrorCode, code));
    EXPECT_EQ(span_.status, StatusCode::kError);
    EXPECT_EQ(attribute("error.type"), "_OTHER");
    EXPECT_EQ(attribute("db.response.status_code"), kNone);
  }
}

TEST_F(DatabaseInterpreterTest, AConnectionThatEndsIsAnError) {
  const auto error = [&](Outcome outcome, int number) {
    RecordBuilder builder = postgresql().statement("SELECT 1");
    builder.exchange.outcome = static_cast<uint8_t>(outcome);
    builder.exchange.error_number = number;
    interpret(builder);
    return attribute("error.type");
  };
  EXPECT_EQ(error(Outcome::kNoResponse, ECONNRESET), "connection_reset");
  EXPECT_EQ(error(Outcome::kResponseCut, ETIMEDOUT), "timeout");
  EXPECT_EQ(error(Outcome::kNoResponse, 0), "no_response");
  EXPECT_EQ(span_.status, StatusCode::kError);
  EXPECT_EQ(error(Outcome::kLost, 0), kNone);
  EXPECT_EQ(attribute("seamtrace.incomplete"), "true");
}

TEST_F(DatabaseInterpreterTest, AStatementThatDiedWithItsProcessIsAnError) {
  RecordBuilder builder = postgresql().statement("SELECT pg_sleep(1000)");
  builder.exchange.end_ns = 0;
  builder.exchange.outcome = static_cast<uint8_t>(Outcome::kInFlight);
  interpret(builder, Death{Death::Kind::kKilled, SIGKILL, kNow});
  EXPECT_EQ(attribute("error.type"), "SIGKILL");
  EXPECT_EQ(attribute("db.query.text"), "SELECT pg_sleep(?)");
  EXPECT_EQ(span_.end_unix_ns, kNow);
}

TEST_F(DatabaseInterpreterTest, AStatementThatWasSkippedSaysSo) {
  interpret(postgresql().statement("SELECT 1").facts(facts(wire::kFlagNotExecuted)));
  EXPECT_EQ(span_.status, StatusCode::kError);
  EXPECT_EQ(attribute("error.type"), "pipeline_aborted");
  EXPECT_EQ(attribute("seamtrace.db.not_executed"), "true");
  interpret(redis().arguments({"GET", "k"}).facts(facts(wire::kFlagQueued)));
  EXPECT_EQ(attribute("seamtrace.db.queued"), "true");
  EXPECT_EQ(attribute("seamtrace.db.not_executed"), kNone);
  EXPECT_EQ(span_.status, StatusCode::kUnset);
}

TEST_F(DatabaseInterpreterTest, AFailedConnectionIsASpan) {
  RecordBuilder builder = postgresql().facts(facts(wire::kFlagConnecting));
  builder.slice(SliceKind::kErrorCode, "28P01");
  EXPECT_EQ(interpret(builder).name, "connect shop");
  EXPECT_EQ(attribute("db.operation.name"), "connect");
  EXPECT_EQ(attribute("error.type"), "28P01");
  EXPECT_EQ(span_.status_message, "invalid_password");
  builder = redis().facts(facts(wire::kFlagConnecting));
  builder.exchange.outcome = static_cast<uint8_t>(Outcome::kNoResponse);
  builder.exchange.error_number = ECONNREFUSED;
  EXPECT_EQ(interpret(builder).name, "connect redis");
  EXPECT_EQ(attribute("error.type"), "connection_refused");
  builder.exchange.outcome = static_cast<uint8_t>(Outcome::kComplete);
  interpret(builder);
  EXPECT_EQ(attribute("error.type"), "connection_failed");
}

TEST_F(DatabaseInterpreterTest, ReadsOfACacheTellHitsAndMisses) {
  DatabaseFacts read = facts(wire::kFlagReadsCache);
  read.hits = 2;
  read.misses = 1;
  interpret(redis().arguments({"MGET", "a", "b", "c"}).facts(read));
  EXPECT_EQ(attribute("seamtrace.cache.hits"), "2");
  EXPECT_EQ(attribute("seamtrace.cache.misses"), "1");
  EXPECT_EQ(attribute("seamtrace.cache.hit"), kNone);
  read.hits = 0;
  interpret(redis().arguments({"GET", "a"}).facts(read));
  EXPECT_EQ(attribute("seamtrace.cache.hit"), "false");
  read.hits = 1;
  read.misses = 0;
  interpret(redis().arguments({"GET", "a"}).facts(read));
  EXPECT_EQ(attribute("seamtrace.cache.hit"), "true");
  interpret(redis().arguments({"SET", "a", "b"}));
  EXPECT_EQ(attribute("seamtrace.cache.hits"), kNone);
}

TEST_F(DatabaseInterpreterTest, RowsAreToldWhenAskedForAndReturned) {
  DatabaseFacts rows = facts(wire::kFlagRowsKnown);
  rows.rows = 42;
  const auto returned = [&](std::string_view statement) {
    interpret(postgresql().statement(statement).facts(rows));
    return attribute("db.response.returned_rows");
  };
  EXPECT_EQ(returned("SELECT * FROM t"), kNone);
  environment_["SEAMTRACE_DATABASE_ROWS"] = "true";
  EXPECT_EQ(returned("SELECT * FROM t"), "42");
  EXPECT_EQ(returned("UPDATE t SET a = 1"), kNone);
  EXPECT_EQ(returned("INSERT INTO t SELECT * FROM u"), kNone);
  EXPECT_EQ(returned("SELECT 1 FROM t; DELETE FROM u"), kNone);
  rows.flags = 0;
  EXPECT_EQ(returned("SELECT * FROM t"), kNone);
}

TEST_F(DatabaseInterpreterTest, TheOldNamesAreThereWhenAskedFor) {
  environment_["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http, database/dup";
  interpret(postgresql().statement("SELECT 5").slice(SliceKind::kUser, "bob"));
  EXPECT_EQ(attribute("db.system"), "postgresql");
  EXPECT_EQ(attribute("db.name"), "shop");
  EXPECT_EQ(attribute("db.statement"), "SELECT ?");
  EXPECT_EQ(attribute("db.user"), "bob");
  EXPECT_EQ(attribute("net.peer.name"), "10.0.0.9");
  EXPECT_EQ(attribute("net.peer.port"), "5432");
  EXPECT_EQ(attribute("db.query.text"), "SELECT ?");
  interpret(redis().arguments({"GET", "k"}));
  EXPECT_EQ(attribute("db.operation"), "GET");
  EXPECT_EQ(attribute("db.redis.database_index"), "2");
  EXPECT_EQ(attribute("db.name"), kNone);
  environment_["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http/dup";
  interpret(postgresql().statement("SELECT 5").slice(SliceKind::kUser, "bob"));
  EXPECT_EQ(attribute("db.system"), kNone);
  EXPECT_EQ(attribute("db.user"), kNone);
}

TEST_F(DatabaseInterpreterTest, HeadsThatWereCutSaySo) {
  RecordBuilder builder = postgresql().statement("SELECT 1");
  builder.exchange.flags |= wire::kFlagHeadTruncated;
  interpret(builder);
  EXPECT_EQ(attribute("seamtrace.head_truncated"), "true");
}

TEST_F(DatabaseInterpreterTest, LongArgumentListsAreCut) {
  RecordBuilder builder = redis().arguments({"MGET"});
  for (int i = 0; i < 100; ++i) builder.arguments({"k"});
  interpret(builder);
  EXPECT_EQ(attribute("db.query.text").size(), 4 + 63 * 2 + 4u);
  EXPECT_TRUE(attribute("db.query.text").ends_with("k ..."));
}

}  // namespace
}  // namespace seamtrace::collector
