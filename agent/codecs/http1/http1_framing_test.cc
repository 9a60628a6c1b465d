// Where messages end: RFC 9112, section 6.3.
#include <string>

#include "agent/codecs/http1/http1_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using Direction = Http1Codec::Direction;
using enum Http1RequestMethod;

const std::string kPost = "POST / HTTP/1.1\r\n";
const std::string kOk = "HTTP/1.1 200 OK\r\n";

TEST(Http1ContentLength, CountsTheContent) {
  EXPECT_EQ(request_outline(kPost + "Content-Length: 5\r\n\r\nhello"),
            "request\nheader\nhead end\nbody 5\nend\n");
  EXPECT_EQ(response_outline(kOk + "content-length:5\r\n\r\nhello" + kOk),
            "status 200\nheader\nhead end\nbody 5\nend\nstatus 200\n");
  EXPECT_EQ(request_outline(kPost + "Content-Length: 0\r\n\r\n"),
            "request\nheader\nhead end\nend\n");
}

TEST(Http1ContentLength, MayBeRepeatedWithTheSameValue) {
  const std::string expected = "body 5\nend\n";
  for (const char* fields :
       {"Content-Length: 5, 5\r\n", "Content-Length: 5,5 ,\t5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 05\r\nContent-Length: 5\r\n",
        "Content-Length: 5,\r\n 5\r\n", "Content-Length:\r\n\t5\r\n"})
    EXPECT_NE(request_outline(kPost + fields + "\r\nhello").find(expected), std::string::npos)
        << fields;
}

TEST(Http1ContentLength, ThatIsUnclearIsNotHttp1) {
  for (const char* fields :
       {"Content-Length: 5, 6\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: \r\n", "Content-Length: +5\r\n", "Content-Length: -5\r\n",
        "Content-Length: 5 5\r\n", "Content-Length: 5,\r\n", "Content-Length: ,5\r\n",
        "Content-Length: 0x5\r\n", "Content-Length: 5\r\n 5\r\n", "Content-Length: 5\r\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "Content-Length: 99999999999999999999999\r\n"}) {
    for (const std::string& start : {kPost, kOk}) {
      const auto direction = start == kPost ? Direction::kRequest : Direction::kResponse;
      const std::string log = outline(direction, start + fields + "\r\nhello");
      EXPECT_NE(log.find("not http1"), std::string::npos) << fields;
      EXPECT_EQ(log.find("head end"), std::string::npos) << fields;
    }
  }
}

TEST(Http1ContentLength, MayBeVast) {
  Reader reader(Direction::kResponse);
  reader.feed(kOk + "Content-Length: 18446744073709551615\r\n\r\nx");
  bool body_end = true;
  EXPECT_TRUE(reader.codec.skip_opaque(18446744073709551613u, body_end));
  EXPECT_FALSE(body_end);
  EXPECT_TRUE(reader.codec.skip_opaque(1, body_end));
  EXPECT_TRUE(body_end);
}

TEST(Http1Request, WithoutLengthHasNoContent) {
  EXPECT_EQ(request_outline("DELETE / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
            "request\nhead end\nend\nrequest\nhead end\nend\n");
}

TEST(Http1Request, PipelinedInOneChunkAreAllSeen) {
  EXPECT_EQ(
      request_outline("GET / HTTP/1.1\r\n\r\n" + kPost + "Content-Length: 2\r\n\r\nhi" + kPost +
                      "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
                      "GET / HTTP/1.1\r\n"),
      "request\nhead end\nend\n"
      "request\nheader\nhead end\nbody 2\nend\n"
      "request\nheader\nhead end\nbody 1\nend\n"
      "request\n");
}

TEST(Http1Request, ConnectEndsWithItsHead) {
  EXPECT_EQ(request_outline("CONNECT a:1 HTTP/1.1\r\nContent-Length: 5\r\n\r\n"),
            "request(connect)\nheader\nhead end\nend\n");
  EXPECT_EQ(request_outline("CONNECT a:1 HTTP/1.1\r\n\r\n\x16\x03\x01"),
            "request(connect)\nhead end\nend\nnot http1\n");
}

TEST(Http1Chunked, CountsContentWithoutItsFraming) {
  EXPECT_EQ(request_outline(kPost + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
                                    "A;name=value;q=\"x\"\r\n0123456789\r\n0a \t\r\n0123456789\r\n"
                                    "1\nx\n0000000000000000\r\n\r\n"),
            "request\nheader\nhead end\nbody 26\nend\n");
}

TEST(Http1Chunked, ReportsTrailers) {
  EXPECT_EQ(response_outline(
                kOk +
                "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0;last\r\n"
                "X-Checksum: 1\r\n folded\r\nContent-Length: 7\r\nTransfer-Encoding: x\r\n\r\n" +
                kOk),
            "status 200\nheader\nhead end\nbody 1\ntrailer\ntrailer\ntrailer\nend\nstatus 200\n");
}

TEST(Http1Chunked, WinsOverContentLength) {
  for (const char* fields : {"Content-Length: 99\r\nTransfer-Encoding: chunked\r\n",
                             "Transfer-Encoding: chunked\r\nContent-Length: 99\r\n"})
    EXPECT_EQ(request_outline(kPost + fields + "\r\n1\r\na\r\n0\r\n\r\n"),
              "request\nheader\nheader\nhead end\nbody 1\nend\n");
}

TEST(Http1Chunked, IsTheLastCodingOfAllFields) {
  for (const char* fields :
       {"Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: gzip;q=\"1\",\t CHUNKED \r\n",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: Chunked\r\n",
        "transfer-encoding:chunked,\r\n", "Transfer-Encoding: gzip,\r\n chunked\r\n",
        "Transfer-Encoding:\r\n\tchunked\r\n"}) {
    EXPECT_NE(request_outline(kPost + fields + "\r\n1\r\na\r\n0\r\n\r\n").find("body 1\nend\n"),
              std::string::npos)
        << fields;
  }
}

TEST(Http1TransferEncoding, WithoutChunkedAtTheEndCannotFrameARequest) {
  for (const char* fields :
       {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: chunkedx\r\n",
        "Transfer-Encoding: chunk ed\r\n", "Transfer-Encoding: chunked;a=b\r\n",
        "Transfer-Encoding: chunked\r\n x\r\n", "Transfer-Encoding: \r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n",
        "Transfer-Encoding: identity\r\nContent-Length: 3\r\n"}) {
    const std::string log = request_outline(kPost + fields + "\r\n");
    EXPECT_NE(log.find("not http1"), std::string::npos) << fields;
    EXPECT_EQ(log.find("head end"), std::string::npos) << fields;
    Reader response(Direction::kResponse);
    response.feed(kOk + fields + "\r\nuntil close");
    EXPECT_NE(response.log().find("body 11\n"), std::string::npos) << fields;
    EXPECT_TRUE(response.codec.end_of_stream());
  }
}

TEST(Http1Chunked, MalformedFramingIsNotHttp1) {
  for (const char* content : {"\r\n", ";x\r\n", "g\r\n", "-1\r\n", "1x\r\n", "1\rx", "1\r\nab",
                              "1\r\na\rb", "00000000000000001\r\n", "0x1\r\n", " 1\r\n",
                              "1\r\na\r\n\r\n", "0\r\nno colon\r\n", "0\r\n: x\r\n"}) {
    const std::string log = request_outline(kPost + "Transfer-Encoding: chunked\r\n\r\n" + content);
    EXPECT_NE(log.find("not http1"), std::string::npos) << content;
  }
}

TEST(Http1Response, WithoutLengthLastsUntilClose) {
  Reader reader(Direction::kResponse);
  reader.feed(kOk + "\r\n");
  EXPECT_FALSE(reader.codec.between_messages());
  reader.feed("HTTP/1.1 is only content here\r\n");
  bool body_end = true;
  EXPECT_TRUE(reader.codec.skip_opaque(1000, body_end));
  EXPECT_FALSE(body_end);
  EXPECT_TRUE(reader.codec.end_of_stream());
  EXPECT_FALSE(reader.codec.end_of_stream());
  EXPECT_TRUE(reader.codec.between_messages());
}

TEST(Http1Response, CutByTheEndOfTheStreamIsNotComplete) {
  for (const std::string& bytes :
       {std::string(), std::string("HTTP/1."), kOk, kOk + "Content-Length: 5\r\n\r\nhell",
        kOk + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"}) {
    Reader reader(Direction::kResponse);
    reader.feed(bytes);
    EXPECT_FALSE(reader.codec.end_of_stream()) << bytes;
  }
}

TEST(Http1Response, ToHeadHasNoContent) {
  const std::string head = kOk + "Content-Length: 5\r\n\r\n";
  EXPECT_EQ(response_outline(head + kOk + "\r\n" + head + "hello", {kHead, kHead, kOrdinary}),
            "status 200\nheader\nhead end\nend\n"
            "status 200\nhead end\nend\n"
            "status 200\nheader\nhead end\nbody 5\nend\n");
  EXPECT_EQ(response_outline(kOk + "Transfer-Encoding: chunked\r\n\r\n" + kOk, {kHead}),
            "status 200\nheader\nhead end\nend\nstatus 200\n");
}

TEST(Http1Response, WhatItAnswersIsForgottenWithTheMessage) {
  Reader reader(Direction::kResponse);
  reader.codec.answers(kHead);
  reader.feed("HTTP/1.1 103 Early Hints\r\n\r\n" + kOk + "Content-Length: 2\r\n\r\n");
  EXPECT_TRUE(reader.codec.between_messages()) << "it sticks over interim responses";
  reader.feed(kOk + "Content-Length: 2\r\n\r\n");
  EXPECT_FALSE(reader.codec.between_messages());
}

TEST(Http1Response, OfStatus204And304HasNoContent) {
  for (const char* status : {"204", "304"})
    EXPECT_EQ(response_outline("HTTP/1.1 " + std::string(status) +
                               " X\r\nContent-Length: 5\r\n\r\n" + kOk),
              "status " + std::string(status) + "\nheader\nhead end\nend\nstatus 200\n");
}

TEST(Http1Response, InterimOnesPrecedeTheFinalOne) {
  EXPECT_EQ(
      response_outline("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
                       kOk + "Content-Length: 1\r\n\r\na"),
      "status 100\nhead end, interim\nend, interim\n"
      "status 103\nheader\nhead end, interim\nend, interim\n"
      "status 200\nheader\nhead end\nbody 1\nend\n");
}

TEST(Http1Response, OfStatus101SwitchesTheProtocol) {
  Reader reader(Direction::kResponse);
  EXPECT_FALSE(
      reader.feed("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello"));
  EXPECT_EQ(reader.log(),
            "status 101 HTTP/1.1 101 Switching Protocols\n"
            "header(5) Upgrade=websocket| Upgrade: websocket\nhead end\nswitched\n");
  EXPECT_FALSE(reader.feed("anything")) << "and stays switched";
}

TEST(Http1Response, ToConnectSwitchesOnlyWhenItSucceeds) {
  EXPECT_EQ(response_outline("HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n\x16",
                             {kConnect}),
            "status 200\nheader\nhead end\nswitched\n");
  EXPECT_EQ(response_outline("HTTP/1.1 407 X\r\nContent-Length: 1\r\n\r\na" + kOk, {kConnect}),
            "status 407\nheader\nhead end\nbody 1\nend\nstatus 200\n");
}

TEST(Http1OpaqueBytes, CountAsContentOfKnownLength) {
  Reader reader(Direction::kResponse);
  reader.feed(kOk + "Content-Length: 10\r\n\r\n12");
  bool body_end = true;
  EXPECT_TRUE(reader.codec.skip_opaque(0, body_end));
  EXPECT_TRUE(reader.codec.skip_opaque(3, body_end));
  EXPECT_FALSE(body_end);
  reader.feed("6");
  EXPECT_TRUE(reader.codec.skip_opaque(4, body_end));
  EXPECT_TRUE(body_end);
  EXPECT_TRUE(reader.codec.between_messages());
  reader.feed("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(
      reader.log(),
      "status 200 HTTP/1.1 200 OK\nheader(2) Content-Length=10| Content-Length: 10\nhead end\n"
      "body 3\nstatus 204 HTTP/1.1 204 No Content\nhead end\nend\n");
}

TEST(Http1OpaqueBytes, MayFillAChunk) {
  Reader reader(Direction::kResponse);
  reader.feed(kOk + "Transfer-Encoding: chunked\r\n\r\nff\r\n");
  bool body_end = true;
  EXPECT_TRUE(reader.codec.skip_opaque(255, body_end));
  EXPECT_FALSE(body_end);
  reader.feed("\r\n0\r\n\r\n");
  EXPECT_TRUE(reader.codec.between_messages());
}

TEST(Http1OpaqueBytes, ElsewhereEndTheFollowing) {
  for (const std::string& bytes :
       {std::string(), std::string("HTTP/1.1 2"), kOk, kOk + "Content-Length: 4\r\n\r\n",
        kOk + "Transfer-Encoding: chunked\r\n\r\n", kOk + "Transfer-Encoding: chunked\r\n\r\n4\r\n",
        kOk + "Transfer-Encoding: chunked\r\n\r\n1\r\na"}) {
    Reader reader(Direction::kResponse);
    reader.feed(bytes);
    bool body_end = true;
    EXPECT_FALSE(reader.codec.skip_opaque(5, body_end)) << bytes;
    EXPECT_FALSE(body_end);
    EXPECT_FALSE(reader.feed("x"));
  }
}

}  // namespace
}  // namespace seamtrace::agent::codecs
