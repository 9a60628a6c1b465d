#include "collector/query/traces/detail.h"

#include <gtest/gtest.h>

namespace seamtrace::collector::traces {
namespace {

Span span_with(std::string_view name, std::string_view key, std::string_view value) {
  Span span;
  span.name = name;
  span.attributes.push_back({key, value});
  return span;
}

TEST(Detail, IsThePathOfARequestWithoutARoute) {
  EXPECT_EQ(detail_of(span_with("GET", "url.path", "/cart/7")), "/cart/7");
  EXPECT_EQ(detail_of(span_with("GET", "url.full", "http://h:80/cart/7?a=/b#c")), "/cart/7");
  EXPECT_EQ(detail_of(span_with("GET", "url.full", "http://h?a=/b")), "");
  EXPECT_EQ(detail_of(span_with("GET", "url.full", "http://h")), "");
  EXPECT_EQ(detail_of(span_with("GET", "url.full", "nonsense")), "");
}

TEST(Detail, IsNotRepeatedWhereTheNameTellsIt) {
  EXPECT_EQ(detail_of(span_with("GET /cart/{id}", "url.path", "/cart/7")), "");
  EXPECT_EQ(detail_of(span_with("SELECT carts", "db.query.text", "SELECT 1")), "");
}

TEST(Detail, OfATraceIsThatOfItsRoot) {
  SpanList trace;
  for (uint8_t id = 1; id <= 3; ++id) {
    trace.spans.push_back(span_with("GET", "url.path", id == 2 ? "/root" : "/other"));
    trace.spans.back().span_id = {id};
    trace.spans.back().parent_span_id = {static_cast<uint8_t>(id == 2 ? 9 : 2)};
    trace.spans.back().start_unix_ns = id;
  }
  EXPECT_EQ(root_detail(trace), "/root");
  EXPECT_EQ(root_detail({}), "");
}

}  // namespace
}  // namespace seamtrace::collector::traces
