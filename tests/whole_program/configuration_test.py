"""The environment variables, as an operator sets them."""

from harness import SessionTest, main, wire
from harness.wire import TRACE_ID, TRACEPARENT


class ConfigurationTest(SessionTest):
    """Requests through httplib to a server that keeps every byte."""

    def serve(self, path="/chain/x", headers=(), count=1, collector_environment=None,
              **environment):
        """(spans, what the upstream received)"""
        streams = []

        def scenario(session):
            with wire.RecordingServer() as upstream:
                port = session.app("httplib_server", "--upstream",
                                   f"http://127.0.0.1:{upstream.port}", name="httplib",
                                   environment=environment).port
                answers = [wire.get(port, path, *headers) for _ in range(count)]
                streams.append(upstream.stream)
                return answers

        session = self.both(scenario, collector_environment=collector_environment)
        return session.spans, streams[-1]

    def parents(self, stream):
        return wire.header_values(stream, "traceparent")


class SwitchesTest(ConfigurationTest):
    def test_disabled_entirely(self):
        spans, stream = self.serve(headers=[f"traceparent: {TRACEPARENT}"], OTEL_ENABLED="false")
        self.assertEqual(spans, [])
        self.assertEqual(wire.without_added(stream), (stream, []))

    def test_enabled_values(self):
        for text, traced in (("true", 2), ("TRUE", 2), ("", 2), ("False", 0), ("1", 0),
                             ("yes", 0)):
            with self.subTest(text):
                spans, _ = self.serve(OTEL_ENABLED=text)
                self.assertEqual(len(spans), traced)

    def test_sdk_disabled_still_propagates(self):
        spans, stream = self.serve(headers=[f"traceparent: {TRACEPARENT}", "baggage: a=b"],
                                   OTEL_SDK_DISABLED="true")
        self.assertEqual(spans, [])
        self.assertEqual(self.parents(stream), [TRACEPARENT])
        self.assertEqual(wire.header_values(stream, "baggage"), ["a=b"])

    def test_sdk_disabled_starts_no_trace(self):
        spans, stream = self.serve(OTEL_SDK_DISABLED="true")
        self.assertEqual(spans, [])
        self.assertEqual(wire.without_added(stream), (stream, []))

    def test_http_disabled(self):
        for text in ("http", " grpc , http ", "all", "*"):
            with self.subTest(text):
                spans, stream = self.serve(OTEL_CPP_DISABLED_INSTRUMENTATIONS=text)
                self.assertEqual(spans, [])
                self.assertEqual(wire.without_added(stream), (stream, []))

    def test_another_instrumentation_disabled(self):
        spans, _ = self.serve(OTEL_CPP_DISABLED_INSTRUMENTATIONS="grpc,redis")
        self.assertEqual(len(spans), 2)

    def test_a_bad_value_never_stops_the_program(self):
        spans, _ = self.serve(OTEL_TRACES_SAMPLER="sometimes", OTEL_TRACES_SAMPLER_ARG="seven",
                              OTEL_PROPAGATORS="pigeon,tracecontext",
                              OTEL_RESOURCE_ATTRIBUTES="a=%zz",
                              OTEL_ATTRIBUTE_COUNT_LIMIT="-3")
        self.assertEqual(len(spans), 2)


class SamplersTest(ConfigurationTest):
    def count(self, sampler, argument=None, headers=(), count=4):
        environment = {"OTEL_TRACES_SAMPLER": sampler}
        if argument is not None:
            environment["OTEL_TRACES_SAMPLER_ARG"] = argument
        spans, stream = self.serve(headers=headers, count=count, **environment)
        sampled = {int(value[-2:], 16) & 1 for value in self.parents(stream)}
        self.assertEqual(len(self.parents(stream)), count, "context is always passed on")
        return len(spans.servers), sampled

    def test_always_on(self):
        self.assertEqual(self.count("always_on", headers=[f"traceparent: {TRACEPARENT[:-2]}00"])[0],
                         4)

    def test_always_off(self):
        found, sampled = self.count("always_off", headers=[f"traceparent: {TRACEPARENT}"])
        self.assertEqual((found, sampled), (0, {0}))

    def test_parentbased_always_on(self):
        self.assertEqual(self.count("parentbased_always_on")[0], 4)
        self.assertEqual(self.count("parentbased_always_on",
                                    headers=[f"traceparent: {TRACEPARENT[:-2]}00"])[0], 0)

    def test_parentbased_always_off(self):
        self.assertEqual(self.count("parentbased_always_off")[0], 0)
        self.assertEqual(self.count("parentbased_always_off",
                                    headers=[f"traceparent: {TRACEPARENT}"])[0], 4)

    def test_the_ends_of_the_ratio(self):
        self.assertEqual(self.count("traceidratio", "0")[0], 0)
        self.assertEqual(self.count("traceidratio", "1")[0], 4)
        self.assertEqual(self.count("parentbased_traceidratio", "0",
                                    headers=[f"traceparent: {TRACEPARENT}"])[0], 4)

    def test_the_ratio_keeps_about_its_part_and_whole_traces(self):
        spans, _ = self.serve(count=400, OTEL_TRACES_SAMPLER="parentbased_traceidratio",
                              OTEL_TRACES_SAMPLER_ARG="0.25")
        self.assertEqual(len(spans.servers), len(spans.clients))
        # 400 at 0.25: beyond 100 +- 52 (six sigma) only with a broken sampler.
        self.assertTrue(48 <= len(spans.servers) <= 152, len(spans.servers))

    def test_the_argument_alone_means_nothing(self):
        spans, _ = self.serve(OTEL_TRACES_SAMPLER_ARG="0")
        self.assertEqual(len(spans), 2)

    def test_an_unsampled_trace_is_unsampled_everywhere(self):
        self.assertEqual(self.count("traceidratio", "0")[1], {0})


class ResourceTest(ConfigurationTest):
    def resource(self, **environment):
        spans, _ = self.serve("/hello", **environment)
        return spans.only().resource

    def test_the_service_name_wins_over_the_attribute(self):
        resource = self.resource(OTEL_SERVICE_NAME="mine",
                                 OTEL_RESOURCE_ATTRIBUTES="service.name=other,team=a%20b")
        self.assertEqual((resource["service.name"], resource["team"]), ("mine", "a b"))

    def test_the_service_name_from_the_attributes(self):
        resource = self.resource(OTEL_SERVICE_NAME=None,
                                 OTEL_RESOURCE_ATTRIBUTES="service.name=other")
        self.assertEqual(resource["service.name"], "other")

    def test_a_service_without_a_name(self):
        resource = self.resource(OTEL_SERVICE_NAME="")
        self.assertEqual(resource["service.name"], "unknown_service:httplib_server")

    def test_bad_attributes_are_discarded_as_a_whole(self):
        resource = self.resource(OTEL_RESOURCE_ATTRIBUTES="good=1,bad")
        self.assertNotIn("good", resource)

    def test_what_is_detected(self):
        resource = self.resource()
        self.assertEqual(resource["process.executable.name"], "httplib_server")
        self.assertTrue(resource["process.executable.path"].endswith("/httplib_server"))
        self.assertNotIn("opentelemetry", resource["telemetry.sdk.name"])
        for name in ("process.pid", "host.name", "host.arch", "os.type", "telemetry.sdk.language",
                     "telemetry.sdk.version", "service.instance.id"):
            self.assertTrue(resource.get(name), name)


class HttpTest(ConfigurationTest):
    def test_headers_are_captured_when_asked_for(self):
        spans, _ = self.serve(
            headers=["X-Wanted: one", "X-Wanted: two", "X-Other: no"],
            OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST="X-Wanted,x-absent",
            OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE="Content-Type",
            OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST="host",
            OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE="content-length")
        server, client = spans.servers.only(), spans.clients.only()
        self.assertEqual(server["http.request.header.x-wanted"], ["one", "two"])
        self.assertEqual(server["http.response.header.content-type"], ["text/plain"])
        self.assertEqual(len(client["http.request.header.host"]), 1)
        self.assertEqual(client["http.response.header.content-length"], ["3"])
        for span in spans:
            self.assertFalse([key for key in span.attributes if "other" in key or "absent" in key])

    def test_no_header_is_captured_unasked(self):
        spans, _ = self.serve(headers=["Authorization: Basic c2VjcmV0"])
        self.assertNotIn("c2VjcmV0", str([span.raw for span in spans]))

    def test_secrets_in_the_query_are_redacted(self):
        spans, _ = self.serve("/hello?sig=secret1&a=b&X-Amz-Signature=secret2&Signature=secret3"
                              "&AWSAccessKeyId=secret4&X-Goog-Signature=secret5")
        span = spans.servers.only()
        self.assertEqual(span["url.query"],
                         "sig=REDACTED&a=b&X-Amz-Signature=REDACTED&Signature=REDACTED"
                         "&AWSAccessKeyId=REDACTED&X-Goog-Signature=REDACTED")
        self.assertNotIn("secret", str(span.raw))

    def test_secrets_of_ones_own(self):
        spans, _ = self.serve("/hello?token=hush&a=b", collector_environment={
            "SEAMTRACE_HTTP_REDACT_QUERY_KEYS": "token"},
            SEAMTRACE_HTTP_REDACT_QUERY_KEYS="token")
        self.assertEqual(spans.only()["url.query"], "token=REDACTED&a=b")

    def test_unknown_methods(self):
        def scenario(session):
            port = session.app("epoll_server").port
            with wire.connect(port) as connection:
                connection.sendall(wire.request("/", "BREW", close=False))
                return wire.read_response(connection)[0]

        span = self.both(scenario).spans.only()
        self.assertEqual(span.name, "HTTP")
        self.assertEqual(span["http.request.method"], "_OTHER")
        self.assertEqual(span["http.request.method_original"], "BREW")

    def test_the_forwarded_client(self):
        spans, _ = self.serve("/hello", headers=["X-Forwarded-For: 203.0.113.7, 10.0.0.1"])
        self.assertEqual(spans.only()["client.address"], "203.0.113.7")

    def test_long_values_are_cut_when_told(self):
        spans, _ = self.serve("/hello?a=" + "x" * 500, OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT="20")
        self.assertEqual(len(spans.only()["url.query"]), 20)

    def test_the_count_of_attributes_is_limited(self):
        spans, _ = self.serve("/hello", OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT="4")
        span = spans.only()
        self.assertEqual(len(span.attributes), 4)
        self.assertGreater(span.raw["droppedAttributes"], 0)

    def test_trace_id_of_a_root_is_random(self):
        spans, _ = self.serve("/hello", count=5)
        self.assertEqual(len({span.trace_id for span in spans}), 5)
        self.assertNotIn(TRACE_ID, {span.trace_id for span in spans})


if __name__ == "__main__":
    main()
