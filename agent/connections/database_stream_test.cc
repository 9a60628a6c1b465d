// Connections to data stores: what becomes of a codec's words.
#include "agent/connections/database_stream.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <string>

#include "agent/ring_writer/targets.h"
#include "agent/testing/http_fixture.h"

namespace seamtrace::agent {
namespace {

using std::string_literals::operator""s;
using testing::FakeKernel;
using testing::Record;
using wire::Counter;
using wire::Protocol;
using wire::SliceKind;

const std::string kGet = "*2\r\n$3\r\nGET\r\n$4\r\ncity\r\n";

long allowed_bytes;
long allows() { return allowed_bytes; }

/// A message of PostgreSQL: type, length, body.
std::string message(char type, const std::string& body) {
  const uint32_t length = htonl(static_cast<uint32_t>(body.size() + 4));
  return std::string(1, type) + std::string(reinterpret_cast<const char*>(&length), 4) + body;
}
const std::string kStartup = message('x', "\0\3\0\0user\0ann\0database\0shop\0\0"s).substr(1);
const std::string kAuthenticated = message('R', "\0\0\0\0"s);
const std::string kIdle = message('Z', "I");

wire::DatabaseFacts facts_of(const Record& record) {
  wire::DatabaseFacts facts{};
  const std::string bytes = record.slice(SliceKind::kDatabaseFacts);
  EXPECT_EQ(bytes.size(), sizeof facts);
  if (bytes.size() == sizeof facts) memcpy(&facts, bytes.data(), sizeof facts);
  return facts;
}

class DatabaseStreamTest : public testing::HttpFixture {
 protected:
  static sockaddr_in address(uint16_t port) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return in;
  }
  static wire::Endpoint endpoint(uint16_t port) {
    wire::Endpoint endpoint{};
    endpoint.family = AF_INET;
    endpoint.port = port;
    endpoint.address[0] = 127;
    endpoint.address[3] = 1;
    return endpoint;
  }
  /// As after socket() and while connect() is under way.
  static void connect(int fd, uint16_t port) {
    connections::socket_created(fd, AF_INET, SOCK_STREAM);
    const sockaddr_in peer = address(port);
    connections::connecting(fd, reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
  }
  static void allow(long bytes) {
    allowed_bytes = bytes;
    FakeKernel::allowance = allows;
  }
  static uint64_t counter(Counter counter) { return ring_writer::counter_value(counter); }
  static wire::TargetStatistics& target(Protocol protocol, uint16_t port) {
    return *ring_writer::target_for(protocol, endpoint(port));
  }
};

TEST_F(DatabaseStreamTest, ACommandIsAChildOfTheRequestBeingServed) {
  const testing::Decision request = serve(701);
  connect(710, 6379);
  send(710, kGet);
  EXPECT_TRUE(is_child_of(newest(710), request));
  read_bytes(710, "$-1\r\n");
  const Record record = only_record();
  EXPECT_EQ(record.fixed.protocol, static_cast<uint8_t>(Protocol::kRedis));
  EXPECT_EQ(record.fixed.role, static_cast<uint8_t>(wire::Role::kClient));
  EXPECT_EQ(record.fixed.peer.port, 6379);
  EXPECT_EQ(record.association(), wire::Association::kExact);
  EXPECT_EQ(record.outcome(), wire::Outcome::kComplete);
  EXPECT_EQ(record.slice(SliceKind::kArgument), "GET");
  EXPECT_EQ(record.slice(SliceKind::kArgument, "c"), "city");
  EXPECT_EQ(facts_of(record).misses, 1u);
  EXPECT_EQ(counter(Counter::cache_misses), 1u);
  EXPECT_GE(record.fixed.response_start_ns, record.fixed.start_ns);
  EXPECT_GE(record.fixed.end_ns, record.fixed.response_start_ns);
}

TEST_F(DatabaseStreamTest, TheProgramsBytesGoOutUnchanged) {
  connect(710, 6379);
  send(710, kGet + kGet);
  EXPECT_EQ(wire_, kGet + kGet);
}

TEST_F(DatabaseStreamTest, AWriteThatTheKernelCutsIsCountedOnce) {
  connect(710, 6379);
  allow(7);
  ASSERT_EQ(send(710, kGet), 7);
  ASSERT_EQ(send(710, kGet.substr(7)), 7);
  allow(1 << 20);
  send(710, kGet.substr(14) + kGet);
  read_bytes(710, "$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_EQ(records().size(), 2u);
  EXPECT_EQ(wire_, kGet + kGet);
  EXPECT_TRUE(followed(710));
}

TEST_F(DatabaseStreamTest, ARefusedWriteIsCountedOnceWhenItIsTriedAgain) {
  connect(710, 6379);
  allow(-1);
  ASSERT_EQ(send(710, kGet), -1);
  ASSERT_EQ(send(710, kGet), -1);
  allow(1 << 20);
  send(710, kGet);
  read_bytes(710, "$1\r\na\r\n");
  EXPECT_EQ(records().size(), 1u);
  EXPECT_EQ(wire_, kGet);
}

TEST_F(DatabaseStreamTest, SomethingElseAfterARefusedWriteEndsTheFollowing) {
  connect(710, 6379);
  allow(-1);
  ASSERT_EQ(send(710, kGet), -1);
  allow(1 << 20);
  const std::string other = "*1\r\n$4\r\nPING\r\n";
  send(710, other);
  EXPECT_EQ(wire_, other);
  EXPECT_EQ(counter(Counter::bypass_stream_changed), 1u);
  read_bytes(710, "+PONG\r\n");
  EXPECT_FALSE(followed(710));
}

TEST_F(DatabaseStreamTest, AnAnswerMayBeReadBeforeTheWriteHasReturned) {
  connect(710, 6379);
  const iovec piece{const_cast<char*>(kGet.data()), kGet.size()};
  connections::Outgoing outgoing(710, connections::entry_of(710), &piece, 1, 0);
  EXPECT_FALSE(outgoing.prepare());
  read_bytes(710, "$1\r\na\r\n");
  outgoing.settle(static_cast<ssize_t>(kGet.size()));
  EXPECT_EQ(only_record().outcome(), wire::Outcome::kComplete);
}

TEST_F(DatabaseStreamTest, UnsampledCommandsAreStillCountedForTheirStore) {
  settings.sampler = wire::Sampler::kAlwaysOff;
  connect(710, 6379);
  send(710, kGet);
  read_bytes(710, "$-1\r\n");
  EXPECT_TRUE(records().empty());
  EXPECT_EQ(target(Protocol::kRedis, 6379).operations, 1u);
  EXPECT_EQ(target(Protocol::kRedis, 6379).misses, 1u);
  settings.sampler = wire::Sampler::kParentBasedAlwaysOn;
}

TEST_F(DatabaseStreamTest, ALostConnectionEndsItsCommands) {
  connect(710, 6379);
  send(710, kGet + kGet);
  read_bytes(710, "$1\r\na\r\n$10\r\nab");
  end_of_stream(710);
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].outcome(), wire::Outcome::kComplete);
  EXPECT_EQ(all[1].outcome(), wire::Outcome::kResponseCut);
}

TEST_F(DatabaseStreamTest, AResetTellsWhy) {
  connect(710, 6379);
  send(710, kGet);
  fail_read(710, ECONNRESET);
  EXPECT_EQ(only_record().outcome(), wire::Outcome::kNoResponse);
  EXPECT_EQ(only_record().fixed.error_number, ECONNRESET);
}

TEST_F(DatabaseStreamTest, AStatementCarriesItsDatabase) {
  connect(710, 5432);
  send(710, kStartup);
  read_bytes(710, kAuthenticated + kIdle);
  send(710, message('Q', "SELECT 1\0"s));
  read_bytes(710, message('C', "SELECT 1\0"s) + kIdle);
  const Record record = only_record();
  EXPECT_EQ(record.fixed.protocol, static_cast<uint8_t>(Protocol::kPostgresql));
  EXPECT_EQ(record.slice(SliceKind::kNamespace), "shop");
  EXPECT_EQ(record.slice(SliceKind::kStatement), "SELECT 1");
  EXPECT_EQ(facts_of(record).rows, 1u);
}

TEST_F(DatabaseStreamTest, ARefusedLoginIsAnErrorSpan) {
  connect(710, 5432);
  send(710, kStartup);
  read_bytes(710, message('E', "SFATAL\0C28P01\0Mno\0\0"s));
  const Record record = only_record();
  EXPECT_EQ(facts_of(record).flags, wire::kFlagConnecting);
  EXPECT_EQ(record.slice(SliceKind::kErrorCode), "28P01");
  EXPECT_EQ(record.slice(SliceKind::kUser), "ann");
  EXPECT_EQ(record.slice(SliceKind::kNamespace), "shop");
  EXPECT_EQ(target(Protocol::kPostgresql, 5432).rejected, 1u);
  end_of_stream(710);
  EXPECT_EQ(records().size(), 1u) << "told once";
}

TEST_F(DatabaseStreamTest, AServerThatGoesAwayDuringTheStartUpIsAFailure) {
  connect(710, 5432);
  send(710, kStartup);
  end_of_stream(710);
  const Record record = only_record();
  EXPECT_EQ(facts_of(record).flags, wire::kFlagConnecting);
  EXPECT_EQ(record.outcome(), wire::Outcome::kNoResponse);
  EXPECT_EQ(target(Protocol::kPostgresql, 5432).failed, 1u);
}

TEST_F(DatabaseStreamTest, AProgramThatClosesDuringTheStartUpHasFailedNobody) {
  connect(710, 5432);
  send(710, kStartup);
  connections::closing(710);
  EXPECT_TRUE(records().empty());
  EXPECT_EQ(counter(Counter::connects_failed), 0u);
}

TEST_F(DatabaseStreamTest, ARefusedConnectionToAStoresPortIsAnErrorSpan) {
  const testing::Decision request = serve(701);
  connect(710, 5432);
  connections::connect_failed(710, ECONNREFUSED);
  const Record record = only_record();
  EXPECT_EQ(record.fixed.protocol, static_cast<uint8_t>(Protocol::kPostgresql));
  EXPECT_EQ(record.fixed.error_number, ECONNREFUSED);
  EXPECT_EQ(facts_of(record).flags, wire::kFlagConnecting);
  EXPECT_EQ(memcmp(record.fixed.parent_span_id, request.identity.span_id, 8), 0);
}

TEST_F(DatabaseStreamTest, AStoreIsKnownByItsAddressWhereItsPortIsAnother) {
  connect(710, 7777);
  connections::connect_failed(710, ECONNREFUSED);
  EXPECT_TRUE(records().empty()) << "nobody knows what is there";
  connect(711, 7777);
  send(711, kGet);
  read_bytes(711, "$1\r\na\r\n");
  connect(712, 7777);
  connections::connect_failed(712, ECONNREFUSED);
  EXPECT_EQ(records().size(), 2u);
  EXPECT_EQ(target(Protocol::kRedis, 7777).failed, 1u);
}

TEST_F(DatabaseStreamTest, AConnectThatIsUnderWayHasNotFailed) {
  connect(710, 6379);
  connections::connect_failed(710, EINPROGRESS);
  connections::connect_failed(710, 0);  // getsockopt(SO_ERROR): none
  EXPECT_TRUE(followed(710));
  EXPECT_TRUE(records().empty());
}

TEST_F(DatabaseStreamTest, ConnectionsAreOpenIdleOrInUse) {
  connect(710, 5432);
  send(710, kStartup);
  read_bytes(710, kAuthenticated + kIdle);
  wire::TargetStatistics& store = target(Protocol::kPostgresql, 5432);
  EXPECT_EQ(store.opened, 1u);
  EXPECT_EQ(store.in_use, 0u);
  send(710, message('Q', "BEGIN\0"s));
  EXPECT_EQ(store.in_use, 1u);
  read_bytes(710, message('C', "BEGIN\0"s) + message('Z', "T"));
  EXPECT_EQ(store.in_use, 1u) << "a transaction is open";
  send(710, message('Q', "COMMIT\0"s));
  read_bytes(710, message('C', "COMMIT\0"s) + kIdle);
  EXPECT_EQ(store.in_use, 0u);
  uint64_t uses = 0;
  for (const auto& bucket : store.use_times) uses += bucket;
  EXPECT_EQ(uses, 1u);
  uint64_t creations = 0;
  for (const auto& bucket : store.create_times) creations += bucket;
  EXPECT_EQ(creations, 1u);
  EXPECT_EQ(store.closed, 0u);
  connections::closing(710);
  EXPECT_EQ(store.closed, 1u);
  EXPECT_EQ(store.operations, 2u);
}

TEST_F(DatabaseStreamTest, AConnectionClosedInATransactionIsNotInUseAnyMore) {
  connect(710, 5432);
  send(710, kStartup);
  read_bytes(710, kAuthenticated + kIdle);
  send(710, message('Q', "BEGIN\0"s));
  read_bytes(710, message('C', "BEGIN\0"s) + message('Z', "T"));
  connections::closing(710);
  EXPECT_EQ(target(Protocol::kPostgresql, 5432).in_use, 0u);
}

TEST_F(DatabaseStreamTest, WhatIsSentToAStoreThatHasGoneUsesNoConnection) {
  connect(710, 5432);
  send(710, kStartup);
  read_bytes(710, kAuthenticated + kIdle);
  end_of_stream(710);
  send(710, message('Q', "SELECT 1\0"s));
  connections::closing(710);
  EXPECT_EQ(target(Protocol::kPostgresql, 5432).in_use, 0u);
  EXPECT_EQ(target(Protocol::kPostgresql, 5432).closed, 1u);
}

TEST_F(DatabaseStreamTest, WhatNobodySawLendsItsAnswerToNoOtherCommand) {
  connect(710, 6379);
  send(710, kGet);
  connections::note_unseen(connections::entry_of(710));
  read_bytes(710, "$1\r\na\r\n");
  EXPECT_EQ(only_record().outcome(), wire::Outcome::kLost);
  EXPECT_FALSE(followed(710));
  EXPECT_EQ(target(Protocol::kRedis, 6379).in_use, 0u);
  EXPECT_EQ(counter(Counter::bypass_parse_error), 0u);
  connect(710, 6379);
  send(710, kGet);
  read_bytes(710, "$1\r\na\r\n");
  EXPECT_EQ(records().size(), 2u) << "the next one on this fd is another";
}

TEST_F(DatabaseStreamTest, AnEncryptedConnectionIsLeftAlone) {
  connect(710, 5432);
  send(710, "\0\0\0\x08\x04\xd2\x16\x2f"s);
  read_bytes(710, "S");
  EXPECT_FALSE(followed(710));
  EXPECT_EQ(counter(Counter::bypass_encrypted), 1u);
  EXPECT_EQ(counter(Counter::bypass_parse_error), 0u);
}

TEST_F(DatabaseStreamTest, ACommandInPiecesIsKnownByItsWholeLine) {
  connect(710, 11211);
  char verb[] = "get ", key[] = "city", end[] = "\r\n";
  const iovec pieces[] = {{verb, 4}, {key, 4}, {end, 2}};
  FakeKernel::program_writes(710, pieces, 3);
  read_bytes(710, "END\r\n");
  const Record record = only_record();
  EXPECT_EQ(record.fixed.protocol, static_cast<uint8_t>(Protocol::kMemcached));
  EXPECT_EQ(record.slice(SliceKind::kArgument, "c"), "city");
  EXPECT_EQ(facts_of(record).misses, 1u);
}

TEST_F(DatabaseStreamTest, ALongValueIsNoLoss) {
  connect(710, 6379);
  send(710, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000\r\n" + std::string(1000, 'v') + "\r\n");
  read_bytes(710, "+OK\r\n");
  const Record record = only_record();
  EXPECT_TRUE(record.slices[record.slices.size() - 2].truncated);
  EXPECT_EQ(record.fixed.flags & wire::kFlagHeadTruncated, 0);
  EXPECT_EQ(counter(Counter::heads_truncated), 0u);
}

TEST_F(DatabaseStreamTest, ALongStatementIsCutAndSaysSo) {
  connect(710, 5432);
  send(710, kStartup);
  read_bytes(710, kAuthenticated + kIdle);
  send(710, message('Q', "SELECT '" + std::string(3000, 'v') + "'\0"s));
  read_bytes(710, message('C', "SELECT 1\0"s) + kIdle);
  const Record record = only_record();
  EXPECT_NE(record.fixed.flags & wire::kFlagHeadTruncated, 0);
  EXPECT_EQ(facts_of(record).rows, 1u) << "what is known at the end finds room";
}

TEST_F(DatabaseStreamTest, ADisabledInstrumentationSeesNothing) {
  settings.traced[static_cast<uint8_t>(Protocol::kRedis)] = false;
  connect(710, 6379);
  send(710, kGet);
  read_bytes(710, "$1\r\na\r\n");
  connect(711, 6379);
  connections::connect_failed(711, ECONNREFUSED);
  EXPECT_TRUE(records().empty());
  EXPECT_FALSE(followed(710));
}

TEST_F(DatabaseStreamTest, AServersOwnSpansBeginTraces) {
  open_connection(701, wire::Role::kServer);
  read_bytes(701, kGet);
  write_response(701, "$1\r\na\r\n");
  const Record record = only_record();
  EXPECT_EQ(record.fixed.role, static_cast<uint8_t>(wire::Role::kServer));
  EXPECT_EQ(record.association(), wire::Association::kRoot);
  EXPECT_EQ(facts_of(record).hits, 1u);
}

TEST_F(DatabaseStreamTest, AConnectionThatWasThereBeforeUsIsNotGuessedAt) {
  Connection* inherited = connections::create(wire::Role::kServer, false);
  connections::replace_entry(701, connections::entry_for(*inherited));
  read_bytes(701, kGet);
  EXPECT_TRUE(records().empty());
  EXPECT_FALSE(followed(701));
}

TEST_F(DatabaseStreamTest, InAnEventLoopAConnectionsOpenerOwnsNoCommand) {
  context::iteration_started();
  serve(701);
  connect(710, 6379);
  context::iteration_started();
  send(710, kGet);
  EXPECT_TRUE(is_root(newest(710)));
}

}  // namespace
}  // namespace seamtrace::agent
