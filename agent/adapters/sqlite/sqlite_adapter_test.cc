// Executions, over a library of the tests' own.
#include "agent/adapters/sqlite/sqlite_adapter.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "agent/adapters/sqlite/sqlite_test_support.h"

namespace seamtrace::agent::adapters::sqlite {
namespace {

using testing::Record;
using wire::Counter;

constexpr int kBusy = 5;
constexpr int kUniqueViolated = 2067;
const void* const kLibrarysOwn = fake_code + 8;

class SqliteAdapterTest : public FakeSqliteFixture {};

TEST_F(SqliteAdapterTest, AnExecutionIsOneSpanWhateverItsSteps) {
  FakeStatement select = statement("SELECT a FROM t WHERE b = ?", {kRow, kRow, kRow});
  select.parameters = 1;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(step(select.handle()), kRow);
  EXPECT_EQ(in_flight(), 1u);
  EXPECT_EQ(step(select.handle()), kDone);
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(text_of(all[0]), select.text);
  EXPECT_EQ(all[0].slice(wire::SliceKind::kNamespace), "/data/shop.db");
  EXPECT_EQ(code_of(all[0]), "(none)");
  EXPECT_EQ(all[0].fixed.protocol, static_cast<uint8_t>(wire::Protocol::kSqlite));
  EXPECT_EQ(all[0].fixed.role, static_cast<uint8_t>(wire::Role::kClient));
  EXPECT_EQ(all[0].outcome(), wire::Outcome::kComplete);
  EXPECT_EQ(facts_of(all[0]).rows, 3u);
  EXPECT_EQ(facts_of(all[0]).flags, wire::kFlagRowsKnown | wire::kFlagParameterised);
  EXPECT_LE(all[0].fixed.start_ns, all[0].fixed.end_ns);
  EXPECT_EQ(in_flight(), 0u);
}

TEST_F(SqliteAdapterTest, AStepAfterTheLastRowIsAnotherExecution) {
  FakeStatement select = statement("SELECT 1", {kRow, kDone, kRow, kRow, kDone});
  for (int i = 0; i < 5; ++i) step(select.handle());
  reset(select.handle());
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(facts_of(all[0]).rows, 1u);
  EXPECT_EQ(facts_of(all[1]).rows, 2u);
}

TEST_F(SqliteAdapterTest, OneThatIsResetEndsWhenItsLastStepReturned) {
  for (auto ending : {&reset, &finalize}) {
    FakeStatement select = statement("SELECT 1", {kRow, kRow, kRow});
    step(select.handle());
    step(select.handle());
    const uint64_t stepped = monotonic_ns();
    while (monotonic_ns() < stepped + 4'000'000) continue;
    ending(select.handle());
    const Record last = records().back();
    EXPECT_LE(last.fixed.start_ns, last.fixed.end_ns);
    EXPECT_LT(last.fixed.end_ns, stepped + 2'000'000);
    EXPECT_EQ(facts_of(last).rows, 2u);
    EXPECT_EQ(code_of(last), "(none)");
  }
  EXPECT_EQ(records().size(), 2u);
}

TEST_F(SqliteAdapterTest, AnErrorHasItsExtendedCode) {
  FakeStatement insert = statement("INSERT INTO t VALUES (1)", {kUniqueViolated});
  insert.columns = 0;
  EXPECT_EQ(step(insert.handle()), 19);
  reset(insert.handle());
  ASSERT_EQ(records().size(), 1u);
  EXPECT_EQ(code_of(records()[0]), "2067");
  EXPECT_EQ(facts_of(records()[0]).flags, 0);
  EXPECT_EQ(counted(Counter::database_errors), 1u);
}

TEST_F(SqliteAdapterTest, AnotherThreadsErrorIsNotTaken) {
  FakeStatement insert = statement("INSERT INTO t VALUES (1)", {19});
  insert.within_step = [&] { insert.results.front() = 19; };
  library_->functions.extended_errcode = [](sqlite3*) { return kUniqueViolated + 1; };
  step(insert.handle());
  library_->functions = fake_functions();
  EXPECT_EQ(code_of(records()[0]), "19");
}

TEST_F(SqliteAdapterTest, ARetryOfABusyStatementIsAnotherExecution) {
  FakeStatement commit = statement("COMMIT", {kBusy, kBusy, kDone});
  commit.columns = 0;
  for (int i = 0; i < 3; ++i) step(commit.handle());
  reset(commit.handle());
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(code_of(all[0]), "5");
  EXPECT_EQ(code_of(all[1]), "5");
  EXPECT_EQ(code_of(all[2]), "(none)");
  EXPECT_EQ(in_flight(), 0u);
}

TEST_F(SqliteAdapterTest, GivingUpABusyStatementIsNoExecution) {
  FakeStatement commit = statement("COMMIT", {kBusy});
  step(commit.handle());
  finalize(commit.handle());
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(SqliteAdapterTest, RowsThatAStatementChangedAreCountedIfItDid) {
  FakeStatement update = statement("UPDATE t SET a = 1");
  update.columns = 0;
  update.changed_rows = 7;
  step(update.handle());
  FakeStatement create = statement("CREATE TABLE u (a)");
  create.columns = 0;
  step(create.handle());
  EXPECT_EQ(facts_of(records()[0]).rows, 7u);
  EXPECT_EQ(facts_of(records()[0]).flags, wire::kFlagRowsKnown);
  EXPECT_EQ(facts_of(records()[1]).flags, 0);
}

TEST_F(SqliteAdapterTest, AnAddressUsedAgainInheritsNothing) {
  FakeStatement first = statement("SELECT 1", {kRow, kRow});
  step(first.handle());
  // Finalized where it could not be seen; the next one gets its place.
  first = statement("SELECT 2", {kRow, kDone});
  next_prepared = &first;
  sqlite3_stmt* made = nullptr;
  prepare(handle(database_), "SELECT 2", &made);
  step(first.handle());
  step(first.handle());
  EXPECT_EQ(texts_of(records()), (std::vector<std::string>{"SELECT 1", "SELECT 2"}));
  EXPECT_EQ(facts_of(records()[1]).rows, 1u);
}

TEST_F(SqliteAdapterTest, OneThatBeganUnseenIsLeftAlone) {
  FakeStatement select = statement("SELECT 1", {kRow, kDone, kDone});
  select.busy = true;
  step(select.handle());
  step(select.handle());
  EXPECT_TRUE(records().empty());
  step(select.handle());
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(SqliteAdapterTest, WhatRunsWithinAStepIsNoSpan) {
  FakeStatement inner = statement("SELECT inner", {kRow, kDone});
  FakeStatement outer = statement("SELECT outer", {kRow, kDone});
  outer.within_step = [&] {
    step(inner.handle());
    step(inner.handle(), kLibrarysOwn);
    sqlite3_stmt* made = nullptr;
    database_.code = kError;
    EXPECT_EQ(prepare(handle(database_), "SELEC inner", &made), kError);
    fake_exec = [] { return kOk; };
    exec(handle(database_), "SELECT inner");
  };
  step(outer.handle());
  step(outer.handle());
  EXPECT_EQ(texts_of(records()), std::vector<std::string>{"SELECT outer"});
}

TEST_F(SqliteAdapterTest, AStepLeftByAnExceptionDoesNotBlindTheThread) {
  // A frame that lies deeper than all later ones was left.
  thread_calls.library_frame = 1;
  thread_calls.exec_frame = 1;
  FakeStatement select = statement("SELECT 1");
  step(select.handle(), kLibrarysOwn);
  step(select.handle());
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(SqliteAdapterTest, AnExecLeftByAnExceptionIsNotTouchedAgain) {
  // Its frame is other functions' by now.
  alignas(ExecCall) char frame[sizeof(ExecCall)];
  new (frame) ExecCall(handle(database_), "SELECT 1", {&programs_code, UINTPTR_MAX});
  memset(frame, 0x5a, sizeof frame);
  FakeStatement select = statement("SELECT inner");
  step(select.handle(), kLibrarysOwn);
  EXPECT_EQ(std::string(frame, sizeof frame), std::string(sizeof frame, 0x5a));
}

TEST_F(SqliteAdapterTest, WhatTheLibraryRunsForItselfIsNoSpan) {
  FakeStatement select = statement("SELECT * FROM sqlite_schema", {kRow});
  step(select.handle(), kLibrarysOwn);
  step(select.handle(), kLibrarysOwn);
  sqlite3_stmt* made = nullptr;
  database_.code = kError;
  prepare(handle(database_), "SELEC", &made, kLibrarysOwn);
  fake_exec = [] { return kOk; };
  exec(handle(database_), "SELECT 1", kLibrarysOwn);
  EXPECT_TRUE(records().empty());
}

TEST_F(SqliteAdapterTest, ExecIsWhatItRunsWhereThatCanBeSeen) {
  FakeStatement one = statement("INSERT one");
  FakeStatement two = statement("SELECT two", {kRow, kDone});
  fake_exec = [&] {
    sqlite3_stmt* made = nullptr;
    next_prepared = &one;
    prepare(handle(database_), "INSERT one", &made, kLibrarysOwn);
    step(made, kLibrarysOwn);
    finalize(made);
    next_prepared = &two;
    prepare(handle(database_), "SELECT two", &made, kLibrarysOwn);
    while (step(made, kLibrarysOwn) == kRow) continue;
    finalize(made);
    next_prepared = nullptr;
    database_.code = kError;
    return prepare(handle(database_), "SELEC", &made, kLibrarysOwn);
  };
  for (const InnerCalls known : {InnerCalls::kUnknown, InnerCalls::kVisible, InnerCalls::kHidden}) {
    library_->inner_calls.store(known);
    const size_t before = records().size();
    EXPECT_EQ(exec(handle(database_), "INSERT one; SELECT two; SELEC"), kError);
    const std::vector<Record> all = records();
    ASSERT_EQ(all.size(), before + 3);
    EXPECT_EQ(text_of(all[before]), "INSERT one");
    EXPECT_EQ(text_of(all[before + 1]), "SELECT two");
    EXPECT_EQ(text_of(all[before + 2]), "SELEC");
    EXPECT_EQ(library_->inner_calls.load(), InnerCalls::kVisible);
  }
  EXPECT_EQ(in_flight(), 0u);
}

TEST_F(SqliteAdapterTest, ExecIsOneSpanWhereNothingCanBeSeenOfIt) {
  fake_exec = [] { return kOk; };
  exec(handle(database_), "");
  EXPECT_EQ(library_->inner_calls.load(), InnerCalls::kUnknown);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(exec(handle(database_), "INSERT one; SELECT two"), kOk);
  fake_exec = [this] { return database_.code = kUniqueViolated, 19; };
  exec(handle(database_), "INSERT one");
  const std::vector<Record> all = records();
  EXPECT_EQ(texts_of(all), (std::vector<std::string>{"INSERT one; SELECT two",
                                                     "INSERT one; SELECT two", "INSERT one"}));
  EXPECT_EQ(code_of(all[1]), "(none)");
  EXPECT_EQ(code_of(all[2]), "2067");
}

TEST_F(SqliteAdapterTest, WhatTheProgramRunsInACallbackOfExecIsItsOwn) {
  library_->inner_calls.store(InnerCalls::kHidden);
  FakeStatement own = statement("SELECT own");
  fake_exec = [&] { return step(own.handle()), kOk; };
  exec(handle(database_), "SELECT all");
  EXPECT_EQ(texts_of(records()), (std::vector<std::string>{"SELECT own", "SELECT all"}));
  EXPECT_EQ(library_->inner_calls.load(), InnerCalls::kHidden);
}

TEST_F(SqliteAdapterTest, ATextThatCannotBePreparedIsAFailedExecution) {
  database_.code = kError;
  sqlite3_stmt* made = nullptr;
  EXPECT_EQ(prepare(handle(database_), "SELEC 1", &made), kError);
  EXPECT_EQ(prepare16(handle(database_), u"SELEC 'ä€\U0001f600' \xd800"), kError);
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(text_of(all[0]), "SELEC 1");
  EXPECT_EQ(code_of(all[0]), "1");
  EXPECT_EQ(text_of(all[1]), "SELEC '\u00e4\u20ac\U0001f600' \ufffd");
  EXPECT_EQ(counted(Counter::database_errors), 2u);
}

TEST_F(SqliteAdapterTest, LongTextsAreCutAndMarked) {
  FakeStatement select = statement("SELECT " + std::string(5000, 'x'));
  step(select.handle());
  database_.code = kError;
  prepare16(handle(database_), std::u16string(5000, u'\u00e4'));
  for (const Record& record : records()) {
    EXPECT_GT(text_of(record).size(), 1400u);
    EXPECT_NE(record.fixed.flags & wire::kFlagHeadTruncated, 0);
  }
  FakeStatement unknown = statement("");
  step(unknown.handle());
  EXPECT_EQ(facts_of(records()[2]).flags & wire::kFlagTextMissing, wire::kFlagTextMissing);
}

TEST_F(SqliteAdapterTest, ADatabaseInMemoryHasNoName) {
  database_.file = "";
  FakeStatement select = statement("SELECT 1");
  step(select.handle());
  EXPECT_EQ(records()[0].slice(wire::SliceKind::kNamespace), "(none)");
}

TEST_F(SqliteAdapterTest, TheRequestThatTheThreadServesIsTheParent) {
  serve(1);
  const testing::Decision parent = newest(1);
  FakeStatement select = statement("SELECT 1", {kRow});
  step(select.handle());
  answer(1);
  step(select.handle());
  step(select.handle());
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 3u);
  const Record& child = all[1];
  EXPECT_EQ(memcmp(child.fixed.trace_id, parent.identity.trace_id, 16), 0);
  EXPECT_EQ(memcmp(child.fixed.parent_span_id, parent.identity.span_id, 8), 0);
  EXPECT_EQ(all[2].association(), wire::Association::kRoot);
}

TEST_F(SqliteAdapterTest, OneThatIsNotSampledLeavesNoRecord) {
  setenv("OTEL_TRACES_SAMPLER", "always_off", 1);
  read_settings();
  FakeStatement select = statement("SELECT 1", {kRow, kRow, kDone, kError});
  for (int i = 0; i < 4; ++i) step(select.handle());
  unsetenv("OTEL_TRACES_SAMPLER");
  read_settings();
  EXPECT_TRUE(records().empty());
  EXPECT_EQ(counted(Counter::requests_unsampled), 2u);
  EXPECT_EQ(counted(Counter::database_errors), 1u);
}

TEST_F(SqliteAdapterTest, SwitchedOffItIsPassedThrough) {
  settings.traced[static_cast<uint8_t>(wire::Protocol::kSqlite)] = false;
  FakeStatement select = statement("SELECT 1", {kRow});
  EXPECT_EQ(step(select.handle()), kRow);
  EXPECT_EQ(step(select.handle()), kDone);
  sqlite3_stmt* made = nullptr;
  database_.code = kError;
  EXPECT_EQ(prepare(handle(database_), "SELEC", &made), kError);
  fake_exec = [] { return kError; };
  EXPECT_EQ(exec(handle(database_), "SELEC"), kError);
  EXPECT_TRUE(records().empty());
  EXPECT_EQ(counted(Counter::database_errors), 0u);
}

TEST_F(SqliteAdapterTest, WithoutRoomAnExecutionIsCountedOnce) {
  constexpr size_t kRoom = wire::kInFlightSlotCount / 2;
  std::vector<FakeStatement> open;
  for (size_t i = 0; i < kRoom; ++i) open.push_back(statement("SELECT 1", {kRow, kRow}));
  for (FakeStatement& each : open) step(each.handle());
  FakeStatement late = statement("SELECT 2", {kRow, kRow, kRow});
  EXPECT_EQ(step(late.handle()), kRow);
  EXPECT_EQ(step(late.handle()), kRow);
  EXPECT_EQ(counted(Counter::lost_slots_exhausted), 1u);
  reset(open[0].handle());
  EXPECT_EQ(step(late.handle()), kRow);
  EXPECT_EQ(step(late.handle()), kDone);
  EXPECT_EQ(texts_of(records()), std::vector<std::string>{"SELECT 1"});
  EXPECT_EQ(step(late.handle()), kDone);
  EXPECT_EQ(texts_of(records()).back(), "SELECT 2");
  for (FakeStatement& each : open) finalize(each.handle());
  EXPECT_EQ(records().size(), kRoom + 1);
}

TEST_F(SqliteAdapterTest, AForkedChildForgetsWhatWasUnderWay) {
  FakeStatement select = statement("SELECT 1", {kRow, kRow, kRow, kDone});
  step(select.handle());
  spans::reset_pools();
  after_fork();
  step(select.handle());
  reset(select.handle());
  EXPECT_TRUE(records().empty());
  step(select.handle());
  step(select.handle());
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(SqliteAdapterTest, AnExecThatReturnsInAForkedChildIsTheParents) {
  library_->inner_calls.store(InnerCalls::kHidden);
  fake_exec = [] {
    after_fork();
    spans::reset_pools();
    return kOk;
  };
  exec(handle(database_), "SELECT 1");
  Exchange* first = spans::begin(wire::Role::kClient, wire::Protocol::kSqlite, 1);
  Exchange* second = spans::begin(wire::Role::kClient, wire::Protocol::kSqlite, 1);
  EXPECT_NE(first, second) << "given back twice";
  EXPECT_TRUE(records().empty());
  spans::reset_pools();
}

TEST_F(SqliteAdapterTest, AStatementMayGoFromThreadToThread) {
  FakeStatement select = statement("SELECT 1", std::deque<int>(100, kRow));
  for (int i = 0; i < 25; ++i) {
    step(select.handle());
    std::thread([&] {
      for (int j = 0; j < 3; ++j) step(select.handle());
    }).join();
  }
  std::thread([&] { EXPECT_EQ(step(select.handle()), kDone); }).join();
  ASSERT_EQ(records().size(), 1u);
  EXPECT_EQ(facts_of(records()[0]).rows, 100u);
}

TEST_F(SqliteAdapterTest, ManyThreadsLoseNoExecution) {
  constexpr int kThreads = 4, kStatements = 8, kRounds = 50;
  // Who comes while the segment is made waits for it, but not for long: not this test's matter.
  ASSERT_TRUE(ring_writer::ensure_segment());
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([this] {
      std::vector<FakeStatement> own;
      FakeDatabase database;
      for (int i = 0; i < kStatements; ++i) {
        own.push_back(statement("SELECT 1"));
        own.back().database = &database;
      }
      for (int round = 0; round < kRounds; ++round) {
        for (FakeStatement& each : own) each.results = {kRow, kRow, kDone};
        for (int i = 0; i < 3; ++i)
          for (FakeStatement& each : own) step(each.handle());
      }
    });
  for (std::thread& thread : threads) thread.join();
  const std::vector<Record> all = records();
  EXPECT_EQ(all.size(), size_t{kThreads} * kStatements * kRounds);
  for (const Record& record : all) EXPECT_EQ(facts_of(record).rows, 2u);
}

}  // namespace
}  // namespace seamtrace::agent::adapters::sqlite
