// Sockets come, go, are shared, inherited and reused.
#include "agent/connections/lifecycle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "agent/connections/follow.h"
#include "agent/testing/http_fixture.h"

namespace seamtrace::agent {
namespace {

using connections::FdEntry;
using connections::kListening;
using connections::kNotTraced;
using connections::kStreamSocket;
using connections::LoopRole;
using testing::Record;
using wire::Counter;
using wire::Outcome;

sockaddr_in address(const char* host, uint16_t port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  inet_pton(AF_INET, host, &in.sin_addr);
  return in;
}

class LifecycleTest : public testing::HttpFixture {
 protected:
  static void connecting(int fd, const sockaddr_in& in) {
    connections::connecting(fd, reinterpret_cast<const sockaddr*>(&in), sizeof in);
  }
};

TEST_F(LifecycleTest, OnlyStreamSocketsAreOfInterest) {
  connections::socket_created(700, AF_INET, SOCK_STREAM);
  connections::socket_created(701, AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK);
  connections::socket_created(702, AF_INET, SOCK_DGRAM);
  connections::socket_created(703, AF_NETLINK, SOCK_STREAM);
  EXPECT_EQ(connections::entry_of(700), kStreamSocket);
  EXPECT_EQ(connections::entry_of(701), kStreamSocket);
  EXPECT_EQ(connections::entry_of(702), kNotTraced);
  EXPECT_EQ(connections::entry_of(703), kNotTraced);
}

TEST_F(LifecycleTest, AConnectedSocketIsAClientOfItsPeer) {
  connections::socket_created(700, AF_INET, SOCK_STREAM);
  connecting(700, address("10.1.2.3", 8080));
  ASSERT_TRUE(followed(700));
  EXPECT_EQ(connection(700).role, wire::Role::kClient);
  const FdEntry entry = connections::entry_of(700);
  connecting(700, address("10.1.2.3", 8080));  // asked again, as a non-blocking connect is
  EXPECT_EQ(connections::entry_of(700), entry);
  call(700);
  response(700);
  const Record record = only_record();
  EXPECT_EQ(record.fixed.peer.family, AF_INET);
  EXPECT_EQ(record.fixed.peer.port, 8080);
  const uint8_t expected[] = {10, 1, 2, 3};
  EXPECT_EQ(memcmp(record.fixed.peer.address, expected, 4), 0);
}

TEST_F(LifecycleTest, AnAcceptedSocketIsAServerOfItsPeer) {
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(4711);
  in6.sin6_addr = in6addr_loopback;
  connections::accepted(700, reinterpret_cast<const sockaddr*>(&in6), sizeof in6);
  ASSERT_TRUE(followed(700));
  EXPECT_EQ(connection(700).role, wire::Role::kServer);
  EXPECT_EQ(connection(700).peer.family, AF_INET6);
  EXPECT_EQ(connection(700).peer.port, 4711);
  EXPECT_EQ(memcmp(connection(700).peer.address, &in6addr_loopback, 16), 0);
}

TEST_F(LifecycleTest, ARefusedConnectLeavesASocketThatMayTryAgain) {
  connections::socket_created(700, AF_INET, SOCK_STREAM);
  connecting(700, address("127.0.0.1", 1));
  connections::connect_failed(700, EINPROGRESS);
  EXPECT_TRUE(followed(700));
  connections::connect_failed(700, ECONNREFUSED);
  EXPECT_EQ(connections::entry_of(700), kStreamSocket);
  connecting(700, address("127.0.0.1", 2));
  ASSERT_TRUE(followed(700));
  EXPECT_EQ(connection(700).peer.port, 2);
}

TEST_F(LifecycleTest, ADissolvedAssociationIsNoConnection) {
  connections::socket_created(700, AF_INET, SOCK_STREAM);
  connecting(700, address("127.0.0.1", 1));
  sockaddr unspecified{};
  unspecified.sa_family = AF_UNSPEC;
  connections::connecting(700, &unspecified, sizeof unspecified);
  EXPECT_EQ(connections::entry_of(700), kStreamSocket);
}

TEST_F(LifecycleTest, AnUnknownFdIsWhatTheKernelSays) {
  int pair[2], pipes[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  ASSERT_EQ(pipe(pipes), 0);
  const int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
  const int fresh = socket(AF_INET, SOCK_STREAM, 0);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(listen(listener, 1), 0);
  EXPECT_TRUE(connections::is_connection(connections::examine(pair[0])));
  EXPECT_FALSE(connection(pair[0]).role_certain);
  EXPECT_EQ(connection(pair[0]).peer.family, AF_UNIX);
  EXPECT_EQ(connections::examine(pipes[0]), kNotTraced);
  EXPECT_EQ(connections::examine(datagrams), kNotTraced);
  EXPECT_EQ(connections::examine(fresh), kStreamSocket);
  EXPECT_EQ(connections::examine(listener), kListening);
  EXPECT_EQ(connections::examine(-1), kNotTraced);
  EXPECT_EQ(connections::examine(1 << 30), kNotTraced);
  EXPECT_EQ(connections::loop_role(listener), LoopRole::kListener);
  EXPECT_EQ(connections::loop_role(pair[0]), LoopRole::kServerConnection);
  EXPECT_EQ(connections::loop_role(pipes[0]), LoopRole::kOther);
  for (const int fd : {pair[0], pair[1], pipes[0], pipes[1], datagrams, fresh, listener}) {
    connections::closing(fd);
    close(fd);
  }
}

TEST_F(LifecycleTest, AnFdThatWasReceivedIsAskedAboutAnewWhateverItsNumberMeant) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  connections::replace_entry(pair[0], kNotTraced);
  connections::received_fd(pair[0]);
  EXPECT_TRUE(followed(pair[0]));
  for (const int fd : pair) {
    connections::closing(fd);
    close(fd);
  }
}

TEST_F(LifecycleTest, ACopySharesTheConnectionAndTheLastCloseEndsIt) {
  serve(700);
  connections::duplicated(700, 705);
  EXPECT_EQ(connections::entry_of(700), connections::entry_of(705));
  connections::closing(700);
  EXPECT_TRUE(records().empty());
  EXPECT_TRUE(followed(705));
  write_response(705, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
  connections::duplicated(705, 705);
  connections::closing(705);
  EXPECT_EQ(only_record().outcome(), Outcome::kResponseCut);
}

TEST_F(LifecycleTest, ACopyOverAnotherConnectionEndsThatOne) {
  serve(700);
  serve(701, "", "/other");
  connections::duplicated(700, 701);
  const Record ended = only_record();
  EXPECT_EQ(ended.slice(wire::SliceKind::kRequestLine), "GET /other HTTP/1.1");
  EXPECT_EQ(ended.outcome(), Outcome::kNoResponse);
  connections::duplicated(3, 701);  // of something that is not traced
  EXPECT_FALSE(followed(701));
  EXPECT_TRUE(followed(700));
}

TEST_F(LifecycleTest, AReusedNumberNeverInheritsState) {
  serve(700);
  const FdEntry stale = connections::entry_of(700);
  connections::closing(700);
  // The pool hands the same memory out again; only the generation tells the two apart.
  const FdEntry fresh = open_connection(700, wire::Role::kServer);
  ASSERT_EQ(connections::connection_in(stale), connections::connection_in(fresh));
  EXPECT_NE(stale, fresh);
  EXPECT_FALSE(connections::is_current(stale));
  // A read that began before the close and returns now belongs to nobody.
  std::string late = "GET /late HTTP/1.1\r\n\r\n";
  const iovec piece{late.data(), late.size()};
  connections::received(700, stale, &piece, 1, static_cast<ssize_t>(late.size()), true);
  EXPECT_EQ(connection(700).newest, nullptr);
  connections::received(700, stale, &piece, 1, 0, true);
  connections::Outgoing outgoing(700, stale, &piece, 1, 0);
  EXPECT_FALSE(outgoing.prepare());
  EXPECT_EQ(connection(700).newest, nullptr);
  serve(700);
  answer(700);
  EXPECT_EQ(records().size(), 2u);
}

TEST_F(LifecycleTest, ARangeOfFdsIsClosedAtOnce) {
  for (const int fd : {700, 701, 702, 703}) serve(fd);
  connections::closing_range(701, 702);
  EXPECT_TRUE(followed(700));
  EXPECT_FALSE(followed(701));
  EXPECT_FALSE(followed(702));
  EXPECT_TRUE(followed(703));
  connections::closing_range(0, ~0u);
  EXPECT_FALSE(followed(700));
  EXPECT_FALSE(followed(703));
  EXPECT_EQ(records().size(), 4u);
}

TEST_F(LifecycleTest, AnFdBeyondTheTableIsCountedAndPasses) {
  const int beyond = 1 << 20;
  const uint32_t connections_before = connections::fds_used();
  const sockaddr_in peer = address("127.0.0.1", 1);
  connections::accepted(beyond, reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
  EXPECT_EQ(connections::entry_of(beyond), kNotTraced);
  EXPECT_EQ(ring_writer::counter_value(Counter::bypass_fd_too_large), 1u);
  EXPECT_EQ(connections::entry_of(-1), kNotTraced);
  connections::closing(beyond);
  connections::closing(-1);
  EXPECT_EQ(connections::fds_used(), connections_before);
}

TEST_F(LifecycleTest, ALargeFdIsFollowedToo) {
  for (const int fd : {4095, 4096, 65'535, (1 << 20) - 1}) {
    serve(fd);
    answer(fd);
    connections::closing(fd);
    EXPECT_EQ(connections::entry_of(fd), kNotTraced);
  }
  EXPECT_EQ(records().size(), 4u);
}

TEST_F(LifecycleTest, AGivenUpConnectionPassesEverythingAndItsNumberIsFree) {
  serve(700);
  read_bytes(700, "\x01\x02\x03");
  EXPECT_EQ(connections::entry_of(700), kNotTraced);
  read_bytes(700, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(send(700, "anything"), 8);
  EXPECT_EQ(wire_, "anything");
  EXPECT_EQ(records().size(), 1u);
  connections::closing(700);
  serve(700);
  answer(700);
  EXPECT_EQ(records().size(), 2u);
}

TEST_F(LifecycleTest, ACopyOfAGivenUpConnectionPassesToo) {
  serve(700);
  connections::duplicated(700, 705);
  read_bytes(700, "\x01\x02\x03");
  read_bytes(705, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_FALSE(followed(700));
  EXPECT_FALSE(followed(705));
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(LifecycleTest, ACopyOfWhatIsGivenUpMeanwhileDoesNotFreeItTwice) {
  serve(700);
  // The moment at which one thread has read the entry and another has freed its connection.
  connections::release(connection(700));
  connections::duplicated(700, 705);
  EXPECT_EQ(connections::entry_of(705), kNotTraced);
  connections::closing(705);
  connections::replace_entry(700, kNotTraced);
  Connection* first = connections::create(wire::Role::kServer, true);
  Connection* second = connections::create(wire::Role::kServer, true);
  EXPECT_NE(first, second);
  connections::release(*first);
  if (first != second) connections::release(*second);
}

TEST_F(LifecycleTest, AUnixSocketIsToldByItsPath) {
  sockaddr_un peer{};
  peer.sun_family = AF_UNIX;
  strcpy(peer.sun_path, "/run/app.sock");
  connections::socket_created(710, AF_UNIX, SOCK_STREAM);
  connections::connecting(710, reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
  call(710);
  response(710);
  EXPECT_EQ(only_record().slice(wire::SliceKind::kUnixPath), "/run/app.sock");
}

TEST_F(LifecycleTest, AnAbstractSocketIsToldByItsName) {
  sockaddr_un peer{};
  peer.sun_family = AF_UNIX;
  memcpy(peer.sun_path, "\0name", 5);
  connections::socket_created(710, AF_UNIX, SOCK_STREAM);
  connections::connecting(710, reinterpret_cast<const sockaddr*>(&peer),
                          offsetof(sockaddr_un, sun_path) + 5);
  call(710);
  response(710);
  EXPECT_EQ(only_record().slice(wire::SliceKind::kUnixPath), "@name");
}

TEST_F(LifecycleTest, WithHttpDisabledNoRequestIsFollowed) {
  settings.traced[static_cast<uint8_t>(wire::Protocol::kHttp1)] = false;
  open_connection(700, wire::Role::kServer);
  read_bytes(700, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_FALSE(followed(700));
  EXPECT_EQ(records().size(), 0u);
}

TEST_F(LifecycleTest, AForkedChildFollowsOnlyWhatWasNotUsedYet) {
  serve(700);
  open_connection(701, wire::Role::kServer);
  open_connection(702, wire::Role::kClient);
  ASSERT_TRUE(ring_writer::ensure_segment());
  const pid_t child = fork();
  if (child == 0) {
    // As the first hook of a child does.
    const bool noticed = was_forked();
    open_alive_marker();
    thread_state = {};
    ring_writer::forget_segment();
    connections::after_fork();
    spans::reset_pools();
    const bool forgot = !followed(700) && followed(701) && followed(702) &&
                        ring_writer::counter_value(Counter::bypass_inherited) == 1 &&
                        spans::live_server_requests() == 0;
    serve(701);
    answer(701);
    const bool alone = testing::SegmentReader::find(directory()).size() == 2 &&
                       ring_writer::counter_value(Counter::records_written) == 1;
    _exit((noticed ? 0 : 1) | (forgot ? 0 : 2) | (alone ? 0 : 4));
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  // The parent goes on as if nothing had happened.
  EXPECT_FALSE(was_forked());
  answer(700);
  EXPECT_EQ(ring_writer::counter_value(Counter::records_written), 1u);
}

uint64_t samples_of(uint32_t threads, uint32_t calls) {
  const uint64_t before = ring_writer::counter_value(wire::Counter::overhead_samples);
  for (uint32_t t = 0; t < threads; ++t)
    std::thread([calls] {
      for (uint32_t i = 0; i < calls; ++i) const connections::OverheadSample sample;
    }).join();
  return ring_writer::counter_value(wire::Counter::overhead_samples) - before;
}

TEST_F(LifecycleTest, OneCallInAThousandIsMeasuredHoweverShortItsThreadLives) {
  // One that was interrupted is left out: only the most is certain.
  EXPECT_LE(samples_of(1, 20 * 1009), 20u);
  EXPECT_GE(samples_of(1, 20 * 1009), 10u);
  EXPECT_LE(samples_of(500, 10), 10u) << "5,000 calls";
}

}  // namespace
}  // namespace seamtrace::agent
