// Heads: start lines, fields, split lines, and what is no HTTP/1.x at all.
#include <string>

#include "agent/codecs/http1/http1_test_support.h"

namespace seamtrace::agent::codecs {
namespace {

using Direction = Http1Codec::Direction;
using Kind = Http1Event::Kind;

std::string request_log(std::string_view bytes) {
  Reader reader(Direction::kRequest);
  reader.feed(bytes);
  return reader.log();
}
std::string response_log(std::string_view bytes) {
  Reader reader(Direction::kResponse);
  reader.feed(bytes);
  return reader.log();
}

constexpr char kNot[] = "not http1\n";

TEST(Http1RequestLine, IsReportedWithItsMethod) {
  EXPECT_EQ(request_log("GET / HTTP/1.1\r\n"), "request GET / HTTP/1.1\n");
  EXPECT_EQ(request_log("HEAD /x HTTP/1.0\r\n"), "request(head) HEAD /x HTTP/1.0\n");
  EXPECT_EQ(request_log("CONNECT a:1 HTTP/1.1\r\n"), "request(connect) CONNECT a:1 HTTP/1.1\n");
  EXPECT_EQ(request_log("head / HTTP/1.1\r\n"), "request head / HTTP/1.1\n");
  EXPECT_EQ(request_log("XHEAD / HTTP/1.1\r\n"), "request XHEAD / HTTP/1.1\n");
  EXPECT_EQ(request_log("AAAAAAAAHEAD / HTTP/1.1\r\n"), "request AAAAAAAAHEAD / HTTP/1.1\n");
  EXPECT_EQ(request_log("M-SEARCH * HTTP/1.1\r\n"), "request M-SEARCH * HTTP/1.1\n");
  EXPECT_EQ(request_log("GET http://h:8/p?q#f HTTP/1.1\r\n"),
            "request GET http://h:8/p?q#f HTTP/1.1\n");
}

TEST(Http1RequestLine, MayEndInABareLineFeed) {
  EXPECT_EQ(request_log("GET / HTTP/1.1\n\n"), "request GET / HTTP/1.1\nhead end\nend\n");
}

TEST(Http1RequestLine, MayFollowEmptyLines) {
  EXPECT_EQ(request_log("\r\n\n\r\nGET / HTTP/1.1\r\n\r\n\r\nPUT / HTTP/1.1\r\n\r\n"),
            "request GET / HTTP/1.1\nhead end\nend\nrequest PUT / HTTP/1.1\nhead end\nend\n");
  EXPECT_EQ(request_log("\rGET / HTTP/1.1\r\n"), kNot);
}

TEST(Http1RequestLine, TargetMayHoldAnyByteButSpace) {
  const std::string line = std::string("GET /\xff\xfe\x01") + '\0' + "\tx HTTP/1.1";
  EXPECT_EQ(request_log(line + "\r\n"), "request " + line + "\n");
}

TEST(Http1RequestLine, OfOtherShapesIsNotHttp1) {
  for (const char* line : {"GET\r\n",
                           "GET \r\n",
                           "GET /\r\n",
                           "GET / \r\n",
                           "GET  HTTP/1.1\r\n",
                           "GET  / HTTP/1.1\r\n",
                           "GET /  HTTP/1.1\r\n",
                           "GET /a b HTTP/1.1\r\n",
                           "GET / HTTP/1.1 \r\n",
                           "GET / HTTP/1.1\r\r\n",
                           "GET / HTTP/1.10\r\n",
                           "GET / HTTP/1.\r\n",
                           "GET / HTTP/1.x\r\n",
                           "GET / HTTP/2.0\r\n",
                           "GET / HTTP/0.9\r\n",
                           "GET / http/1.1\r\n",
                           "GET / HTTP/1\r\n",
                           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                           " GET / HTTP/1.1\r\n",
                           "GET\t/ HTTP/1.1\r\n",
                           "G(T / HTTP/1.1\r\n",
                           "HTTP/1.1 200 OK\r\n"})
    EXPECT_EQ(request_log(line), kNot) << line;
}

TEST(Http1RequestLine, IsRejectedAsSoonAsTheBytesAllow) {
  EXPECT_EQ(request_log("\x16\x03\x01\x02"), kNot);
  EXPECT_EQ(request_log(std::string("\0\0\0\x08", 4)), kNot);
  EXPECT_EQ(request_log("*1\r"), "");
  EXPECT_EQ(request_log("*1\r\n"), kNot);
  EXPECT_EQ(request_log("SSH-2.0-Open/"), kNot);
  EXPECT_EQ(request_log("PRI * HTTP/2"), kNot);
  EXPECT_EQ(request_log("PRI * HTTP/"), "");
  EXPECT_EQ(request_log(std::string(32, 'A')), "");
  EXPECT_EQ(request_log(std::string(33, 'A')), kNot);
  EXPECT_EQ(request_log(std::string(32, 'A') + " / HTTP/1.1\r\n"),
            "request " + std::string(32, 'A') + " / HTTP/1.1\n");
  EXPECT_EQ(request_log(std::string(33, 'A') + " / HTTP/1.1\r\n"), kNot);
}

TEST(Http1RequestLine, RejectionNeedsNoCarry) {
  Reader reader(Direction::kRequest);
  EXPECT_FALSE(reader.feed("\x16\x03\x01 no line end in here"));
  EXPECT_EQ(reader.carries_asked_for, 0);
}

TEST(Http1StatusLine, IsReportedWithItsStatus) {
  EXPECT_EQ(response_log("HTTP/1.1 200 OK\r\n"), "status 200 HTTP/1.1 200 OK\n");
  EXPECT_EQ(response_log("HTTP/1.0 404 \r\n"), "status 404 HTTP/1.0 404 \n");
  EXPECT_EQ(response_log("HTTP/1.1 500\n"), "status 500 HTTP/1.1 500\n");
  EXPECT_EQ(response_log("HTTP/1.1 999 \xff reason\n"), "status 999 HTTP/1.1 999 \xff reason\n");
}

TEST(Http1StatusLine, OfOtherShapesIsNotHttp1) {
  for (const char* line :
       {"HTTP/1.1\r\n", "HTTP/1.1 \r\n", "HTTP/1.1 20\r\n", "HTTP/1.1 2000\r\n", "HTTP/1.1 20x\r\n",
        "HTTP/1.1 099\r\n", "HTTP/1.1  200\r\n", "HTTP/2.0 200 OK\r\n", "HTTP/2 200\r\n",
        "HTTP/1.12 200\r\n", "http/1.1 200 OK\r\n", "ICY 200 OK\r\n", "HTTP/1.1\t200\r\n",
        "GET / HTTP/1.1\r\n", "HTTP/1.1 200OK\r\n", "+OK\r\n"})
    EXPECT_EQ(response_log(line), kNot) << line;
}

TEST(Http1StatusLine, IsRejectedAsSoonAsTheBytesAllow) {
  EXPECT_EQ(response_log("H"), "");
  EXPECT_EQ(response_log("h"), kNot);
  EXPECT_EQ(response_log("HTTP/1"), "");
  EXPECT_EQ(response_log("HTTP/2"), kNot);
  EXPECT_EQ(response_log("HTTP/1.1 2"), "");
  EXPECT_EQ(response_log("HTTP/1.1 x"), kNot);
}

TEST(Http1Field, HasANameAndATrimmedValue) {
  EXPECT_EQ(request_log("GET / HTTP/1.1\r\nHost: a\r\nX: \t b c \t\r\nEmpty:\r\nBlank:  \r\nY:z\n"),
            "request GET / HTTP/1.1\n"
            "header(1) Host=a| Host: a\n"
            "header(0) X=b c| X: \t b c \t\n"
            "header(0) Empty=| Empty:\n"
            "header(0) Blank=| Blank:  \n"
            "header(0) Y=z| Y:z\n");
}

TEST(Http1Field, ValueMayHoldAnyByte) {
  const std::string value = std::string("\xff\x80\x01") + '\0' + "\rx:y";
  EXPECT_EQ(request_log("GET / HTTP/1.1\r\nX: " + value + "\r\n"),
            "request GET / HTTP/1.1\nheader(0) X=" + value + "| X: " + value + "\n");
}

TEST(Http1Field, OddNamesOfVisibleBytesAreFollowed) {
  EXPECT_EQ(request_log("GET / HTTP/1.1\r\nx[1]\xe9: 1\r\n"),
            "request GET / HTTP/1.1\nheader(0) x[1]\xe9=1| x[1]\xe9: 1\n");
}

TEST(Http1Field, WithoutNameOrColonIsNotHttp1) {
  for (const char* line : {"no colon\r\n", "nocolon\r\n", ": no name\r\n", "a b: c\r\n",
                           "a : c\r\n", "Content-Length : 5\r\n", "a\x01: c\r\n", "\x7f: c\r\n",
                           "a-long\x7f"
                           "name: c\r\n",
                           "long name: c\r\n", "a-name-then\x1f: c\r\n", "a\r: c\r\n"})
    EXPECT_EQ(request_log(std::string("GET / HTTP/1.1\r\n") + line),
              "request GET / HTTP/1.1\n" + std::string(kNot))
        << line;
}

TEST(Http1Field, ContinuationLinesAreSkipped) {
  EXPECT_EQ(
      request_outline("GET / HTTP/1.1\r\n skipped\r\nA: b\r\n\tand: more\r\n \r\nC: d\r\n\r\n"),
      "request\nheader\nheader\nhead end\nend\n");
}

TEST(Http1HeadEnd, TellsWhereTheEmptyLineBegins) {
  const std::string head = "GET / HTTP/1.1\r\nA: b\r\n";
  Reader whole(Direction::kRequest);
  whole.feed(head + "\r\n");
  EXPECT_EQ(whole.blank_line_offsets.at(0), static_cast<ptrdiff_t>(head.size()));
  Reader at_line_start(Direction::kRequest);
  at_line_start.feed(head);
  at_line_start.feed("\r\n");
  EXPECT_EQ(at_line_start.blank_line_offsets.at(0), 0);
  Reader bare(Direction::kRequest);
  bare.feed(head);
  bare.feed("\n");
  EXPECT_EQ(bare.blank_line_offsets.at(0), 0);
}

TEST(Http1HeadEnd, HasNoPlaceWhenItsCarriageReturnHasGoneBy) {
  Reader reader(Direction::kRequest);
  reader.feed("GET / HTTP/1.1\r\nA: b\r\n\r");
  reader.feed("\n");
  ASSERT_EQ(reader.blank_line_offsets.size(), 1u);
  EXPECT_EQ(reader.blank_line_offsets[0], -1);
  EXPECT_EQ(reader.carries_asked_for, 0) << "half a line end needs no carry";
}

TEST(Http1Carry, IsAskedForOnlyWhenALineIsSplit) {
  Reader reader(Direction::kRequest);
  reader.feed("GET / HTTP/1.1\r\n");
  reader.feed("A: b\r\n");
  reader.feed(" folded, sp");
  reader.feed("lit and skipped\r\n");
  EXPECT_EQ(reader.carries_asked_for, 0);
  reader.feed("C: ");
  EXPECT_EQ(reader.carries_asked_for, 1);
  EXPECT_EQ(reader.carry.size, 3u);
  reader.feed("d\r\n");
  EXPECT_EQ(reader.carry.size, 0u) << "given back once the line has been looked at";
}

TEST(Http1Carry, TooSmallCutsTheLineAndNothingElse) {
  Reader::Options options;
  options.carry_bytes = 8;
  Reader reader(Direction::kRequest, options);
  for (const char* part : {"HEAD /lon", "g HTTP/1.", "1\r\nX-Long-", "Name: value\r\nA: bcd",
                           "ef\r", "\nB: ", "cdefgh\r\n", "Content-Length:", "   3", "\r\n\r\nabc"})
    reader.feed(part);
  EXPECT_EQ(reader.log(),
            "request(head) HEAD /lo (cut)\n"
            "header(0) X-Long-N=| X-Long-N (cut)\n"
            "header(0) A=bcdef| A: bcdef\n"
            "header(0) B=cdefg| B: cdefg (cut)\n"
            "header(0) Content-=| Content- (cut)\n"
            "head end\nbody 3\nend\n");
}

TEST(Http1Carry, OfNoCapacityStillLetsTheStreamBeFollowed) {
  Reader::Options options;
  options.carry_bytes = 0;
  Reader reader(Direction::kResponse, options);
  for (const char c :
       std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"))
    reader.feed(std::string(1, c));
  EXPECT_EQ(reader.log(), "status 200  (cut)\nheader(0) =|  (cut)\nhead end\nbody 2\nend\n");
}

TEST(Http1Carry, AnotherOneThanBeforeDoesNotGarbleTheLine) {
  Reader reader(Direction::kRequest);
  reader.feed("GET /abc");
  char room[64];
  reader.carry = {room, sizeof room, 0, false};
  reader.feed("def HTTP/1.1\r\n");
  EXPECT_EQ(reader.log(), "request  (cut)\n");
}

TEST(Http1Codec, ACopyLooksAheadWithoutTouchingTheOriginal) {
  Reader reader(Direction::kRequest);
  reader.feed("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na");
  Http1Codec copy = reader.codec;
  Chunk chunk{"bcGET", 5, 0};
  Carry none;
  EXPECT_EQ(copy.next(chunk, none).body_bytes, 2u);
  EXPECT_EQ(copy.next(chunk, none).kind, Kind::kMessageEnd);
  EXPECT_EQ(copy.next(chunk, none).kind, Kind::kNeedCarry);
  EXPECT_EQ(chunk.position, 2u);
  reader.feed("bc");
  EXPECT_EQ(reader.log(),
            "request POST / HTTP/1.1\nheader(2) Content-Length=3| Content-Length: 3\n"
            "head end\nbody 3\nend\n");
}

TEST(Http1Codec, FailsForGood) {
  Http1Codec codec(Direction::kRequest);
  Carry carry;
  Chunk bad{"\x01", 1, 0};
  EXPECT_EQ(codec.next(bad, carry).kind, Kind::kNotHttp1);
  EXPECT_EQ(bad.position, 0u);
  Chunk good{"GET / HTTP/1.1\r\n", 16, 0};
  EXPECT_EQ(codec.next(good, carry).kind, Kind::kNotHttp1);
  EXPECT_EQ(codec.next(good, carry).kind, Kind::kNotHttp1);
  EXPECT_FALSE(codec.between_messages());
  EXPECT_FALSE(codec.in_head());
  EXPECT_FALSE(codec.end_of_stream());
}

TEST(Http1Codec, ShowsNothingOfAMalformedLine) {
  Http1Codec codec(Direction::kRequest);
  Carry carry;
  Chunk chunk{"GET / HTTP/1.9x\r\n", 17, 0};
  const Http1Event event = codec.next(chunk, carry);
  EXPECT_EQ(event.kind, Kind::kNotHttp1);
  EXPECT_EQ(event.line, nullptr);
  EXPECT_EQ(event.line_size, 0u);
}

TEST(Http1Codec, KnowsWhereInAMessageItIs) {
  Reader reader(Direction::kRequest);
  const auto where = [&] {
    return std::string(reader.codec.between_messages() ? "between" : "") +
           (reader.codec.in_head() ? "head" : "");
  };
  EXPECT_EQ(where(), "between");
  reader.feed("\r\n\r");
  EXPECT_EQ(where(), "between");
  reader.feed("\nP");
  EXPECT_EQ(where(), "head");
  reader.feed("UT / HTTP/1.1\r\n");
  EXPECT_EQ(where(), "head");
  reader.feed("Transfer-Encoding: chun");
  EXPECT_EQ(where(), "head");
  reader.feed("ked\r\n\r");
  EXPECT_EQ(where(), "head");
  reader.feed("\n");
  EXPECT_EQ(where(), "");
  reader.feed("1\r\na\r\n0\r\nTrailer: x\r\n");
  EXPECT_EQ(where(), "");
  reader.feed("\r\n");
  EXPECT_EQ(where(), "between");
}

TEST(Http1Codec, AnEmptyChunkWithoutMemoryNeedsMore) {
  Http1Codec codec(Direction::kResponse);
  Chunk chunk;
  Carry carry;
  EXPECT_EQ(codec.next(chunk, carry).kind, Kind::kNeedMore);
}

}  // namespace
}  // namespace seamtrace::agent::codecs
