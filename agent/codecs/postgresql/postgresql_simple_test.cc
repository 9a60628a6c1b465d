// Simple queries, function calls, and what the server says unasked.
#include "agent/codecs/postgresql/postgresql_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using namespace postgresql_test;

TEST(PostgresqlQuery, EndsAtReadyForQuery) {
  Talk talk;
  talk.start();
  talk.client(query("SELECT 'a'"));
  talk.server(columns() + row() + complete("SELECT 1"));
  EXPECT_EQ(talk.new_lines(), "");
  talk.server(ready());
  EXPECT_EQ(talk.new_lines(), "answered command=81 {SELECT 'a'} rows=1\n");
}

TEST(PostgresqlQuery, RowsAreReadOffTheTag) {
  const std::pair<const char*, const char*> tags[] = {
      {"SELECT 12", " rows=12"},
      {"INSERT 0 3", " rows=3"},
      {"UPDATE 0", " rows=0"},
      {"COPY 7", " rows=7"},
      {"FETCH 2", " rows=2"},
      {"BEGIN", ""},
      {"CREATE TABLE", ""},
      {"7", ""},
      {"SELECT 18446744073709551617", ""},
      {"SELECT 9999999999999999999", " rows=9999999999999999999"}};
  Talk talk;
  talk.start();
  for (const auto& [tag, rows] : tags) {
    talk.client(query("x"));
    talk.server(complete(tag) + ready());
    EXPECT_EQ(talk.new_lines(), "answered command=81 {x}"s + rows + "\n") << tag;
  }
}

TEST(PostgresqlQuery, OfSeveralStatementsIsABatchWithTheRowsOfAll) {
  Talk talk;
  talk.start();
  talk.client(query("SELECT 1; ; UPDATE t SET a = 1; BEGIN"));
  talk.server(columns() + row() + complete("SELECT 1") + message('I') + complete("UPDATE 4") +
              complete("BEGIN") + ready('T'));
  EXPECT_EQ(talk.new_lines(),
            "answered command=81 {SELECT 1; ; UPDATE t SET a = 1; BEGIN} rows=5 batch=4\n"
            "transaction\n");
}

TEST(PostgresqlQuery, WithNothingInItIsAnOperation) {
  Talk talk;
  talk.start();
  talk.client(query("") + query(" /* */"));
  talk.server(message('I') + ready() + message('I') + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=81 {}\nanswered command=81 { /* */}\n");
}

TEST(PostgresqlQuery, FailsWithItsSqlstateAndNothingMore) {
  Talk talk;
  talk.start();
  talk.client(query("SELECT 1/0"));
  talk.server(columns() + error("22012") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=81 {SELECT 1/0} error=22012\n");
}

TEST(PostgresqlQuery, PipelinedRunsWhenTheOneBeforeItFailed) {
  Talk talk;
  talk.start();
  talk.client(query("a") + query("b"));
  talk.server(error("42601") + ready() + complete("SELECT 1") + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=81 {a} error=42601\nanswered command=81 {b} rows=1\n");
}

TEST(PostgresqlQuery, InATransactionIsMarked) {
  Talk talk;
  talk.start();
  talk.client(query("BEGIN"));
  talk.server(complete("BEGIN") + ready('T'));
  talk.client(query("oops"));
  talk.server(error("42601") + ready('E'));
  talk.client(query("ROLLBACK"));
  talk.server(complete("ROLLBACK") + ready('I'));
  talk.client(query("after"));
  talk.server(message('I') + ready('I'));
  EXPECT_EQ(talk.new_lines(),
            "answered command=81 {BEGIN}\ntransaction\n"
            "answered command=81 {oops} error=42601 in-transaction\n"
            "answered command=81 {ROLLBACK} in-transaction\nno transaction\n"
            "answered command=81 {after}\n");
}

TEST(PostgresqlQuery, OfAMebibyteIsFollowed) {
  Talk talk;
  talk.start();
  const std::string text(1000000, 'x');
  talk.client(query(text).substr(0, 500));
  talk.client(query(text).substr(500));
  talk.server(complete("SELECT 1") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=81 {" + text + "} rows=1\n");
}

TEST(PostgresqlQuery, ThatIsNotRecordedGivesNoText) {
  Talk talk;
  talk.start();
  talk.operations.record_nothing();
  talk.client(query("SELECT 1") + call("SELECT 2"));
  talk.server(complete("SELECT 1") + ready() + parsed() + bound() + no_data() +
              complete("SELECT 2") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=81 rows=1\nanswered command=69 rows=2\n");
}

TEST(PostgresqlQuery, WithoutRoomIsNotMine) {
  Talk talk;
  talk.start();
  talk.operations.limit(1);
  EXPECT_EQ(talk.client(query("a")), Taken::kAll);
  EXPECT_EQ(talk.client(query("b")), Taken::kNotMine);
}

TEST(PostgresqlFunctionCall, EndsAtItsResponseOrError) {
  Talk talk;
  talk.start();
  talk.client(message('F', number(1251, 4) + "secret"));
  talk.server(message('V', number(4, 4) + "data"));
  EXPECT_EQ(talk.new_lines(), "answered command=70\n");
  talk.server(ready());
  talk.client(message('F', number(9, 4)) + query("after"));
  talk.server(error("42883"));
  EXPECT_EQ(talk.new_lines(), "answered command=70 error=42883\n");
  talk.server(ready() + message('I') + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=81 {after}\n");
}

TEST(PostgresqlNotices, ChangeNothing) {
  const std::string unasked = message('N', "SNOTICE\0C01000\0\0"s) + message('S', "a\0b\0"s) +
                              message('A', number(1, 4) + "news\0\0"s);
  Talk talk;
  talk.start();
  talk.server(unasked);
  talk.client(query("a"));
  talk.server(unasked + columns() + unasked + row() + unasked + complete("SELECT 1") + unasked +
              ready() + unasked);
  EXPECT_EQ(talk.new_lines(), "answered command=81 {a} rows=1\n");
}

TEST(PostgresqlShutdown, BelongsToWhatIsInFlight) {
  Talk talk;
  talk.start();
  talk.client(query("SELECT pg_sleep(9)"));
  talk.server(error("57P01", "FATAL"));
  EXPECT_EQ(talk.story().substr(talk.story().rfind("in flight")),
            "in flight command=81 in=me {SELECT pg_sleep(9)} error=57P01\n0");
}

TEST(PostgresqlShutdown, WithNothingInFlightIsNoError) {
  Talk talk;
  talk.start();
  EXPECT_EQ(talk.server(error("57P01", "FATAL")), Taken::kAll);
  talk.client(message('X'));
  EXPECT_EQ(talk.new_lines(), "");
  EXPECT_EQ(talk.operations.begun(), 0u);
}

TEST(PostgresqlError, WithoutACodeOrEndIsStillAnError) {
  for (const std::string& fields : {""s, "\0"s, "SERROR\0\0"s, "SERROR"s, "C"s}) {
    Talk talk;
    talk.start();
    talk.client(query("a"));
    talk.server(message('E', fields) + ready());
    EXPECT_EQ(talk.new_lines(), "answered command=81 {a} error=\n") << fields;
  }
}

}  // namespace
}  // namespace seamtrace::agent::codecs
