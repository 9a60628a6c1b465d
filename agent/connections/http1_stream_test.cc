// What becomes of requests and responses on a connection: one record each, with its outcome.
#include "agent/connections/http1_stream.h"

#include <errno.h>
#include <gtest/gtest.h>

#include <string>

#include "agent/testing/http_fixture.h"

namespace seamtrace::agent {
namespace {

using testing::Record;
using wire::Counter;
using wire::Outcome;
using wire::SliceKind;

constexpr char kRequest[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

class Http1StreamTest : public testing::HttpFixture {
 protected:
  void open_server() { open_connection(701, wire::Role::kServer); }
  /// A client has sent a request and waits.
  void open_client(const std::string& request = kRequest) {
    open_connection(710, wire::Role::kClient);
    send(710, request);
  }
  void expect_only(Outcome outcome, int status) {
    const Record record = only_record();
    EXPECT_EQ(record.outcome(), outcome) << static_cast<int>(record.fixed.outcome);
    EXPECT_EQ(record.fixed.status, status);
    EXPECT_GE(record.fixed.end_ns, record.fixed.start_ns);
  }
};

TEST_F(Http1StreamTest, PipelinedRequestsAreAnsweredInOrder) {
  open_server();
  read_bytes(701,
             "GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 2\r\n\r\nabGET /3 HT");
  read_bytes(701, "TP/1.1\r\n\r\n");
  write_response(701, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 404 No\r\nContent-");
  write_response(701, "Length: 3\r\n\r\nabcHTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n");
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 3u);
  const int statuses[] = {200, 404, 500};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(all[i].fixed.status, statuses[i]);
    EXPECT_EQ(all[i].outcome(), Outcome::kComplete);
    EXPECT_NE(all[i].slice(SliceKind::kRequestLine).find("/" + std::to_string(i + 1)),
              std::string::npos);
    EXPECT_EQ((all[i].fixed.flags & wire::kFlagReusedConnection) != 0, false)
        << "all were read before the first was answered";
  }
  EXPECT_EQ(all[1].fixed.request_body_bytes, 2u);
  EXPECT_EQ(all[1].fixed.response_body_bytes, 3u);
}

TEST_F(Http1StreamTest, ALaterRequestSaysThatTheConnectionWasReused) {
  for (int i = 0; i < 2; ++i) {
    serve(701);
    answer(701);
  }
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].fixed.flags & wire::kFlagReusedConnection, 0);
  EXPECT_NE(all[1].fixed.flags & wire::kFlagReusedConnection, 0);
  EXPECT_EQ(all[0].fixed.connection_id, all[1].fixed.connection_id);
}

TEST_F(Http1StreamTest, ARequestAnsweredBeforeItsBodyWasReadIsCompleteAndTheNextOneIsFound) {
  open_server();
  read_bytes(701, "POST /up HTTP/1.1\r\nContent-Length: 10\r\n\r\n01");
  write_response(701, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  expect_only(Outcome::kComplete, 413);
  read_bytes(701, "23456789");
  read_bytes(701, kRequest);
  write_response(701, testing::kEmptyResponse);
  EXPECT_EQ(records().size(), 2u);
}

TEST_F(Http1StreamTest, AnInterimResponseIsNotTheAnswer) {
  open_client("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  read_bytes(710, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
  EXPECT_TRUE(records().empty());
  send(710, "body");
  read_bytes(710, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  expect_only(Outcome::kComplete, 201);
  EXPECT_EQ(only_record().fixed.request_body_bytes, 4u);
}

TEST_F(Http1StreamTest, AfterAnUpgradeNothingIsFollowed) {
  for (const wire::Role role : {wire::Role::kServer, wire::Role::kClient}) {
    const bool server = role == wire::Role::kServer;
    const int fd = server ? 701 : 710;
    const std::string request = "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
    const std::string response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
    const uint64_t before = ring_writer::counter_value(Counter::bypass_upgraded);
    open_connection(fd, role);
    if (server) {
      read_bytes(fd, request);
      write_response(fd, response);
    } else {
      send(fd, request);
      read_bytes(fd, response);
    }
    EXPECT_EQ(connections::entry_of(fd), connections::kNotTraced);
    EXPECT_EQ(ring_writer::counter_value(Counter::bypass_upgraded), before + 1);
  }
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 2u);
  for (const Record& record : all) {
    EXPECT_EQ(record.outcome(), Outcome::kUpgraded);
    EXPECT_EQ(record.fixed.status, 101);
    EXPECT_EQ(record.fixed.error_number, 0);
  }
}

TEST_F(Http1StreamTest, ATunnelIsAnUpgrade) {
  open_client("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
  read_bytes(710, "HTTP/1.1 200 Connection Established\r\n\r\n");
  expect_only(Outcome::kUpgraded, 200);
  EXPECT_FALSE(followed(710));
}

TEST_F(Http1StreamTest, ResponsesWithoutABodyEndWithTheirHead) {
  open_client("HEAD / HTTP/1.1\r\n\r\n");
  read_bytes(710, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  EXPECT_EQ(records().size(), 1u);
  send(710, kRequest);
  read_bytes(710, "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(records().size(), 2u);
  send(710, kRequest);
  read_bytes(710, "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n");
  EXPECT_EQ(records().size(), 3u);
  EXPECT_TRUE(followed(710));
}

TEST_F(Http1StreamTest, AServerEndsAResponseOfOpenLengthByClosing) {
  serve(701);
  write_response(701, "HTTP/1.1 200 OK\r\n\r\nabc");
  write_response(701, "de");
  EXPECT_TRUE(records().empty());
  connections::closing(701);
  expect_only(Outcome::kComplete, 200);
  EXPECT_EQ(only_record().fixed.response_body_bytes, 5u);
}

TEST_F(Http1StreamTest, AServerEndsAResponseOfOpenLengthByShuttingDownWriting) {
  serve(701);
  write_response(701, "HTTP/1.1 200 OK\r\n\r\nabc");
  connections::shut_down_writing(701, connections::entry_of(701));
  expect_only(Outcome::kComplete, 200);
}

TEST_F(Http1StreamTest, AClientSeesTheEndOfAResponseOfOpenLength) {
  open_client();
  read_bytes(710, "HTTP/1.1 200 OK\r\n\r\nabc");
  EXPECT_TRUE(records().empty());
  end_of_stream(710);
  expect_only(Outcome::kComplete, 200);
  EXPECT_EQ(only_record().fixed.response_body_bytes, 3u);
}

TEST_F(Http1StreamTest, AClientThatClosesInAResponseHasCutIt) {
  open_client();
  read_bytes(710, "HTTP/1.1 200 OK\r\n\r\nabc");
  connections::closing(710);
  expect_only(Outcome::kResponseCut, 200);
}

TEST_F(Http1StreamTest, AResponseOfKnownLengthIsCutByTheEndOfTheStream) {
  open_client();
  read_bytes(710, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  end_of_stream(710);
  expect_only(Outcome::kResponseCut, 200);
}

TEST_F(Http1StreamTest, AServerThatClosesInAResponseOfKnownLengthHasCutIt) {
  serve(701);
  write_response(701, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  connections::closing(701);
  expect_only(Outcome::kResponseCut, 200);
}

TEST_F(Http1StreamTest, AClientWhosePeerLeavesHasNoResponse) {
  open_client();
  end_of_stream(710);
  expect_only(Outcome::kNoResponse, 0);
  EXPECT_EQ(only_record().fixed.error_number, 0);
}

TEST_F(Http1StreamTest, AResponseThatIsNeverReadIsNoResponse) {
  open_client();
  connections::closing(710);
  expect_only(Outcome::kNoResponse, 0);
}

TEST_F(Http1StreamTest, AnInterimResponseAloneIsNoResponse) {
  open_client();
  read_bytes(710, "HTTP/1.1 100 Continue\r\n\r\n");
  connections::closing(710);
  expect_only(Outcome::kNoResponse, 0);
}

TEST_F(Http1StreamTest, AReadErrorEndsTheRequestAndIsNamed) {
  open_client();
  fail_read(710, ECONNRESET);
  expect_only(Outcome::kNoResponse, 0);
  EXPECT_EQ(only_record().fixed.error_number, ECONNRESET);
}

TEST_F(Http1StreamTest, AReadErrorWithinAResponseCutsIt) {
  open_client();
  read_bytes(710, "HTTP/1.1 200 OK\r\n\r\nabc");
  fail_read(710, ECONNRESET);
  expect_only(Outcome::kResponseCut, 200);
  EXPECT_EQ(only_record().fixed.error_number, ECONNRESET);
}

TEST_F(Http1StreamTest, WhatMayBeTriedAgainEndsNothing) {
  open_client();
  for (const int error : {EAGAIN, EINTR, EINVAL, EFAULT, ENOMEM}) fail_read(710, error);
  EXPECT_TRUE(records().empty());
  response(710);
  expect_only(Outcome::kComplete, 200);
  EXPECT_EQ(only_record().fixed.error_number, 0);
}

TEST_F(Http1StreamTest, AReadIntoNoRoomIsNotTheEnd) {
  open_client();
  connections::received(710, connections::entry_of(710), nullptr, 0, 0, false);
  response(710);
  expect_only(Outcome::kComplete, 200);
}

TEST_F(Http1StreamTest, AServerThatCannotAnswerKnowsWhy) {
  serve(701);
  write_response(701, "HTTP/1.1 200 OK\r\n\r\nabc");
  fail_response(701, EPIPE);
  connections::closing(701);
  expect_only(Outcome::kResponseCut, 200);
  EXPECT_EQ(only_record().fixed.error_number, EPIPE);
}

TEST_F(Http1StreamTest, AServerThatClosesWithoutAnAnswerGaveNone) {
  serve(701);
  connections::closing(701);
  expect_only(Outcome::kNoResponse, 0);
}

TEST_F(Http1StreamTest, ARequestCutByItsSenderIsCut) {
  open_server();
  read_bytes(701, "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  end_of_stream(701);
  expect_only(Outcome::kRequestCut, 0);
}

TEST_F(Http1StreamTest, AHeadThatIsNeverWholeIsNoSpan) {
  open_server();
  read_bytes(701, "GET / HTTP/1.1\r\nHost: a");
  end_of_stream(701);
  connections::closing(701);
  EXPECT_TRUE(records().empty());
  EXPECT_EQ(spans::live_server_requests(), 0);
}

TEST_F(Http1StreamTest, AClientThatHasSentAllMayCloseItsHalfAndWait) {
  serve(701);
  end_of_stream(701);
  EXPECT_TRUE(records().empty());
  answer(701);
  expect_only(Outcome::kComplete, 200);
}

TEST_F(Http1StreamTest, EveryUnansweredRequestOfAPipelineEnds) {
  open_server();
  read_bytes(701, std::string(kRequest) + kRequest + kRequest);
  EXPECT_EQ(spans::live_server_requests(), 3);
  write_response(701, testing::kEmptyResponse);
  connections::closing(701);
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].outcome(), Outcome::kComplete);
  EXPECT_EQ(all[1].outcome(), Outcome::kNoResponse);
  EXPECT_EQ(all[2].outcome(), Outcome::kNoResponse);
  EXPECT_EQ(spans::live_server_requests(), 0);
}

TEST_F(Http1StreamTest, AFileSentAsABodyIsCounted) {
  serve(701);
  write_response(701, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  connections::sent_opaque(701, connections::entry_of(701), 600);
  connections::sent_opaque(701, connections::entry_of(701), -1);
  EXPECT_TRUE(records().empty());
  connections::sent_opaque(701, connections::entry_of(701), 400);
  expect_only(Outcome::kComplete, 200);
  EXPECT_EQ(only_record().fixed.response_body_bytes, 1000u);
  EXPECT_TRUE(is_root(serve(701)));  // still followed
}

TEST_F(Http1StreamTest, AnUnseenRequestBodyIsCounted) {
  open_server();
  read_bytes(701, "PUT / HTTP/1.1\r\nContent-Length: 8\r\n\r\n");
  connections::received_opaque(701, connections::entry_of(701), 8);
  write_response(701, testing::kEmptyResponse);
  expect_only(Outcome::kComplete, 200);
  EXPECT_EQ(only_record().fixed.request_body_bytes, 8u);
}

TEST_F(Http1StreamTest, UnseenBytesWithinAHeadEndTheFollowing) {
  serve(701);
  connections::sent_opaque(701, connections::entry_of(701), 100);
  expect_only(Outcome::kLost, 0);
  EXPECT_EQ(connections::entry_of(701), connections::kNotTraced);
  EXPECT_EQ(ring_writer::counter_value(Counter::bypass_opaque_bytes), 1u);
}

TEST_F(Http1StreamTest, MalformedBytesEndTheFollowingAndAreCounted) {
  serve(701);
  read_bytes(701, "\x16\x03\x01 what is this\r\n");
  expect_only(Outcome::kLost, 0);
  EXPECT_EQ(connections::entry_of(701), connections::kNotTraced);
  EXPECT_EQ(ring_writer::counter_value(Counter::bypass_parse_error), 1u);
}

TEST_F(Http1StreamTest, AServerThatSpeaksFirstIsNotHttp) {
  open_server();
  write_response(701, "220 mail.example ESMTP\r\n");
  EXPECT_EQ(connections::entry_of(701), connections::kNotTraced);
  open_connection(710, wire::Role::kClient);
  read_bytes(710, "SSH-2.0-x\r\n");
  EXPECT_EQ(connections::entry_of(710), connections::kNotTraced);
  EXPECT_EQ(ring_writer::counter_value(Counter::connections_ignored), 2u);
  EXPECT_TRUE(records().empty());
}

TEST_F(Http1StreamTest, ATooDeepPipelineIsGivenUp) {
  open_server();
  std::string requests;
  for (int i = 0; i < 1025; ++i) requests += "GET / HTTP/1.1\r\n\r\n";
  read_bytes(701, requests);
  EXPECT_EQ(connections::entry_of(701), connections::kNotTraced);
  EXPECT_EQ(ring_writer::counter_value(Counter::bypass_pipeline_too_deep), 1u);
  EXPECT_EQ(records().size(), 1024u);
  EXPECT_EQ(spans::live_server_requests(), 0);
}

}  // namespace
}  // namespace seamtrace::agent
