// The extended protocol, one batch after the other: Parse, Bind, Describe, Execute, Close.
#include "agent/codecs/postgresql/postgresql_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using namespace postgresql_test;

TEST(PostgresqlExecute, EndsAtItsOwnAnswer) {
  Talk talk;
  talk.start();
  talk.client(call("SELECT 'a'"));
  talk.server(parsed() + bound() + columns() + row() + row() + complete("SELECT 2"));
  EXPECT_EQ(talk.new_lines(), "answered command=69 {SELECT 'a'} rows=2\n");
  talk.server(ready());
  EXPECT_EQ(talk.new_lines(), "");
  EXPECT_EQ(talk.operations.begun(), 1u);
}

TEST(PostgresqlExecute, WithParametersIsMarkedAndKeepsNone) {
  Talk talk;
  talk.start();
  talk.client(parse("", "SELECT $1, $2") + bind_portal("", "", 2) + execute() + sync());
  talk.server(parsed() + bound() + message('I') + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 {SELECT $1, $2} parameterised\n");
}

TEST(PostgresqlExecute, OfAPreparedStatementHasItsText) {
  Talk talk;
  talk.start();
  talk.client(parse("s1", "SELECT 1") + parse("s2", "SELECT 2") + sync());
  talk.server(parsed() + parsed() + ready());
  EXPECT_EQ(talk.new_lines(), "");
  EXPECT_EQ(talk.operations.in_flight(), 0u);
  for (const char* name : {"s2", "s1", "s2"}) {
    talk.client(bind_portal("", name) + describe('P', "") + execute() + sync());
    talk.server(bound() + columns() + complete("SELECT 1") + ready());
  }
  EXPECT_EQ(talk.new_lines(),
            "answered command=69 {SELECT 2} rows=1\nanswered command=69 {SELECT 1} rows=1\n"
            "answered command=69 {SELECT 2} rows=1\n");
}

TEST(PostgresqlExecute, OfAnUnknownStatementLacksItsText) {
  Talk talk;
  talk.start();
  talk.client(bind_portal("", "by another agent") + execute() + sync());
  talk.server(bound() + complete("SELECT 1") + ready());
  talk.client(execute("declared in SQL") + sync());
  talk.server(complete("SELECT 1") + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=69 rows=1 text-missing\nanswered command=69 rows=1 text-missing\n");
}

TEST(PostgresqlExecute, InPartsIsOneOperationEach) {
  Talk talk;
  talk.start();
  talk.client(parse("", "SELECT $1") + bind_portal("p", "", 1) + execute("p", 2) + flush());
  talk.server(parsed() + bound() + row() + row() + suspended());
  EXPECT_EQ(talk.new_lines(), "answered command=69 {SELECT $1} rows=2 parameterised\n");
  talk.client(execute("p", 2) + close('P', "p") + sync());
  talk.server(row() + complete("SELECT 1") + closed() + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 {SELECT $1} rows=1 parameterised\n");
}

TEST(PostgresqlExecute, FindsTheStatementOfEachPortal) {
  Talk talk;
  talk.start();
  std::string requests, answers;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    requests += parse("of "s + name, "SELECT "s + name) + bind_portal(name, "of "s + name);
    answers += parsed() + bound();
  }
  talk.client(requests + bind_portal("", "of a"));
  for (const char* name : {"", "e", "d", "c", "b", "a"}) talk.client(execute(name));
  talk.client(sync());
  talk.server(answers + bound());
  for (int i = 0; i < 6; ++i) talk.server(complete("SELECT 1"));
  talk.server(ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=69 {SELECT a} rows=1\nanswered command=69 {SELECT e} rows=1\n"
            "answered command=69 {SELECT d} rows=1\nanswered command=69 {SELECT c} rows=1\n"
            "answered command=69 {SELECT b} rows=1\n"
            "answered command=69 rows=1 text-missing\n")
      << "the last four named portals are remembered";
  EXPECT_EQ(talk.operations.in_flight(), 0u);
}

TEST(PostgresqlExecute, OfTwoPortalsOfOneStatementIsTwoOperations) {
  Talk talk;
  talk.start();
  talk.client(parse("s", "a") + bind_portal("p", "s") + bind_portal("q", "s") + execute("p") +
              execute("q") + sync());
  talk.server(parsed() + bound() + bound() + complete("SELECT 1") + complete("SELECT 2") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 {a} rows=1\nanswered command=69 {a} rows=2\n");
}

TEST(PostgresqlExecute, AfterItsParseWasAnsweredIsOneOperation) {
  Talk talk;
  talk.start();
  talk.client(parse("", "a") + describe('S', "") + flush());
  talk.server(parsed() + message('t', number(0, 2)) + columns());
  EXPECT_EQ(talk.operations.in_flight(), 0u);
  talk.client(bind_portal("", "") + execute() + sync());
  talk.server(bound() + row() + complete("SELECT 1") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 {a} rows=1\n");
}

TEST(PostgresqlExecute, ThatFailsHasItsText) {
  Talk talk;
  talk.start();
  talk.client(call("SELECT 1/0"));
  talk.server(parsed() + bound() + columns() + error("22012"));
  EXPECT_EQ(talk.new_lines(), "answered command=69 {SELECT 1/0} error=22012\n");
  talk.server(ready());
  EXPECT_EQ(talk.new_lines(), "");
}

TEST(PostgresqlParse, DescribeCloseAndSyncThatSucceedAreNoOperations) {
  Talk talk;
  talk.start();
  talk.client(parse("s", "a") + describe('S', "s") + close('S', "s") + sync() + sync());
  talk.server(parsed() + message('t', number(0, 2)) + no_data() + closed() + ready() + ready());
  EXPECT_EQ(talk.new_lines(), "");
  EXPECT_EQ(talk.operations.in_flight(), 0u);
  EXPECT_EQ(talk.story().back(), '0');
}

TEST(PostgresqlParse, ThatFailsAloneIsOneOperation) {
  Talk talk;
  talk.start();
  talk.client(parse("s", "SELEC") + sync());
  talk.server(error("42601") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=80 {SELEC} error=42601\n");
}

TEST(PostgresqlParse, ThatFailsBeforeItsExecuteIsOneOperation) {
  Talk talk;
  talk.start();
  talk.client(call("SELEC"));
  talk.server(error("42601") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 {SELEC} error=42601\n");
  EXPECT_EQ(talk.operations.begun(), 1u);
}

TEST(PostgresqlParse, ThatFailsSecondShowsItsOwnText) {
  Talk talk;
  talk.start();
  talk.client(parse("s1", "good") + parse("s2", "bad") + parse("s3", "never seen") + sync());
  talk.server(parsed() + error("42601") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=80 {bad} error=42601\n");
  for (const char* name : {"s1", "s2", "s3"}) {
    talk.client(bind_portal("", name) + execute() + sync());
    talk.server(bound() + complete("SELECT 1") + ready());
  }
  EXPECT_EQ(talk.new_lines(),
            "answered command=69 {good} rows=1\nanswered command=69 rows=1 text-missing\n"
            "answered command=69 rows=1 text-missing\n");
}

TEST(PostgresqlParse, OfATakenNameLeavesTheOldText) {
  Talk talk;
  talk.start();
  talk.client(parse("s", "old") + sync() + parse("s", "new") + sync());
  talk.server(parsed() + ready() + error("42P05") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=80 {new} error=42P05\n");
  talk.client(bind_portal("", "s") + execute() + sync());
  talk.server(bound() + complete("SELECT 1") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 {old} rows=1\n");
}

TEST(PostgresqlParse, AfterDeallocateReplacesTheOldText) {
  Talk talk;
  talk.start();
  talk.client(parse("s", "old") + sync() + query("DEALLOCATE s") + parse("s", "new") + sync());
  talk.server(parsed() + ready() + complete("DEALLOCATE") + ready() + parsed() + ready());
  talk.client(bind_portal("", "s") + execute() + sync());
  talk.server(bound() + complete("SELECT 1") + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=81 {DEALLOCATE s}\nanswered command=69 {new} rows=1\n");
}

TEST(PostgresqlBind, ThatFailsAloneIsOneOperationWithItsText) {
  Talk talk;
  talk.start();
  talk.client(parse("s", "SELECT $1::int") + sync());
  talk.server(parsed() + ready());
  talk.client(bind_portal("", "s", 1) + sync());
  talk.server(error("22P02") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=66 {SELECT $1::int} error=22P02 parameterised\n");
}

TEST(PostgresqlDescribe, ThatFailsAloneIsOneOperation) {
  Talk talk;
  talk.start();
  talk.client(describe('S', "none") + sync() + describe('P', "none") + sync());
  talk.server(error("26000") + ready() + error("34000") + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=68 error=26000 text-missing\n"
            "answered command=68 error=34000 text-missing\n");
}

TEST(PostgresqlClose, ForgetsAStatement) {
  Talk talk;
  talk.start();
  talk.client(parse("s", "a") + sync());
  talk.server(parsed() + ready());
  talk.client(close('S', "s") + sync());
  talk.server(closed() + ready());
  talk.client(bind_portal("", "s") + execute() + sync());
  talk.server(error("26000") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 error=26000 text-missing\n");
}

TEST(PostgresqlClose, InAFailedBatchForgetsNothing) {
  Talk talk;
  talk.start();
  talk.client(parse("s", "a") + sync());
  talk.server(parsed() + ready());
  talk.client(execute("none") + flush());
  talk.server(error("34000"));
  talk.client(close('S', "s") + sync());
  talk.server(ready());
  talk.client(bind_portal("", "s") + execute() + sync());
  talk.server(bound() + complete("SELECT 1") + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=69 error=34000 text-missing\nanswered command=69 {a} rows=1\n");
}

TEST(PostgresqlClose, WorksAfterAFailedParse) {
  Talk talk;
  talk.start();
  talk.client(parse("s", "a") + sync() + parse("t", "bad") + sync());
  talk.server(parsed() + ready() + error("42601") + ready());
  talk.client(close('S', "s") + sync());
  talk.server(closed() + ready());
  talk.client(bind_portal("", "s") + execute() + sync());
  talk.server(error("26000") + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=80 {bad} error=42601\n"
            "answered command=69 error=26000 text-missing\n");
}

TEST(PostgresqlClose, OfAStatementThatIsNotConfirmedConfusesNoOther) {
  Talk talk;
  talk.start();
  talk.client(parse("s2", "old") + sync());
  talk.server(parsed() + ready());
  talk.client(parse("s1", "a") + close('S', "s1") + sync() + parse("s2", "new") + sync());
  talk.server(parsed() + closed() + ready() + error("42P05") + ready());
  talk.client(bind_portal("", "s2") + execute() + sync());
  talk.server(bound() + complete("SELECT 1") + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=80 {new} error=42P05\nanswered command=69 {old} rows=1\n");
}

}  // namespace
}  // namespace seamtrace::agent::codecs
