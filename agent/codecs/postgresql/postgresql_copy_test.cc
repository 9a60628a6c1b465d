// COPY in both directions, with the Syncs that the server ignores, and replication.
#include "agent/codecs/postgresql/postgresql_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using namespace postgresql_test;

const std::string kCopyIn = message('G', "\0\0\1\0\0"s);
const std::string kCopyOut = message('H', "\0\0\1\0\0"s);
const std::string kData = message('d', "secret\n");
const std::string kDone = message('c');

std::string copy_in() {
  return parse("", "COPY") + bind_portal("", "") + describe('P', "") + execute();
}
std::string copying() { return parsed() + bound() + no_data() + kCopyIn; }

TEST(PostgresqlCopy, InIsOneOperation) {
  Talk talk;
  talk.start();
  talk.client(query("COPY t FROM STDIN"));
  talk.server(kCopyIn);
  talk.client(kData + kData + kDone);
  talk.server(complete("COPY 2") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=81 {COPY t FROM STDIN} rows=2\n");
}

TEST(PostgresqlCopy, OutIsOneOperation) {
  Talk talk;
  talk.start();
  talk.client(query("COPY t TO STDOUT") + call("COPY u TO STDOUT"));
  talk.server(kCopyOut + kData + kData + kDone + complete("COPY 2") + ready());
  talk.server(parsed() + bound() + no_data() + kCopyOut + kData + kDone + complete("COPY 1") +
              ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=81 {COPY t TO STDOUT} rows=2\n"
            "answered command=69 {COPY u TO STDOUT} rows=1\n");
}

TEST(PostgresqlCopy, GivenUpByTheClientIsAnError) {
  Talk talk;
  talk.start();
  talk.client(query("COPY t FROM STDIN"));
  talk.server(kCopyIn);
  talk.client(message('f', "no more\0"s));
  talk.server(error("57014") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=81 {COPY t FROM STDIN} error=57014\n");
}

TEST(PostgresqlCopy, SentBeforeItIsAskedForIsTheSame) {
  Talk talk;
  talk.start();
  talk.client(query("COPY t FROM STDIN") + kData + kDone);
  talk.server(kCopyIn + complete("COPY 1") + ready());
  talk.client(copy_in() + kData + kDone + sync() + call("after"));
  talk.server(copying() + complete("COPY 1") + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=81 {COPY t FROM STDIN} rows=1\nanswered command=69 {COPY} rows=1\n");
  EXPECT_EQ(talk.operations.in_flight(), 1u);
  EXPECT_EQ(talk.server(parsed() + bound() + no_data() + message('I') + ready()), Taken::kAll);
}

TEST(PostgresqlCopy, SyncsBeforeItsEndAreIgnored) {
  Talk talk;
  talk.start();
  talk.client(copy_in() + sync());
  talk.server(copying());
  talk.client(kData + sync() + flush() + kData + kDone + sync());
  talk.server(complete("COPY 2") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 {COPY} rows=2\n");
  talk.client(call("after"));
  talk.server(error("42601") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=69 {after} error=42601\n");
}

TEST(PostgresqlCopy, WhoseDataIsRefusedEndsAtTheNextSync) {
  Talk talk;
  talk.start();
  talk.client(copy_in() + sync());
  talk.server(copying());
  talk.client(kData + kDone + sync());
  talk.server(error("22P02") + ready());
  talk.client(call("after"));
  talk.server(error("42601") + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=69 {COPY} error=22P02\nanswered command=69 {after} error=42601\n");
}

// A trigger may fail after the COPY has been announced, before a Sync could be ignored.
TEST(PostgresqlCopy, RefusedBeforeItsDataEndsAtTheFirstSync) {
  for (const bool sync_is_late : {false, true}) {
    Talk talk;
    talk.start();
    talk.client(copy_in() + sync());
    talk.server(copying());
    if (sync_is_late) {
      talk.server(error("P0001") + ready());
      talk.client(kData + kDone + sync());
      talk.server(ready());
    } else {
      talk.client(kData + kDone + sync());
      talk.server(error("P0001") + ready() + ready());
    }
    talk.client(call("after"));
    EXPECT_EQ(talk.server(error("42601") + ready()), Taken::kAll);
    EXPECT_EQ(talk.new_lines(),
              "answered command=69 {COPY} error=P0001\nanswered command=69 {after} error=42601\n");
  }
}

TEST(PostgresqlCopy, WithOtherRequestsInThePlaceOfDataFailsWithThem) {
  Talk talk;
  talk.start();
  talk.client(copy_in() + execute("other") + sync());
  talk.server(copying() + error("08P01") + ready());
  EXPECT_EQ(talk.new_lines(),
            "answered command=69 {COPY} error=08P01\nskipped command=69 text-missing\n");
  talk.client(copy_in() + sync() + call("other"));
  EXPECT_EQ(talk.server(copying()), Taken::kNotMine) << "whose Sync was ignored is not known";
}

TEST(PostgresqlCopy, LeavesNoSyncToSpare) {
  Talk good;
  good.start();
  good.client(copy_in() + sync());
  good.server(copying());
  good.client(kData + kDone + sync());
  good.server(complete("COPY 1") + ready());
  EXPECT_EQ(good.server(ready()), Taken::kNotMine);
  Talk refused;
  refused.start();
  refused.client(copy_in() + sync());
  refused.server(copying());
  EXPECT_EQ(refused.server(error("P0001") + ready()), Taken::kAll);
  EXPECT_EQ(refused.server(ready()), Taken::kNotMine);
}

TEST(PostgresqlCopy, RefusedIsOverForTheClientToo) {
  Talk talk;
  talk.start();
  talk.client(copy_in() + flush());
  talk.server(copying());
  talk.client(kData);
  talk.server(error("22P02"));
  talk.client(sync() + call("after"));
  EXPECT_EQ(talk.server(ready() + error("42601") + ready()), Taken::kAll);
  EXPECT_EQ(talk.new_lines(),
            "answered command=69 {COPY} error=22P02\nanswered command=69 {after} error=42601\n");
}

// The end of data that nobody waits for is not that of the next COPY.
TEST(PostgresqlCopy, EndsOnlyItself) {
  Talk talk;
  talk.start();
  talk.client(query("COPY t FROM STDIN") + kData + kDone + query("b") + call("c"));
  talk.server(kCopyIn + complete("COPY 1") + ready() + message('I') + ready());
  talk.client(copy_in() + sync());
  talk.server(parsed() + bound() + no_data() + message('I') + ready() + copying());
  talk.client(kData + kDone + sync());
  EXPECT_EQ(talk.server(complete("COPY 3") + ready()), Taken::kAll);
  talk.client(query("COPY u FROM STDIN"));
  talk.server(kCopyIn + error("22P02") + ready());
  talk.client(kData + kDone);
  talk.client(copy_in() + sync());
  talk.server(copying());
  talk.client(kData + kDone + sync());
  EXPECT_EQ(talk.server(complete("COPY 4") + ready()), Taken::kAll);
  EXPECT_EQ(talk.server(ready()), Taken::kNotMine);
  EXPECT_EQ(talk.new_lines(),
            "answered command=81 {COPY t FROM STDIN} rows=1\nanswered command=81 {b}\n"
            "answered command=69 {c}\nanswered command=69 {COPY} rows=3\n"
            "answered command=81 {COPY u FROM STDIN} error=22P02\n"
            "answered command=69 {COPY} rows=4\n");
}

TEST(PostgresqlReplication, EndsItsOperationWhenTheStreamBegins) {
  Talk talk;
  talk.start();
  talk.client(query("START_REPLICATION 0/0"));
  talk.server(message('W', "\0\0\0"s));
  EXPECT_EQ(talk.new_lines(), "answered command=81 {START_REPLICATION 0/0}\n");
  talk.server(kData + kData);
  talk.client(kData);
  talk.server(kData + kDone);
  talk.client(kDone);
  talk.server(columns() + row() + complete("SELECT") + complete("START_REPLICATION") + ready());
  talk.client(query("IDENTIFY_SYSTEM"));
  talk.server(columns() + row() + complete("IDENTIFY_SYSTEM") + ready());
  EXPECT_EQ(talk.new_lines(), "answered command=81 {IDENTIFY_SYSTEM}\n");
}

}  // namespace
}  // namespace seamtrace::agent::codecs
