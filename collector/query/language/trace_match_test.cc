#include "collector/query/language/trace_match.h"

#include <gtest/gtest.h>

#include <limits>

#include "collector/query/language/parser.h"
#include "collector/query/testing/memory_store.h"
#include "collector/query/testing/trace_maker.h"

namespace seamtrace::collector {
namespace {

using testing::MemoryStore;
using testing::TraceMaker;

class TraceMatchTest : public ::testing::Test {
 protected:
  /// A shop: gateway asks cart, cart asks Redis and PostgreSQL; the last fails.
  TraceMatchTest() {
    TraceMaker trace(1);
    trace.add("gateway", "GET /cart", SpanKind::kServer, 0, 250);
    trace.set("http.response.status_code", int64_t{502})
        .set("http.request.method", "GET")
        .set("url.path", "/cart")
        .set("seamtrace.parent.association", "root");
    trace.error();
    trace.add("gateway", "GET", SpanKind::kClient, 10, 230, 1);
    trace.set("server.address", "cart.internal").set("server.port", int64_t{8080});
    trace.add("cart", "GET /items", SpanKind::kServer, 20, 200, 2);
    trace.set("shard", "007").set("ratio", 0.25).set("cached", true).set("note", "Größe");
    const std::string_view tags[] = {"blue", "Green"};
    trace.set("tags", std::span<const std::string_view>(tags));
    trace.add("cart", "HGETALL", SpanKind::kClient, 30, 1, 3);
    trace.set("db.system.name", "redis").set("server.address", "127.0.0.1");
    trace.add("cart", "SELECT shop", SpanKind::kClient, 40, 150, 3);
    trace.set("db.system.name", "postgresql").set("db.namespace", "shop");
    trace.set("db.query.text", "SELECT * FROM item WHERE id = ?");
    trace.error("Connection reset by peer");
    list_ = trace.take();
    Event& event = list_.spans.back().events.emplace_back();
    event.name = "exception";
    event.attributes.push_back({"exception.message", std::string_view("broken pipe")});
    row_ = describe(list_);
  }

  static TraceRow describe(const SpanList& list) {
    SpanList copy;
    testing::copy_spans(list, copy);
    MemoryStore store;
    const TraceId id = copy.spans.front().trace_id;
    store.add(std::move(copy));
    return *store.find(id);
  }

  bool found(const std::string& text) {
    const auto query = parse_query(text);
    if (const auto* error = std::get_if<SyntaxError>(&query)) {
      ADD_FAILURE() << text << ": " << error->message;
      return false;
    }
    const bool result = matches(std::get<Query>(query), row_, list_.spans);
    const RowVerdict verdict = check_row(std::get<Query>(query), row_);
    if (verdict != RowVerdict::kMaybe) {
      EXPECT_EQ(verdict == RowVerdict::kYes, result) << "the row alone says otherwise: " << text;
    }
    return result;
  }
  RowVerdict verdict(const std::string& text) {
    return check_row(std::get<Query>(parse_query(text)), row_);
  }

  SpanList list_;
  TraceRow row_;
};

TEST_F(TraceMatchTest, AnEmptyQueryMatchesEverything) { EXPECT_TRUE(found("")); }

TEST_F(TraceMatchTest, TextIsComparedWithoutRegardToCase) {
  EXPECT_TRUE(found("service=gateway"));
  EXPECT_TRUE(found("service=GATEWAY"));
  EXPECT_FALSE(found("service=gate"));
  EXPECT_TRUE(found("service~GATE"));
  EXPECT_TRUE(found("operation=\"get /cart\""));
  EXPECT_TRUE(found("note=GRÖSSE") == false);
  EXPECT_TRUE(found("note=GRÖßE"));
  EXPECT_TRUE(found("note~RÖ"));
}

TEST_F(TraceMatchTest, AllWordsHoldForOneAndTheSameSpan) {
  EXPECT_TRUE(found("service=cart operation=HGETALL"));
  EXPECT_FALSE(found("service=gateway operation=HGETALL"));
  EXPECT_TRUE(found("service=cart status=error"));
  EXPECT_FALSE(found("operation=HGETALL status=error"));
}

TEST_F(TraceMatchTest, NumbersAreComparedAsNumbers) {
  EXPECT_TRUE(found("http.response.status_code>=500"));
  EXPECT_FALSE(found("http.response.status_code>502"));
  EXPECT_TRUE(found("http.response.status_code=502"));
  EXPECT_TRUE(found("http.response.status_code=502.0"));
  EXPECT_TRUE(found("http.response.status_code=\"502\""));
  EXPECT_TRUE(found("http.response.status_code=5*"));
  EXPECT_TRUE(found("ratio<0.3"));
  EXPECT_TRUE(found("ratio=0.25"));
  EXPECT_FALSE(found("ratio>0.25"));
  EXPECT_FALSE(found("http.response.status_code>abc"));
}

TEST_F(TraceMatchTest, ATextOfDigitsIsComparedAsANumber) {
  EXPECT_TRUE(found("shard=7"));
  EXPECT_TRUE(found("shard>6.5"));
  EXPECT_FALSE(found("shard<7"));
  EXPECT_TRUE(found("shard<10"));         // as texts 007 < 10 too
  EXPECT_TRUE(found("shard>=-1"));        // as texts it would not be
  EXPECT_FALSE(found("shard=\"7\""));     // quoted: text
  EXPECT_FALSE(found("url.path>1"));      // no number
  EXPECT_TRUE(found("url.path>\"/c\""));  // texts in their order
}

TEST_F(TraceMatchTest, BooleansAndListsHaveValuesToo) {
  EXPECT_TRUE(found("cached=true"));
  EXPECT_FALSE(found("cached=false"));
  EXPECT_TRUE(found("tags=green"));
  EXPECT_TRUE(found("tags=b*"));
  EXPECT_FALSE(found("tags=red"));
  EXPECT_TRUE(found("tags!=red"));
  EXPECT_FALSE(found("tags!=blue"));
}

TEST_F(TraceMatchTest, PatternsMatchWithStars) {
  EXPECT_TRUE(found("operation=\"GET *\""));
  EXPECT_TRUE(found("operation=*cart"));
  EXPECT_TRUE(found("operation=g*/*t"));
  EXPECT_FALSE(found("operation=*cart*x"));
  EXPECT_FALSE(found("operation=*cart*cart*"));
  EXPECT_TRUE(found("url.path=*"));
  EXPECT_FALSE(found("no.such.key=*"));
}

TEST_F(TraceMatchTest, UnlikeNeedsTheAttributeAndAMinusSignDoesNot) {
  EXPECT_FALSE(found("no.such.key!=5"));
  EXPECT_TRUE(found("-no.such.key=5"));
  EXPECT_FALSE(found("url.path!=/cart"));
  EXPECT_TRUE(found("operation=HGETALL -url.path=/cart"));
  EXPECT_FALSE(found("operation=\"GET /cart\" -url.path=*"));
  EXPECT_FALSE(found("url.path!~car"));
}

TEST_F(TraceMatchTest, AnAttributeOfTheResourceCountsWhereTheSpanHasNone) {
  EXPECT_TRUE(found("process.pid=4711"));
  EXPECT_TRUE(found("process.pid=4711 operation=HGETALL"));
  EXPECT_TRUE(found("service.name=cart"));
}

TEST_F(TraceMatchTest, APeerIsWhatTheSpanSaysOrTheServiceThatAnswered) {
  EXPECT_TRUE(found("peer=redis"));
  EXPECT_TRUE(found("peer=cache"));
  EXPECT_TRUE(found("peer=database"));
  EXPECT_TRUE(found("peer=shop"));
  EXPECT_TRUE(found("service=gateway peer=cart"));
  EXPECT_TRUE(found("service=gateway peer=cart.internal"));
  EXPECT_TRUE(found("peer=service"));
  EXPECT_FALSE(found("service=gateway peer=redis"));
  EXPECT_FALSE(found("peer=mysql"));
  EXPECT_TRUE(found("peer=post*"));
  EXPECT_FALSE(found("peer=gres*"));
  EXPECT_FALSE(found("kind=server peer!=redis"));
  EXPECT_TRUE(found("kind=client peer!=redis"));
}

TEST_F(TraceMatchTest, APeersIdMeansOneNodeOfTheMap) {
  EXPECT_TRUE(found("service=gateway peer.id=service:cart"));
  EXPECT_TRUE(found("peer.id=\"database:postgresql shop\""));
  EXPECT_TRUE(found("peer.id=cache:*"));
  EXPECT_FALSE(found("peer.id=service:car")) << "a part of a name";
  EXPECT_FALSE(found("peer.id=cart"));
  EXPECT_FALSE(found("peer.id=external:cart.internal:8080")) << "a service answered";
  EXPECT_FALSE(found("kind=server peer.id!=service:cart"));
  EXPECT_TRUE(found("service=cart peer.id!=cache:*"));
}

TEST_F(TraceMatchTest, TextIsSearchedForEverywhereInASpan) {
  EXPECT_TRUE(found("hgetall"));
  EXPECT_TRUE(found("\"connection reset\""));
  EXPECT_TRUE(found("\"* from item\""));
  EXPECT_TRUE(found("502"));
  EXPECT_TRUE(found("GREEN"));
  EXPECT_TRUE(found("\"broken pipe\""));
  EXPECT_FALSE(found("nowhere"));
  EXPECT_FALSE(found("hgetall 502"));
  EXPECT_TRUE(found("operation=HGETALL -502"));
}

TEST_F(TraceMatchTest, DurationsKindsAndStatusesOfSpans) {
  EXPECT_TRUE(found("duration>200ms"));
  EXPECT_FALSE(found("service=cart duration>200ms"));
  EXPECT_TRUE(found("service=cart duration>=200ms"));
  EXPECT_FALSE(found("duration>250ms"));
  EXPECT_TRUE(found("duration=250"));
  EXPECT_FALSE(found("-duration<=250ms"));
  EXPECT_TRUE(found("-duration<250ms"));
  EXPECT_TRUE(found("kind=CLIENT status=error"));
  EXPECT_FALSE(found("kind=consumer"));
  EXPECT_TRUE(found("kind!=server status!=error"));
  EXPECT_FALSE(found("status=ok"));
}

TEST_F(TraceMatchTest, TheParentsAssociation) {
  EXPECT_TRUE(found("association=root"));
  EXPECT_TRUE(found("association=exact service=cart"));
  EXPECT_FALSE(found("association=inferred"));
}

TEST_F(TraceMatchTest, TheWholeTrace) {
  EXPECT_TRUE(found("trace.duration>=250ms"));
  EXPECT_FALSE(found("trace.duration>1s"));
  EXPECT_TRUE(found("trace.spans=5 trace.errors>1"));
  EXPECT_FALSE(found("-trace.errors>1"));
  EXPECT_TRUE(found("root.service=gateway root.name=GET*"));
  EXPECT_FALSE(found("root.service=cart"));
  // About the trace, and so not bound to the span that the others hold for.
  EXPECT_TRUE(found("root.service=gateway operation=HGETALL"));
  EXPECT_TRUE(found("trace=A0000000000000000000000000000001"));
  EXPECT_TRUE(found("trace=a0000000"));
  EXPECT_FALSE(found("trace=b0000000"));
  EXPECT_TRUE(found("trace!=b0000000"));
}

TEST_F(TraceMatchTest, TheRowAloneDecidesWhereItCan) {
  EXPECT_EQ(verdict("service=nobody"), RowVerdict::kNo);
  EXPECT_EQ(verdict("service=cart"), RowVerdict::kYes);
  EXPECT_EQ(verdict("service=cart service=gateway"), RowVerdict::kNo);
  EXPECT_EQ(verdict("service=gateway operation=\"GET /cart\" status=error"), RowVerdict::kYes);
  EXPECT_EQ(verdict("status=error"), RowVerdict::kYes);
  EXPECT_EQ(verdict("duration>251ms"), RowVerdict::kNo);
  EXPECT_EQ(verdict("service=cart status=error"), RowVerdict::kMaybe);
  EXPECT_EQ(verdict("http.route=x"), RowVerdict::kMaybe);
  EXPECT_EQ(verdict("trace.spans<5 http.route=x"), RowVerdict::kNo);
}

TEST_F(TraceMatchTest, ATraceWithoutErrorsIsNotUnpackedForOne) {
  for (Span& span : list_.spans) span.status = StatusCode::kUnset;
  row_ = describe(list_);
  EXPECT_EQ(verdict("http.route=x status=error"), RowVerdict::kNo);
  EXPECT_FALSE(found("status=error"));
  EXPECT_TRUE(found("-status=error"));
}

TEST_F(TraceMatchTest, ASpanWithoutAnythingIsNoDanger) {
  SpanList bare;
  Span& span = bare.spans.emplace_back(bare.arena.get());
  span.start_unix_ns = 10;
  span.end_unix_ns = 5;
  TraceRow row;
  row.start_unix_ns = 10;
  row.end_unix_ns = 5;
  row.spans = 1;
  for (const char* text :
       {"a=b", "peer=x", "peer.id=x", "x", "duration>0", "association=root", "service=\"\""})
    EXPECT_NO_FATAL_FAILURE(matches(std::get<Query>(parse_query(text)), row, bare.spans));
}

TEST(TextMatchTest, CaseIsFoldedBeyondAscii) {
  EXPECT_EQ(fold_case("ÄÖÜ Žluťoučký ΑΒΓ ПРИВЕТ Ёлка"), "äöü žluťoučký αβγ привет ёлка");
  EXPECT_EQ(fold_case("\xC3"), "\xC3");
  EXPECT_EQ(fold_case("\xFF\xC3(A"), "\xFF\xC3(a");
  EXPECT_TRUE(contains_folded("ein ÜBERTRAG", "übertrag"));
}

TEST(TextMatchTest, NotANumberIsNeitherLessNorGreater) {
  const auto nothing = Number::of(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(compare(nothing, Number::of(int64_t{1})), 2);
  EXPECT_EQ(compare(Number::of(INT64_MAX), Number::of(INT64_MAX - 1)), 1);
}

}  // namespace
}  // namespace seamtrace::collector
