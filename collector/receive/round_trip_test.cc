// What the exporter writes, the decoders read.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "collector/export/otlp/otlp_encoder.h"
#include "collector/export/testing/spans.h"
#include "collector/receive/testing/decoding.h"

namespace seamtrace::collector {
namespace {

using testing::BatchMaker;
using testing::kMillisecond;
using testing::kStart;
using testing::make_resource;

constexpr std::string_view kTexts[] = {"a", "", "ü"};

Span& add_rich_span(BatchMaker& maker, const std::shared_ptr<const Resource>& resource) {
  Span& span = maker.add(1, "GET /cart/{id}", resource);
  span.parent_span_id = testing::span_id(9);
  span.parent_remote = true;
  span.trace_flags = 3;
  span.trace_state = "vendor=one,other=two";
  span.status = StatusCode::kError;
  span.status_message = "it broke";
  span.attributes.push_back({"text", std::string_view("größer")});
  span.attributes.push_back({"empty", std::string_view()});
  span.attributes.push_back({"least", INT64_MIN});
  span.attributes.push_back({"most", INT64_MAX});
  span.attributes.push_back({"truth", true});
  span.attributes.push_back({"lie", false});
  span.attributes.push_back({"real", 0.1});
  span.attributes.push_back({"texts", std::span<const std::string_view>(kTexts)});
  Event& event = span.events.emplace_back();
  event.time_unix_ns = kStart + kMillisecond;
  event.name = "exception";
  event.attributes.push_back({"exception.type", std::string_view("Broken")});
  event.dropped_attributes = 2;
  Link& link = span.links.emplace_back();
  link.trace_id = testing::trace_id(7);
  link.span_id = testing::span_id(8);
  link.trace_state = "a=b";
  link.attributes.push_back({"why", int64_t{1}});
  link.dropped_attributes = 3;
  link.remote = false;
  span.dropped_attributes = 4;
  span.dropped_events = 5;
  span.dropped_links = UINT32_MAX;
  return span;
}

/// Without the scope's version, which the exporter adds.
void expect_same_attributes(std::span<const Attribute> read, std::span<const Attribute> written) {
  for (const Attribute& attribute : written) {
    const Attribute* found = testing::find(read, attribute.key);
    ASSERT_NE(found, nullptr) << attribute.key;
    EXPECT_EQ(found->value.index(), attribute.value.index()) << attribute.key;
    EXPECT_EQ(testing::text_of(read, attribute.key), testing::text_of(written, attribute.key));
  }
  const size_t version = testing::find(read, "otel.scope.version") != nullptr ? 1 : 0;
  EXPECT_EQ(read.size(), written.size() + version);
}

void expect_same(const Span& read, const Span& written) {
  EXPECT_EQ(read.trace_id, written.trace_id);
  EXPECT_EQ(read.span_id, written.span_id);
  EXPECT_EQ(read.parent_span_id, written.parent_span_id);
  EXPECT_EQ(read.parent_remote, written.parent_remote);
  EXPECT_EQ(read.trace_flags, written.trace_flags);
  EXPECT_EQ(read.kind, written.kind);
  EXPECT_EQ(read.status, written.status);
  EXPECT_EQ(read.status_message, written.status_message);
  EXPECT_EQ(read.trace_state, written.trace_state);
  EXPECT_EQ(read.name, written.name);
  EXPECT_EQ(read.scope, written.scope);
  EXPECT_EQ(read.start_unix_ns, written.start_unix_ns);
  EXPECT_EQ(read.end_unix_ns, written.end_unix_ns);
  expect_same_attributes(read.attributes, written.attributes);
  ASSERT_EQ(read.events.size(), written.events.size());
  for (size_t i = 0; i < read.events.size(); ++i) {
    EXPECT_EQ(read.events[i].time_unix_ns, written.events[i].time_unix_ns);
    EXPECT_EQ(read.events[i].name, written.events[i].name);
    EXPECT_EQ(read.events[i].dropped_attributes, written.events[i].dropped_attributes);
    expect_same_attributes(read.events[i].attributes, written.events[i].attributes);
  }
  ASSERT_EQ(read.links.size(), written.links.size());
  for (size_t i = 0; i < read.links.size(); ++i) {
    EXPECT_EQ(read.links[i].trace_id, written.links[i].trace_id);
    EXPECT_EQ(read.links[i].span_id, written.links[i].span_id);
    EXPECT_EQ(read.links[i].trace_state, written.links[i].trace_state);
    EXPECT_EQ(read.links[i].remote, written.links[i].remote);
    EXPECT_EQ(read.links[i].dropped_attributes, written.links[i].dropped_attributes);
    expect_same_attributes(read.links[i].attributes, written.links[i].attributes);
  }
  EXPECT_EQ(read.dropped_attributes, written.dropped_attributes);
  EXPECT_EQ(read.dropped_events, written.dropped_events);
  EXPECT_EQ(read.dropped_links, written.dropped_links);
  ASSERT_NE(read.resource, nullptr);
  expect_same_attributes(read.resource->attributes(), written.resource->attributes());
}

class RoundTripTest : public ::testing::TestWithParam<MessageFormat> {
 protected:
  static DecodedRequest there_and_back(const BatchMaker& maker) {
    const auto spans = maker.spans();
    return GetParam() == MessageFormat::kJson ? testing::from_json(encode_otlp_json(spans))
                                              : testing::from_protobuf(encode_otlp_protobuf(spans));
  }
};

TEST_P(RoundTripTest, every_field_of_a_span_comes_back) {
  BatchMaker maker;
  add_rich_span(maker, make_resource("shop"));
  const DecodedRequest read = there_and_back(maker);
  ASSERT_FALSE(read.fault);
  EXPECT_EQ(read.message, "");
  ASSERT_EQ(read.list.spans.size(), 1u);
  expect_same(read.list.spans[0], *maker.spans()[0]);
}

TEST_P(RoundTripTest, every_kind_and_status_comes_back) {
  BatchMaker maker;
  const auto resource = make_resource("shop");
  for (uint8_t kind = 1; kind <= 5; ++kind) {
    for (uint8_t status = 0; status <= 2; ++status) {
      Span& span = maker.add(static_cast<uint8_t>(kind * 10 + status), "x", resource);
      span.kind = static_cast<SpanKind>(kind);
      span.status = static_cast<StatusCode>(status);
    }
  }
  const DecodedRequest read = there_and_back(maker);
  ASSERT_EQ(read.list.spans.size(), 15u);
  for (size_t i = 0; i < 15; ++i) expect_same(read.list.spans[i], *maker.spans()[i]);
}

TEST_P(RoundTripTest, spans_of_one_process_share_its_resource) {
  BatchMaker maker;
  const auto shop = make_resource("shop"), bank = make_resource("bank");
  maker.add(1, "a", shop);
  maker.add(2, "b", bank);
  maker.add(3, "c", shop).scope = "another";
  const DecodedRequest read = there_and_back(maker);
  ASSERT_EQ(read.list.spans.size(), 3u);
  std::map<std::string_view, std::set<const Resource*>> resources;
  for (const Span& span : read.list.spans)
    resources[span.resource->service_name()].insert(span.resource.get());
  EXPECT_EQ(resources["shop"].size(), 1u);
  EXPECT_EQ(resources["bank"].size(), 1u);
}

TEST_P(RoundTripTest, numbers_that_JSON_does_not_know_come_back) {
  BatchMaker maker;
  Span& span = maker.add(1, "x", make_resource("shop"));
  const double infinity = std::numeric_limits<double>::infinity();
  span.attributes.push_back({"a", infinity});
  span.attributes.push_back({"b", -infinity});
  span.attributes.push_back({"c", std::numeric_limits<double>::quiet_NaN()});
  span.attributes.push_back({"d", std::numeric_limits<double>::denorm_min()});
  const DecodedRequest read = there_and_back(maker);
  ASSERT_EQ(read.list.spans.size(), 1u);
  const auto& attributes = read.list.spans[0].attributes;
  EXPECT_EQ(std::get<double>(attributes[0].value), infinity);
  EXPECT_EQ(std::get<double>(attributes[1].value), -infinity);
  EXPECT_TRUE(std::isnan(std::get<double>(attributes[2].value)));
  EXPECT_EQ(std::get<double>(attributes[3].value), std::numeric_limits<double>::denorm_min());
}

TEST_P(RoundTripTest, how_another_collector_found_the_parent_comes_back) {
  BatchMaker maker;
  Span& span = maker.add(1, "x", make_resource("shop"));
  span.parent_span_id = testing::span_id(9);
  span.attributes.push_back({"seamtrace.parent.association", std::string_view("inferred")});
  const DecodedRequest read = there_and_back(maker);
  ASSERT_EQ(read.list.spans.size(), 1u);
  EXPECT_EQ(read.list.spans[0].association, wire::Association::kInferred);
}

INSTANTIATE_TEST_SUITE_P(both, RoundTripTest,
                         ::testing::Values(MessageFormat::kProtobuf, MessageFormat::kJson));

}  // namespace
}  // namespace seamtrace::collector
