#include <gtest/gtest.h>

#include "collector/process/batcher.h"
#include "collector/process/container_id.h"
#include "collector/process/resource_builder.h"
#include "collector/process/span_limits.h"
#include "collector/support/version.h"

namespace seamtrace::collector {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

ProcessFacts shop() {
  ProcessFacts facts;
  facts.pid = 42;
  facts.uid = 0;
  facts.executable_path = "/usr/bin/shop";
  facts.command_line = {"./shop", "--password=hunter2"};
  facts.host_name = "box";
  facts.segment_name = "42-1.segment";
  return facts;
}

std::shared_ptr<const Resource> resource(const ProcessFacts& facts,
                                         Configuration::Environment environment = {}) {
  return make_resource(facts, Configuration::from(std::move(environment)),
                       {"machine", "id-of-machine", "amd64"});
}

TEST(Resource, DescribesTheProcess) {
  const auto made = resource(shop());
  EXPECT_EQ(made->text("service.name"), "unknown_service:shop");
  EXPECT_EQ(made->text("process.executable.name"), "shop");
  EXPECT_EQ(made->text("process.executable.path"), "/usr/bin/shop");
  EXPECT_EQ(made->text("process.command"), "./shop");
  EXPECT_EQ(made->text("process.owner"), "root");
  EXPECT_EQ(made->text("host.name"), "box");
  EXPECT_EQ(made->text("host.id"), "id-of-machine");
  EXPECT_EQ(made->text("host.arch"), "amd64");
  EXPECT_EQ(made->text("os.type"), "linux");
  EXPECT_EQ(made->text("telemetry.sdk.name"), "seamtrace");
  EXPECT_EQ(made->text("telemetry.sdk.language"), "cpp");
  EXPECT_EQ(made->text("telemetry.sdk.version"), kVersion);
  EXPECT_EQ(made->text("telemetry.distro.name"), "seamtrace");
  bool pid = false;
  for (const Attribute& attribute : made->attributes())
    pid = pid || (attribute.key == "process.pid" && std::get<int64_t>(attribute.value) == 42);
  EXPECT_TRUE(pid);
}

TEST(Resource, ArgumentsMayHoldSecretsAndStayOut) {
  const auto made = resource(shop());
  for (const Attribute& attribute : made->attributes()) {
    const auto* text = std::get_if<std::string_view>(&attribute.value);
    EXPECT_TRUE(text == nullptr || text->find("hunter2") == std::string_view::npos);
  }
}

TEST(Resource, TheServiceNameBeatsTheAttributes) {
  const Configuration::Environment attributes = {
      {"OTEL_RESOURCE_ATTRIBUTES",
       "service.name=from-list,deployment.environment.name=prod%20eu,host.name=mine"}};
  auto environment = attributes;
  EXPECT_EQ(resource(shop(), environment)->service_name(), "from-list");
  environment["OTEL_SERVICE_NAME"] = "cart";
  const auto made = resource(shop(), environment);
  EXPECT_EQ(made->service_name(), "cart");
  EXPECT_EQ(made->text("deployment.environment.name"), "prod eu");
  EXPECT_EQ(made->text("host.name"), "mine");
}

TEST(Resource, MalformedAttributesAreDiscardedAsAWhole) {
  const auto made = resource(shop(), {{"OTEL_RESOURCE_ATTRIBUTES", "a=1,broken"}});
  EXPECT_EQ(made->text("a"), "");
  EXPECT_EQ(made->service_name(), "unknown_service:shop");
}

TEST(Resource, NobodyElseCanSayWhoMadeTheSpans) {
  EXPECT_EQ(resource(shop(), {{"OTEL_RESOURCE_ATTRIBUTES", "telemetry.sdk.name=opentelemetry"}})
                ->text("telemetry.sdk.name"),
            "seamtrace");
}

TEST(Resource, TheInstanceIdIsOfTheProcessAndLastsOverARestart) {
  ProcessFacts other = shop();
  other.segment_name = "42-2.segment";
  const std::string id(resource(shop())->text("service.instance.id"));
  EXPECT_EQ(id, resource(shop())->text("service.instance.id"));
  EXPECT_NE(id, resource(other)->text("service.instance.id"));
  ASSERT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '5');
}

TEST(Resource, ReadsTheDownwardApiInsideKubernetesOnly) {
  ProcessFacts facts = shop();
  facts.environment = {{"POD_NAME", "shop-1"}, {"NAMESPACE", "prod"}, {"K8S_NODE_NAME", "n1"}};
  EXPECT_EQ(resource(facts)->text("k8s.pod.name"), "");
  EXPECT_EQ(resource(facts)->text("k8s.node.name"), "n1");
  facts.environment["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
  EXPECT_EQ(resource(facts)->text("k8s.pod.name"), "shop-1");
  EXPECT_EQ(resource(facts)->text("k8s.namespace.name"), "prod");
}

TEST(Resource, KeepsKeysUniqueAndTextValid) {
  Resource made;
  made.set("a", std::string_view("1"));
  made.set("a", std::string_view("\xFF"));
  EXPECT_EQ(made.attributes().size(), 1u);
  EXPECT_EQ(made.text("a"), "\xEF\xBF\xBD");
}

TEST(Resource, AReplacedExecutableKeepsItsName) {
  ProcessFacts facts = shop();
  facts.executable_path = "/opt/a b/shop (deleted)";
  EXPECT_EQ(executable_name(facts), "shop");
  facts.executable_path.clear();
  EXPECT_EQ(executable_name(facts), "shop");
  facts.command_line.clear();
  EXPECT_EQ(resource(facts)->service_name(), "unknown_service");
}

TEST(ContainerId, FoundInCgroupsOfTheFirstVersion) {
  EXPECT_EQ(container_id("12:pids:/docker/" + kId + "\n", ""), kId);
  EXPECT_EQ(container_id("1:name=systemd:/kubepods.slice/cri-containerd-" + kId + ".scope\n", ""),
            kId);
  EXPECT_EQ(container_id("0::/system.slice/docker-" + kId + ".scope", ""), kId);
  EXPECT_EQ(
      container_id("1:x:/system.slice/containerd.service/kubepods-pod1:cri-containerd:" + kId, ""),
      kId);
  EXPECT_EQ(container_id("0::/\n", ""), "");
  EXPECT_EQ(container_id("0::/user.slice/user-1000.slice/session-3.scope\n", ""), "");
  EXPECT_EQ(container_id("0::/x/" + kId + "0\n", ""), "");
}

TEST(ContainerId, FoundInTheMountsOfTheSecondVersion) {
  EXPECT_EQ(container_id("0::/\n", "1 2 0:3 / / rw - overlay overlay rw,upperdir=/x/" +
                                       std::string(64, 'f') +
                                       "/diff\n700 600 254:1 /var/lib/docker/containers/" + kId +
                                       "/hostname /etc/hostname rw - ext4 /dev/vda1 rw\n"),
            kId);
  EXPECT_EQ(container_id("", "1 2 3 /plain/hostname /etc/hostname rw"), "");
}

Span span_with(std::initializer_list<Attribute> attributes) {
  Span span;
  span.attributes.assign(attributes.begin(), attributes.end());
  return span;
}

TEST(SpanLimits, CountTheTopLevelAndSayWhatWasDropped) {
  std::pmr::monotonic_buffer_resource arena;
  const SpanLimits limits =
      SpanLimits::from(Configuration::from({{"OTEL_ATTRIBUTE_COUNT_LIMIT", "2"},
                                            {"OTEL_SPAN_LINK_COUNT_LIMIT", "1"},
                                            {"OTEL_SPAN_EVENT_COUNT_LIMIT", "0"}}));
  const std::string_view words[] = {"x", "y", "z"};
  Span span = span_with({{"a", std::span<const std::string_view>(words)},
                         {"b", int64_t{1}},
                         {"c", true},
                         {"d", 1.5}});
  span.links.resize(3);
  span.events.resize(1);
  limits.apply(span, arena);
  ASSERT_EQ(span.attributes.size(), 2u);
  EXPECT_EQ(span.attributes[1].key, "b");
  EXPECT_EQ(std::get<std::span<const std::string_view>>(span.attributes[0].value).size(), 3u);
  EXPECT_EQ(span.dropped_attributes, 2u);
  EXPECT_EQ(span.dropped_links, 2u);
  EXPECT_EQ(span.dropped_events, 1u);
}

TEST(SpanLimits, CutTextAtACharacter) {
  std::pmr::monotonic_buffer_resource arena;
  const SpanLimits limits =
      SpanLimits::from(Configuration::from({{"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2"}}));
  const std::string_view words[] = {"abc", "d"};
  Span span = span_with(
      {{"a", "\xC3\xBC\xC3\xBC\xC3\xBC"}, {"b", std::span<const std::string_view>(words)}});
  limits.apply(span, arena);
  EXPECT_EQ(std::get<std::string_view>(span.attributes[0].value), "\xC3\xBC\xC3\xBC");
  const auto array = std::get<std::span<const std::string_view>>(span.attributes[1].value);
  EXPECT_EQ(array[0], "ab");
  EXPECT_EQ(array[1], "d");
  EXPECT_EQ(words[0], "abc");
}

TEST(SpanLimits, TheOnesOfSpansWin) {
  const SpanLimits limits =
      SpanLimits::from(Configuration::from({{"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2"},
                                            {"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "5"},
                                            {"OTEL_ATTRIBUTE_COUNT_LIMIT", "9"}}));
  EXPECT_EQ(limits.value_length, 5u);
  EXPECT_EQ(limits.attributes, 9u);
  EXPECT_EQ(SpanLimits::from(Configuration::from({})).value_length, std::nullopt);
  EXPECT_EQ(SpanLimits::from(Configuration::from({})).attributes, 128u);
}

TEST(Batcher, NumbersBatchesWithoutGaps) {
  Batcher batcher(2);
  EXPECT_TRUE(batcher.empty());
  batcher.arena();
  EXPECT_TRUE(batcher.empty());
  EXPECT_EQ(batcher.sequence(), 1u);
  batcher.add({}, 77);
  batcher.add({}, 88);
  EXPECT_EQ(batcher.since_ns(), 77u);
  EXPECT_TRUE(batcher.full());
  const BatchPtr first = batcher.close();
  EXPECT_EQ(first->sequence, 1u);
  EXPECT_EQ(first->list.spans.size(), 2u);
  EXPECT_TRUE(batcher.empty());
  EXPECT_EQ(batcher.sequence(), 2u);
  EXPECT_EQ(batcher.closed(), 1u);
}

}  // namespace
}  // namespace seamtrace::collector
