// Several batches in flight, and errors in the middle of them.
#include "agent/codecs/postgresql/postgresql_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using namespace postgresql_test;

const std::string kCalled = parsed() + bound() + columns() + row() + complete("SELECT 1");

std::string call_without_sync(const std::string& text) {
  const std::string whole = call(text);
  return whole.substr(0, whole.size() - sync().size());
}

TEST(PostgresqlPipeline, PairsEachAnswerWithItsOperation) {
  Talk talk;
  talk.start();
  talk.client(call_without_sync("a") + call("b") + call("c"));
  EXPECT_EQ(talk.operations.in_flight(), 3u);
  talk.server(kCalled + kCalled + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 {a} rows=1\nanswered command=69 {b} rows=1\n");
  talk.server(kCalled + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 {c} rows=1\n");
}

TEST(PostgresqlPipeline, AfterAnErrorIsSkippedUpToTheSync) {
  Talk talk;
  talk.start();
  talk.client(call_without_sync("a") + call_without_sync("bad") + call_without_sync("c") +
              call("d") + call("e"));
  talk.server(kCalled + parsed() + bound() + columns() + error("22012"));
  EXPECT_EQ(talk.operations.oldest()->tag, 1u);
  EXPECT_EQ(talk.new_lines(),
            "answered command=69 {a} rows=1\nanswered command=69 {bad} error=22012\n"
            "skipped command=69 {c}\nskipped command=69 {d}\n");
  talk.server(ready() + kCalled + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 {e} rows=1\n");
}

TEST(PostgresqlPipeline, WhatIsSentAfterTheErrorIsSkippedToo) {
  Talk talk;
  talk.start();
  talk.client(call_without_sync("bad") + flush());
  talk.server(error("42601"));
  EXPECT_EQ(talk.new_lines(), "answered command=69 {bad} error=42601\n");
  talk.client(call_without_sync("late") + parse("s", "never") + query("simple"));
  talk.client(sync() + call("next"));
  talk.server(ready() + kCalled + ready());
  EXPECT_EQ(talk.new_lines(),
            "skipped command=69 {late}\nskipped command=81 {simple}\n"
            "answered command=69 {next} rows=1\n");
  talk.client(bind_portal("", "s") + execute() + sync());
  talk.server(error("26000") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 error=26000 text-missing\n");
}

TEST(PostgresqlPipeline, ABareParseInASkippedBatchIsNoOperation) {
  Talk talk;
  talk.start();
  talk.client(parse("a", "bad") + parse("b", "good") + bind_portal("", "b") + sync());
  talk.server(error("42601") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=80 {bad} error=42601\n");
  EXPECT_EQ(talk.operations.in_flight(), 0u);
}

TEST(PostgresqlPipeline, AnErrorOfTheSyncIsNotTheNextBatchs) {
  Talk talk;
  talk.start();
  talk.client(call("INSERT") + call("b"));
  talk.server(parsed() + bound() + no_data() + complete("INSERT 0 1") + error("23505") + ready() +
              kCalled + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=69 {INSERT} rows=1\nanswered command=69 {b} rows=1\n");
}

TEST(PostgresqlPipeline, AnExecuteOfAnEarlierBatchsStatementBeginsItsOwn) {
  Talk talk;
  talk.start();
  talk.client(parse("s", "a") + sync() + bind_portal("", "s") + execute() + sync());
  EXPECT_EQ(talk.operations.in_flight(), 2u);
  talk.server(parsed() + ready() + bound() + complete("SELECT 1") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 {a} rows=1\n");
}

TEST(PostgresqlPipeline, AFailedParseAndTheExecuteInTheNextBatchAreTwo) {
  Talk talk;
  talk.start();
  talk.client(parse("s", "bad") + sync() + bind_portal("", "s") + execute() + sync());
  talk.server(error("42601") + ready() + error("26000") + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=80 {bad} error=42601\nanswered command=69 {bad} error=26000\n");
}

TEST(PostgresqlPipeline, SimpleQueriesBetweenBatchesKeepTheirPlace) {
  Talk talk;
  talk.start();
  talk.client(call("a") + query("b") + call_without_sync("c") + query("d") + sync() + call("e"));
  talk.server(kCalled + ready() + complete("SELECT 2") + ready() + kCalled + complete("SELECT 3") +
              ready() + ready() + kCalled + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=69 {a} rows=1\nanswered command=81 {b} rows=2\n"
            "answered command=69 {c} rows=1\nanswered command=81 {d} rows=3\n"
            "answered command=69 {e} rows=1\n");
}

// The server does not even answer a Query before the Sync: no ReadyForQuery for it.
TEST(PostgresqlPipeline, ASimpleQueryInAFailedBatchIsSkipped) {
  Talk talk;
  talk.start();
  talk.client(call_without_sync("bad") + query("b") + message('F', number(1, 4)) + sync() +
              query("c"));
  talk.server(error("42601") + ready() + complete("SELECT 1") + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=69 {bad} error=42601\nskipped command=81 {b}\nskipped command=70\n"
            "answered command=81 {c} rows=1\n");
}

TEST(PostgresqlPipeline, ASimpleQueryThatFailsSkipsNothing) {
  Talk talk;
  talk.start();
  talk.client(query("bad") + call("b"));
  talk.server(error("42601") + ready() + kCalled + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=81 {bad} error=42601\nanswered command=69 {b} rows=1\n");
}

TEST(PostgresqlPipeline, SkippedOperationsAreMarkedNotExecuted) {
  class Watch final : public Operations {
   public:
    Operation* begin() override {
      slots_[end_] = {};
      return &slots_[end_++];
    }
    Operation* oldest() override { return begin_ == end_ ? nullptr : &slots_[begin_]; }
    void finish(Ending ending) override {
      const bool marked = (slots_[begin_++].facts.flags & wire::kFlagNotExecuted) != 0;
      log += ending == Ending::kSkipped ? 's' : 'a';
      log += marked ? '!' : ' ';
    }
    std::string log;

   private:
    Operation slots_[8] = {};
    size_t begin_ = 0;
    size_t end_ = 0;
  };
  Watch watch;
  PostgresqlCodec codec;
  const std::string sent = start_up() + call_without_sync("bad") + call_without_sync("b") +
                           query("c") + sync() + call("d");
  const std::string received = started() + error("42601") + ready() + kCalled + ready();
  EXPECT_EQ(codec.request(sent.data(), sent.size(), watch), Taken::kAll);
  EXPECT_EQ(codec.response(received.data(), received.size(), watch), Taken::kAll);
  EXPECT_EQ(watch.log, "a s!s!a ");
}

TEST(PostgresqlPipeline, TextThatIsBeingSentWhenItsBatchFailsGoesNowhere) {
  Talk talk;
  talk.start();
  talk.client(parse("keep", "kept") + sync());
  talk.server(parsed() + ready());
  const std::string late = parse("late", "text of a statement that nobody reads");
  talk.client(call_without_sync("bad") + flush() + late.substr(0, 20));
  talk.server(error("42601"));
  talk.client(late.substr(20) + sync());
  talk.server(ready());
  talk.client(bind_portal("", "keep") + execute() + sync());
  talk.server(bound() + complete("SELECT 1") + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=69 {bad} error=42601\nanswered command=69 {kept} rows=1\n");
}

TEST(PostgresqlPipeline, OutOfStepIsNotMine) {
  const auto taken = [](const std::string& requests, const std::string& answers) {
    Talk talk;
    talk.start();
    EXPECT_EQ(talk.client(requests), Taken::kAll);
    return talk.server(answers);
  };
  EXPECT_EQ(taken("", ready()), Taken::kNotMine);
  EXPECT_EQ(taken("", parsed()), Taken::kNotMine);
  EXPECT_EQ(taken("", bound()), Taken::kNotMine);
  EXPECT_EQ(taken("", row()), Taken::kNotMine);
  EXPECT_EQ(taken("", complete("SELECT 1")), Taken::kNotMine);
  EXPECT_EQ(taken("", message('I')), Taken::kNotMine);
  EXPECT_EQ(taken("", message('V', number(0, 4))), Taken::kNotMine);
  EXPECT_EQ(taken(sync(), ready() + ready()), Taken::kNotMine);
  EXPECT_EQ(taken(query("a"), parsed()), Taken::kNotMine);
  EXPECT_EQ(taken(query("a"), suspended()), Taken::kNotMine);
  EXPECT_EQ(taken(call("a"), ready()), Taken::kNotMine) << "it is not answered";
  EXPECT_EQ(taken(call("a"), complete("SELECT 1")), Taken::kNotMine) << "not parsed";
  EXPECT_EQ(taken(call("a"), kCalled + complete("SELECT 1")), Taken::kNotMine);
  EXPECT_EQ(taken(call("a"), error("42601") + row()), Taken::kNotMine);
  EXPECT_EQ(taken(call("a") + call("b"), kCalled + parsed()), Taken::kNotMine)
      << "no Sync's answer";
}

}  // namespace
}  // namespace seamtrace::agent::codecs
