#include "collector/export/console/trace_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "collector/export/testing/spans.h"

namespace seamtrace::collector {
namespace {

using testing::BatchMaker;
using testing::kMillisecond;
using testing::kStart;
using testing::make_resource;
using testing::span_id;

std::vector<TreeSpan> tree_spans(const BatchMaker& maker) {
  std::vector<TreeSpan> spans;
  for (const Span* span : maker.spans()) spans.push_back(tree_span(*span));
  return spans;
}

std::string render(const BatchMaker& maker) { return render_trace(tree_spans(maker), false); }

/// A request to `web`, which asks `stock` (and is refused once by `mail`).
BatchMaker shop_trace() {
  const auto web = make_resource("web"), stock = make_resource("stock");
  BatchMaker maker;
  Span& refused = maker.add(4, "POST", web);
  refused.parent_span_id = span_id(1);
  refused.kind = SpanKind::kClient;
  refused.start_unix_ns = kStart + 8 * kMillisecond;
  refused.end_unix_ns = kStart + 8 * kMillisecond + 250'000;
  refused.status = StatusCode::kError;
  refused.attributes = {{"url.full", std::string_view("http://mail/send")},
                        {"error.type", std::string_view("ECONNREFUSED")}};
  Span& asked = maker.add(3, "GET /items/{id}", stock);
  asked.parent_span_id = span_id(2);
  asked.parent_remote = true;
  asked.start_unix_ns = kStart + 2 * kMillisecond;
  asked.end_unix_ns = kStart + 5 * kMillisecond;
  asked.status = StatusCode::kError;
  asked.attributes = {{"url.path", std::string_view("/items/7")},
                      {"url.query", std::string_view("full=1")},
                      {"http.response.status_code", int64_t{503}},
                      {"error.type", std::string_view("503")}};
  Span& asks = maker.add(2, "GET", web);
  asks.parent_span_id = span_id(1);
  asks.kind = SpanKind::kClient;
  asks.start_unix_ns = kStart + 1 * kMillisecond;
  asks.end_unix_ns = kStart + 6 * kMillisecond;
  asks.attributes = {{"url.full", std::string_view("http://stock/items/7?full=1")},
                     {"http.response.status_code", int64_t{404}}};
  maker.add(1, "GET", web).attributes = {{"url.path", std::string_view("/cart")},
                                         {"http.response.status_code", int64_t{200}}};
  return maker;
}

TEST(TraceTree, ShowsWhoAskedWhomAndHowItWent) {
  EXPECT_EQ(render(shop_trace()),
            "trace 4b000000000000000000000000000001  4 spans  10.0 ms\n"
            "└─ ← web  GET /cart                                200   10.0 ms     +0 ns\n"
            "   ├─ → web  GET http://stock/items/7?full=1       404   5.00 ms  +1.00 ms\n"
            "   │  └─ ← stock  GET /items/{id} /items/7?full=1  503   3.00 ms  +2.00 ms"
            "  error: Service Unavailable\n"
            "   └─ → web  POST http://mail/send                   -    250 us  +8.00 ms"
            "  error: ECONNREFUSED\n");
}

TEST(TraceTree, ShowsDataStoresWithTheirSystemAndTheirErrors) {
  const auto web = make_resource("web");
  BatchMaker maker;
  Span& failed = maker.add(1, "INSERT orders", web);
  failed.kind = SpanKind::kClient;
  failed.status = StatusCode::kError;
  failed.status_message = "unique_violation";
  failed.attributes = {{"db.system.name", std::string_view("postgresql")},
                       {"db.response.status_code", std::string_view("23505")},
                       {"error.type", std::string_view("23505")}};
  Span& read = maker.add(2, "GET", web);
  read.kind = SpanKind::kClient;
  read.attributes = {{"db.system.name", std::string_view("redis")}, {"seamtrace.cache.hit", false}};
  const std::string text = render(maker);
  EXPECT_NE(text.find("→ web  postgresql INSERT orders  23505"), std::string::npos) << text;
  EXPECT_NE(text.find("error: unique_violation"), std::string::npos) << text;
  EXPECT_NE(text.find("→ web  redis GET                 miss"), std::string::npos) << text;
}

TEST(TraceTree, ColoursAreOnlyThereWhenAskedFor) {
  EXPECT_EQ(render(shop_trace()).find('\x1b'), std::string::npos);
  const std::string painted = render_trace(tree_spans(shop_trace()), true);
  EXPECT_NE(painted.find("\x1b[31m503\x1b[0m"), std::string::npos);
  EXPECT_NE(painted.find("\x1b[32m200\x1b[0m"), std::string::npos);
}

TEST(TraceTree, HostileTextCannotDriveTheTerminal) {
  BatchMaker maker;
  maker.add(1, "GET\x1b[2J\n\xC2\x9B", make_resource("evil\r\x07")).attributes = {
      {"url.path", std::string_view("/\x1b]0;owned\x07\xff")}};
  const std::string text = render(maker);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos);
  EXPECT_NE(text.find("\\x1b[2J\\n\\u{9b}"), std::string::npos);
}

TEST(TraceTree, LongTextIsCut) {
  static const std::string path(10'000, 'x');
  BatchMaker maker;
  maker.add(1, "GET", make_resource("web")).attributes = {{"url.path", std::string_view(path)}};
  EXPECT_LT(render(maker).size(), 400u);
}

TEST(TraceTree, SpansWithoutTheirParentAreRoots) {
  BatchMaker maker;
  maker.add(1, "first", nullptr).parent_span_id = span_id(77);
  maker.add(2, "second", nullptr);
  const std::string text = render(maker);
  EXPECT_NE(text.find("├─ ←   first"), std::string::npos) << text;
  EXPECT_NE(text.find("└─ ←   second"), std::string::npos) << text;
}

TEST(TraceTree, CyclesOfParentsEnd) {
  BatchMaker maker;
  maker.add(1, "own parent", nullptr).parent_span_id = span_id(1);
  maker.add(2, "two", nullptr).parent_span_id = span_id(3);
  maker.add(3, "three", nullptr).parent_span_id = span_id(2);
  maker.add(2, "twin", nullptr).parent_span_id = span_id(3);
  const std::string text = render(maker);
  for (const char* name : {"own parent", "two", "three", "twin"})
    EXPECT_NE(text.find(name), std::string::npos) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
}

TEST(TraceTree, LongChainOfParentsIsRendered) {
  std::vector<TreeSpan> chain(50'000);
  for (size_t i = 0; i < chain.size(); ++i) {
    const auto id = static_cast<uint32_t>(i + 1);
    std::memcpy(chain[i].span_id.data(), &id, sizeof id);
    std::memcpy(chain[i].parent_span_id.data(), &i, sizeof id);
  }
  const std::string text = render_trace(chain, false);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 50'001);
}

}  // namespace
}  // namespace seamtrace::collector
