// What is kept of a head: slices, captured headers, and the record in flight.
#include "agent/connections/request_head.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/connections/captured_headers.h"
#include "agent/testing/http_fixture.h"

namespace seamtrace::agent {
namespace {

using testing::Record;
using testing::Slice;
using testing::SlotView;
using wire::Counter;
using wire::Outcome;
using wire::SliceKind;
using wire::SlotState;

class RequestHeadTest : public testing::HttpFixture {
 protected:
  static void capture(wire::Role role, bool of_request, const char* list) {
    const int r = role == wire::Role::kServer ? 0 : 1;
    const int d = of_request ? 0 : 1;
    settings.captures_headers[r][d] = true;
    strcpy(settings.captured_headers[r][d], list);
  }
  std::vector<SlotView> slots() { return testing::SegmentReader(directory()).slots_in_use(); }
};

TEST_F(RequestHeadTest, AServerKeepsWhatTheConventionsWant) {
  serve(701, "User-Agent: test/1\r\nX-Forwarded-For: 1.2.3.4\r\nforwarded: for=a\r\nCookie: no\r\n",
        "/a/b?c=d");
  answer(701);
  const Record record = only_record();
  EXPECT_EQ(record.slice(SliceKind::kRequestLine), "GET /a/b?c=d HTTP/1.1");
  EXPECT_EQ(record.slice(SliceKind::kRequestHeader, "Host"), "Host: here");
  EXPECT_EQ(record.slice(SliceKind::kRequestHeader, "User"), "User-Agent: test/1");
  EXPECT_EQ(record.slice(SliceKind::kRequestHeader, "X-"), "X-Forwarded-For: 1.2.3.4");
  EXPECT_EQ(record.slice(SliceKind::kRequestHeader, "forwarded"), "forwarded: for=a");
  EXPECT_EQ(record.slices.size(), 5u);
  EXPECT_EQ(record.fixed.flags & wire::kFlagHeadTruncated, 0);
}

TEST_F(RequestHeadTest, AClientKeepsTheHostOnly) {
  call(710, "User-Agent: test/1\r\nCookie: no\r\n");
  response(710);
  const Record record = only_record();
  EXPECT_EQ(record.slice(SliceKind::kRequestLine), "GET /out HTTP/1.1");
  EXPECT_EQ(record.slice(SliceKind::kRequestHeader), "Host: there");
  EXPECT_EQ(record.slices.size(), 2u);
}

TEST_F(RequestHeadTest, SlicesAreTheSameHoweverTheHeadIsCut) {
  const std::string head = "GET /x HTTP/1.1\r\nHost: here\r\nUser-Agent: u\r\n\r\n";
  for (size_t cut = 1; cut < head.size(); ++cut) {
    open_connection(701, wire::Role::kServer);
    read_bytes(701, head.substr(0, cut));
    read_bytes(701, head.substr(cut));
    answer(701);
    connections::closing(701);
  }
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), head.size() - 1);
  for (const Record& record : all) {
    ASSERT_EQ(record.slices.size(), 3u);
    EXPECT_EQ(record.slices[0].text, "GET /x HTTP/1.1");
    EXPECT_EQ(record.slices[1].text, "Host: here");
    EXPECT_EQ(record.slices[2].text, "User-Agent: u");
  }
}

TEST_F(RequestHeadTest, ATargetOf8KiBIsCutAndSaidToBe) {
  const std::string target = "/" + std::string(8192, 'u');
  serve(701, "User-Agent: test/1\r\n", target);
  answer(701);
  const Record record = only_record();
  ASSERT_FALSE(record.slices.empty());
  const Slice& line = record.slices[0];
  EXPECT_EQ(line.kind, SliceKind::kRequestLine);
  EXPECT_TRUE(line.truncated);
  EXPECT_GT(line.text.size(), 1000u);
  EXPECT_EQ(line.text, ("GET " + target).substr(0, line.text.size()));
  EXPECT_NE(record.fixed.flags & wire::kFlagHeadTruncated, 0);
  EXPECT_EQ(record.fixed.status, 200);
  EXPECT_LE(record.fixed.header.size, wire::kMaxRecordBytes);
  EXPECT_EQ(ring_writer::counter_value(Counter::heads_truncated), 1u);
}

TEST_F(RequestHeadTest, ATargetOf64KiBInSmallReadsIsCutToo) {
  open_connection(701, wire::Role::kServer);
  const std::string head = "GET /" + std::string(64 * 1024, 'u') + " HTTP/1.1\r\n\r\n";
  for (size_t at = 0; at < head.size(); at += 1000) read_bytes(701, head.substr(at, 1000));
  answer(701);
  const Record record = only_record();
  EXPECT_NE(record.fixed.flags & wire::kFlagHeadTruncated, 0);
  EXPECT_EQ(record.slices.at(0).text, head.substr(0, record.slices.at(0).text.size()));
}

TEST_F(RequestHeadTest, AHeaderThatDoesNotFitIsLeftOutWhole) {
  capture(wire::Role::kServer, true, "x-large,x-small");
  serve(701, "X-Large: " + std::string(4000, 'v') + "\r\nX-Small: s\r\n");
  answer(701);
  const Record record = only_record();
  EXPECT_EQ(record.slice(SliceKind::kRequestHeader, "X-Large"), "(none)");
  EXPECT_EQ(record.slice(SliceKind::kRequestHeader, "X-Small"), "X-Small: s");
  EXPECT_NE(record.fixed.flags & wire::kFlagHeadTruncated, 0);
}

TEST_F(RequestHeadTest, BytesThatAreNoTextAreKeptAsTheyAre) {
  const std::string agent("User-Agent: \xff\xfe\xc3(", 16);
  serve(701, agent + "\r\n");
  answer(701);
  EXPECT_EQ(only_record().slice(SliceKind::kRequestHeader, "User"), agent);
}

TEST_F(RequestHeadTest, CapturedHeadersAreThoseOfTheirRoleAndDirection) {
  capture(wire::Role::kServer, true, "x-a, x-b");
  capture(wire::Role::kServer, false, "x-c");
  capture(wire::Role::kClient, true, "x-d");
  capture(wire::Role::kClient, false, "x-e");
  const std::string fields = "X-A: 1\r\nx-b: 2\r\nX-C: 3\r\nX-D: 4\r\nX-E: 5\r\nX-AA: 6\r\n";
  serve(701, fields);
  call(710, fields);
  read_bytes(710, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + fields + "\r\n");
  write_response(701, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + fields + "\r\n");
  const std::vector<Record> all = records();
  ASSERT_EQ(all.size(), 2u);
  const auto captured = [](const Record& record, SliceKind kind) {
    std::string text;
    for (const Slice& slice : record.slices)
      if (slice.kind == kind && slice.text[0] != 'H') text += slice.text + ";";
    return text;
  };
  EXPECT_EQ(captured(all[0], SliceKind::kRequestHeader), "X-D: 4;");
  EXPECT_EQ(captured(all[0], SliceKind::kResponseHeader), "X-E: 5;");
  EXPECT_EQ(captured(all[1], SliceKind::kRequestHeader), "X-A: 1;x-b: 2;");
  EXPECT_EQ(captured(all[1], SliceKind::kResponseHeader), "X-C: 3;");
}

TEST_F(RequestHeadTest, HeadersOfInterimResponsesAndTrailersAreNotCaptured) {
  capture(wire::Role::kClient, false, "x-e");
  call(710);
  read_bytes(710,
             "HTTP/1.1 103 Early\r\nX-E: early\r\n\r\n"
             "HTTP/1.1 200 OK\r\nX-E: final\r\nTransfer-Encoding: chunked\r\n\r\n"
             "1\r\na\r\n0\r\nX-E: trailer\r\n\r\n");
  const Record record = only_record();
  EXPECT_EQ(record.slice(SliceKind::kResponseHeader), "X-E: final");
  EXPECT_EQ(record.fixed.response_body_bytes, 1u);
}

TEST_F(RequestHeadTest, AResponsesHeaderFindsRoomBehindAnEndlessTarget) {
  capture(wire::Role::kServer, false, "x-e");
  serve(701, "", "/" + std::string(8000, 'u'));
  write_response(701, "HTTP/1.1 200 OK\r\nX-E: here\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(only_record().slice(SliceKind::kResponseHeader), "X-E: here");
}

TEST_F(RequestHeadTest, ARequestIsInFlightFromItsHeadToItsAnswer) {
  open_connection(701, wire::Role::kServer);
  read_bytes(701, "GET /slow HTTP/1.1\r\nHost: a\r\n");
  ASSERT_EQ(slots().size(), 1u);
  EXPECT_EQ(slots()[0].state, SlotState::kBuilding);
  read_bytes(701, "\r\n");
  std::vector<SlotView> used = slots();
  ASSERT_EQ(used.size(), 1u);
  EXPECT_EQ(used[0].state, SlotState::kActive);
  EXPECT_EQ(used[0].record.outcome(), Outcome::kInFlight);
  EXPECT_EQ(used[0].record.fixed.end_ns, 0u);
  EXPECT_EQ(used[0].record.slice(SliceKind::kRequestLine), "GET /slow HTTP/1.1");
  const codecs::TraceContext identity = newest(701).identity;
  EXPECT_EQ(memcmp(used[0].record.fixed.span_id, identity.span_id, 8), 0);
  write_response(701, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
  used = slots();
  ASSERT_EQ(used.size(), 1u);
  EXPECT_EQ(used[0].record.fixed.status, 200);
  write_response(701, "ok");
  EXPECT_TRUE(slots().empty());
  EXPECT_EQ(memcmp(only_record().fixed.span_id, identity.span_id, 8), 0);
}

TEST_F(RequestHeadTest, WhenAllSlotsAreInUseRequestsStillPassTheirContextOn) {
  ASSERT_TRUE(ring_writer::ensure_segment());
  std::vector<wire::InFlightSlot*> taken;
  while (wire::InFlightSlot* slot = ring_writer::take_slot()) taken.push_back(slot);
  EXPECT_EQ(taken.size(), wire::kInFlightSlotCount);
  const testing::Decision request = serve(701);
  EXPECT_TRUE(is_child_of(call(710), request));
  response(710);
  answer(701);
  EXPECT_TRUE(records().empty());
  EXPECT_EQ(ring_writer::counter_value(Counter::lost_slots_exhausted), 2u);
  for (wire::InFlightSlot* slot : taken) ring_writer::give_back(slot);
  serve(701);
  answer(701);
  EXPECT_EQ(records().size(), 1u);
}

TEST_F(RequestHeadTest, ListsOfHeadersAreComparedWholeAndInAnyCase) {
  EXPECT_TRUE(connections::is_listed("a,x-b", "X-B"));
  EXPECT_TRUE(connections::is_listed(" a , x-b ", "A"));
  EXPECT_FALSE(connections::is_listed("a,x-b", "x"));
  EXPECT_FALSE(connections::is_listed("a,x-b", "x-bc"));
  EXPECT_FALSE(connections::is_listed("", "a"));
}

}  // namespace
}  // namespace seamtrace::agent
