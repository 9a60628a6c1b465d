// Before the first query: encryption, cancelling, start-up, refusal.
#include "agent/codecs/postgresql/postgresql_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using namespace postgresql_test;

bool may_begin(const std::string& bytes) {
  GuardedBytes memory(bytes.size());
  return PostgresqlCodec::may_begin(memory.hold(bytes), bytes.size());
}

TEST(PostgresqlMayBegin, WithEveryPrefixOfItsPackets) {
  const std::string packets[] = {start_up(), packet(kVersion + 2, "user\0me\0\0"s),
                                 packet(kSslRequest), packet(kGssEncRequest),
                                 packet(kCancelRequest, "12345678")};
  for (const std::string& bytes : packets)
    for (size_t size = 1; size <= bytes.size(); ++size)
      EXPECT_TRUE(may_begin(bytes.substr(0, size))) << size;
}

TEST(PostgresqlMayBegin, NotWithOtherProtocols) {
  EXPECT_FALSE(may_begin("GET / HTTP/1.1\r\n"));
  EXPECT_FALSE(may_begin("*1\r\n$4\r\nPING\r\n"));
  EXPECT_FALSE(may_begin("\x16\3\1\0\xa5"));               // TLS
  EXPECT_FALSE(may_begin("\x80\0\0\0"s));                  // memcached, binary
  EXPECT_FALSE(may_begin("\0\0\0\7"s));                    // too short
  EXPECT_FALSE(may_begin("\0\0\x27\x11"s));                // 10001: too long
  EXPECT_FALSE(may_begin("\0\1"s));                        // 65536 and more
  EXPECT_FALSE(may_begin("\0\0\0\x20\0\2"s));              // version 2
  EXPECT_FALSE(may_begin("\0\0\0\x20\0\2\0\0"s));          // version 2
  EXPECT_FALSE(may_begin("\0\0\0\x08\x04\xd2\x16\x31"s));  // no such request
}

// The closest one: a length of four bytes, then Kafka's number of the request (3: Metadata) and its
// version, then a number that the client counts up.
TEST(PostgresqlMayBegin, NotWithKafka) {
  const std::string metadata = "\0\0\0\x1c\0\3\0\1\0\0\0\1\0\6client"s;
  EXPECT_TRUE(may_begin(metadata.substr(0, 8)));
  EXPECT_FALSE(may_begin(metadata.substr(0, 9)));
  EXPECT_EQ(Talk().client(metadata), Taken::kNotMine);
}

TEST(PostgresqlStartUp, NamesUserAndDatabase) {
  Talk talk;
  talk.client(packet(kVersion, "user\0me\0options\0-c a=b\0database\0shop\0\0"s));
  talk.server(started());
  talk.client(query("SELECT 1"));
  talk.server(complete("SELECT 1") + ready());
  EXPECT_EQ(talk.story(), "user me\nready\nanswered command=81 in=shop {SELECT 1} rows=1\n0");
}

TEST(PostgresqlStartUp, DatabaseBeforeUserStays) {
  Talk talk;
  talk.client(packet(kVersion, "database\0shop\0user\0me\0\0"s));
  talk.server(started());
  talk.client(query(""));
  EXPECT_NE(talk.story().find("in=shop"), std::string::npos);
}

TEST(PostgresqlStartUp, DatabaseIsTheUserWhenNotNamedOrEmpty) {
  for (const std::string& rest : {""s, "database\0\0"s}) {
    Talk talk;
    talk.client(packet(kVersion, "user\0me\0"s + rest + '\0'));
    talk.server(started());
    talk.client(query(""));
    EXPECT_NE(talk.story().find("in=me"), std::string::npos);
  }
}

TEST(PostgresqlStartUp, LongNamesAreCut) {
  Talk talk;
  talk.client(packet(
      kVersion, "user\0"s + std::string(500, 'u') + '\0' + std::string(300, 'n') + "\0v\0\0"s));
  EXPECT_EQ(talk.operations.log(), "user " + std::string(64, 'u') + "\n");
}

TEST(PostgresqlStartUp, OfLaterMinorVersionsIsFollowed) {
  Talk talk;
  talk.client(packet(kVersion + 2, "user\0me\0_pq_.x\0y\0\0"s));
  talk.server(message('v', number(0, 4) + number(0, 4)) +
              message('K', number(1, 4) + std::string(32, 'k')) + ready());
  EXPECT_EQ(talk.new_lines(), "user me\nready\n");
}

TEST(PostgresqlStartUp, RoundsOfAuthenticationLeaveNoTrace) {
  Talk talk;
  talk.client(start_up());
  talk.server(message('R', number(10, 4) + "SCRAM-SHA-256\0\0"s));
  talk.client(message('p', "SCRAM-SHA-256\0secret"s));
  talk.server(message('R', number(11, 4) + "secret"));
  talk.client(message('p', "secret"));
  talk.server(message('R', number(12, 4) + "secret") + message('N', "SNOTICE\0\0"s) + started());
  EXPECT_EQ(talk.story(), "user me\nready\n0");
}

TEST(PostgresqlStartUp, RefusalHasItsSqlstate) {
  Talk talk;
  talk.client(start_up());
  talk.server(message('R', number(3, 4)));
  talk.client(message('p', "secret\0"s));
  talk.server(error("28P01", "FATAL"));
  EXPECT_EQ(talk.story(), "user me\nrejected 28P01\n0");
}

TEST(PostgresqlStartUp, QueriesThatRunAheadAreAnsweredAfterIt) {
  Talk talk;
  talk.client(start_up() + query("SELECT 1"));
  talk.server(started() + complete("SELECT 1") + ready());
  EXPECT_EQ(talk.new_lines(), "user me\nready\nanswered command=81 {SELECT 1} rows=1\n");
}

TEST(PostgresqlStartUp, ThatIsMalformedIsNotMine) {
  EXPECT_EQ(Talk().client(packet(kVersion, "user\0me\0"s)), Taken::kNotMine) << "no end";
  EXPECT_EQ(Talk().client(packet(kVersion, "user\0me"s)), Taken::kNotMine);
  EXPECT_EQ(Talk().client(packet(kVersion, "user\0\0"s)), Taken::kNotMine);
  EXPECT_EQ(Talk().client(packet(kVersion, "user\0me\0\0more"s)), Taken::kNotMine);
  EXPECT_EQ(Talk().client(packet(kVersion)), Taken::kNotMine);
  EXPECT_EQ(Talk().client(packet(kSslRequest, "x")), Taken::kNotMine);
  EXPECT_EQ(Talk().client(packet(kCancelRequest, "xyz")), Taken::kNotMine);
}

TEST(PostgresqlStartUp, AnswersOfQueriesAreNotPartOfIt) {
  Talk talk;
  talk.client(start_up());
  EXPECT_EQ(talk.server(complete("SELECT 1")), Taken::kNotMine);
  EXPECT_EQ(Talk().server(ready()), Taken::kNotMine) << "nothing was asked";
}

TEST(PostgresqlEncryption, RefusedIsFollowedByAnotherRequestOrStartUp) {
  Talk talk;
  talk.client(packet(kGssEncRequest));
  EXPECT_EQ(talk.server("N"), Taken::kAll);
  talk.client(packet(kSslRequest));
  EXPECT_EQ(talk.server("N"), Taken::kAll);
  talk.start();
}

TEST(PostgresqlEncryption, AcceptedIsTold) {
  Talk tls;
  tls.client(packet(kSslRequest));
  EXPECT_EQ(tls.server("S"), Taken::kEncrypted);
  Talk gss;
  gss.client(packet(kGssEncRequest));
  EXPECT_EQ(gss.server("G"), Taken::kEncrypted);
  Talk neither;
  neither.client(packet(kSslRequest));
  EXPECT_EQ(neither.server("X"), Taken::kNotMine);
}

TEST(PostgresqlEncryption, AnsweredByAnErrorIsARefusal) {
  Talk talk;
  talk.client(packet(kSslRequest));
  EXPECT_EQ(talk.server(error("53300", "FATAL")), Taken::kAll);
  EXPECT_EQ(talk.story(), "rejected 53300\n0");
}

TEST(PostgresqlCancel, IsNoOperation) {
  Talk talk;
  EXPECT_EQ(talk.client(packet(kCancelRequest, "12345678")), Taken::kAll);
  EXPECT_EQ(talk.story(), "0");
  EXPECT_EQ(talk.client(query("SELECT 1")), Taken::kNotMine);
}

}  // namespace
}  // namespace seamtrace::agent::codecs
