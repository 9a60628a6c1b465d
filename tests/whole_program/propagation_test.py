"""Context comes in, goes on and goes out, in every format, and never twice."""

import re

from harness import SessionTest, main, servers, wire
from harness.wire import REMOTE_SPAN_ID, TRACE_ID, TRACEPARENT

UNSAMPLED = TRACEPARENT[:-2] + "00"


class PropagationTest(SessionTest):
    """One request through httplib, whose handler calls a server that keeps every byte."""

    def pass_through(self, *headers, **environment):
        """(spans, what the upstream received) of one request with these headers."""
        streams = []

        def scenario(session):
            with wire.RecordingServer() as upstream:
                port = session.app("httplib_server", "--upstream",
                                   f"http://127.0.0.1:{upstream.port}", name="httplib").port
                answer = wire.get(port, "/chain/x", *headers)
                streams.append(upstream.stream)
                return answer

        session = self.both(scenario, **environment)
        return session.spans, streams[-1]

    def values(self, stream, name):
        return wire.header_values(stream, name)

    def value(self, stream, name):
        """The one value of a header."""
        values = self.values(stream, name)
        self.assertEqual(len(values), 1, f"{name} in {stream}")
        return values[0]


class TraceContextTest(PropagationTest):
    def test_a_remote_parent(self):
        spans, stream = self.pass_through(f"traceparent: {TRACEPARENT}")
        server, client = spans.servers.only(), spans.clients.only()
        self.assertEqual((server.trace_id, server.parent_id), (TRACE_ID, REMOTE_SPAN_ID))
        self.assert_child(client, server)
        self.assertEqual(self.value(stream, "traceparent"), f"00-{TRACE_ID}-{client.span_id}-01")
        self.assertEqual(server.flags & 0x300, 0x300, "the parent is remote")
        self.assertEqual(client.flags & 0x300, 0x100, "the parent is local")

    def test_an_unsampled_parent_makes_no_span_and_is_passed_on(self):
        spans, stream = self.pass_through(f"traceparent: {UNSAMPLED}")
        self.assertEqual(spans, [])
        self.assertRegex(self.value(stream, "traceparent"), f"^00-{TRACE_ID}-[0-9a-f]{{16}}-00$")

    def test_the_random_flag_is_kept(self):
        for flags in ("03", "02"):
            _, stream = self.pass_through(f"traceparent: {TRACEPARENT[:-2]}{flags}")
            self.assertEqual(self.value(stream, "traceparent")[-2:], flags)

    def test_unknown_flags_are_cleared(self):
        _, stream = self.pass_through(f"traceparent: {TRACEPARENT[:-2]}ff")
        self.assertEqual(self.value(stream, "traceparent")[-2:], "03")

    def test_a_higher_version_is_read_and_written_as_the_lowest(self):
        spans, stream = self.pass_through(f"traceparent: 01{TRACEPARENT[2:]}-and-more")
        self.assertEqual(spans.servers.only().trace_id, TRACE_ID)
        self.assertTrue(self.value(stream, "traceparent").startswith(f"00-{TRACE_ID}-"))

    def test_a_malformed_parent_starts_a_new_trace(self):
        zeros = "0" * 32
        for bad in (f"ff{TRACEPARENT[2:]}", f"00-{zeros}-{REMOTE_SPAN_ID}-01",
                    f"00-{TRACE_ID}-{zeros[:16]}-01", f"{TRACEPARENT}-more",
                    TRACEPARENT.upper(), TRACEPARENT[:-1], "nonsense", ""):
            with self.subTest(bad):
                spans, stream = self.pass_through(f"traceparent: {bad}", "tracestate: a=b")
                server = spans.servers.only()
                self.assert_root(server)
                self.assertNotEqual(server.trace_id, TRACE_ID)
                self.assertEqual(self.value(stream, "traceparent").split("-")[1], server.trace_id)
                self.assertEqual(self.values(stream, "tracestate"), [])

    def test_two_parents_start_a_new_trace(self):
        other = f"00-{'a' * 32}-{'b' * 16}-01"
        spans, _ = self.pass_through(f"traceparent: {TRACEPARENT}", f"traceparent: {other}")
        self.assertNotIn(spans.servers.only().trace_id, (TRACE_ID, "a" * 32))

    def test_white_space_around_the_value(self):
        spans, _ = self.pass_through(f"traceparent: \t {TRACEPARENT} \t")
        self.assertEqual(spans.servers.only().trace_id, TRACE_ID)

    def test_the_name_in_any_case(self):
        spans, _ = self.pass_through(f"TraceParent: {TRACEPARENT}")
        self.assertEqual(spans.servers.only().trace_id, TRACE_ID)

    def test_tracestate_is_passed_on(self):
        spans, stream = self.pass_through(f"traceparent: {TRACEPARENT}",
                                          "tracestate: one=1,two@sys=2;x")
        self.assertEqual(self.value(stream, "tracestate"), "one=1,two@sys=2;x")
        self.assertEqual(spans.servers.only().trace_state, "one=1,two@sys=2;x")

    def test_several_tracestates_are_combined_in_order(self):
        _, stream = self.pass_through(f"traceparent: {TRACEPARENT}", "tracestate: one=1",
                                      "tracestate: two=2")
        self.assertEqual(re.sub(r"\s", "", self.value(stream, "tracestate")), "one=1,two=2")

    def test_a_bad_tracestate_does_not_drop_the_parent(self):
        spans, stream = self.pass_through(f"traceparent: {TRACEPARENT}", "tracestate: UPPER=1,,=")
        self.assertEqual(spans.servers.only().trace_id, TRACE_ID)
        self.assertEqual(self.values(stream, "tracestate"), [])

    def test_a_long_tracestate_keeps_512_characters(self):
        members = ",".join(f"key{number}={'v' * 30}" for number in range(13))
        _, stream = self.pass_through(f"traceparent: {TRACEPARENT}", f"tracestate: {members[:512]}")
        self.assertEqual(self.value(stream, "tracestate"), members[:512])

    def test_baggage_is_passed_on_untouched(self):
        baggage = "user=J%C3%BCrgen;secret=no, tenant = 7 ,flag"
        _, stream = self.pass_through(f"traceparent: {TRACEPARENT}", f"baggage: {baggage}")
        self.assertEqual(self.value(stream, "baggage"), baggage)

    def test_baggage_without_a_parent(self):
        spans, stream = self.pass_through("baggage: user=7")
        self.assertEqual(self.value(stream, "baggage"), "user=7")
        self.assert_root(spans.servers.only())

    def test_a_proxy_that_forwards_the_header_is_in_the_middle(self):
        """nginx passes the caller's traceparent on; its parent id must become nginx's own."""
        streams = []

        def scenario(session):
            with wire.RecordingServer() as upstream:
                port = servers.nginx(session, upstreams={"/": upstream.port})
                answer = wire.get(port, "/up", f"traceparent: {TRACEPARENT}", "tracestate: a=b")
                streams.append(upstream.stream)
                return answer

        spans = self.both(scenario).spans
        client = spans.clients.only()
        self.assert_child(client, spans.servers.only())
        self.assertEqual(self.value(streams[-1], "traceparent"),
                         f"00-{TRACE_ID}-{client.span_id}-01")
        self.assertEqual(self.value(streams[-1], "tracestate"), "a=b")

    def test_a_parent_that_the_program_made_itself_is_adopted(self):
        streams = []

        def scenario(session):
            with wire.RecordingServer() as server:
                out = session.app("curl_easy_client", "--url", f"http://127.0.0.1:{server.port}/",
                                  "--header", f"traceparent: {TRACEPARENT}", "--count", 2)
                self.assertEqual(out.wait(), 0)
                streams.append(server.stream)
                return out.out

        spans = self.both(scenario).spans
        self.assertEqual(self.values(streams[-1], "traceparent"), [TRACEPARENT] * 2)
        self.assertEqual({span.trace_id for span in spans}, {TRACE_ID})

    def test_a_parent_repeated_for_ever_does_not_grow_one_trace_for_ever(self):
        """EDGE: a client with a constant traceparent. Sooner or later the traces are restarted,
        with a link to what was sent."""

        def scenario(session):
            port = session.app("epoll_server").port
            block = wire.request("/", headers=[f"traceparent: {TRACEPARENT}"], close=False) * 100
            for _ in range(60):
                with wire.connect(port) as connection:
                    connection.sendall(block)
                    rest = b""
                    for _ in range(100):
                        _, rest = wire.read_response(connection, rest)

        spans = self.both(scenario).spans
        self.assertEqual(len(spans), 6000)
        restarted = [span for span in spans if span.trace_id != TRACE_ID]
        self.assertGreater(len(restarted), 0)
        self.assertEqual(restarted[-1].links[0]["traceId"], TRACE_ID)


class FormatsTest(PropagationTest):
    def check(self, name, incoming, outgoing):
        """`outgoing` maps header names to patterns with {span} for the client's span id."""
        spans, stream = self.pass_through(*incoming, OTEL_PROPAGATORS=name)
        server, client = spans.servers.only(), spans.clients.only()
        self.assertEqual(server.trace_id[16:], TRACE_ID[16:])
        self.assert_child(client, server)
        for header, pattern in outgoing.items():
            expected = pattern.format(trace=client.trace_id, span=client.span_id,
                                      decimal=int(client.span_id, 16))
            self.assertRegex(self.value(stream, header), f"^{expected}$")
        if "traceparent" not in outgoing:
            self.assertEqual(self.values(stream, "traceparent"), [])
        return server

    def test_b3(self):
        server = self.check("b3", [f"b3: {TRACE_ID}-{REMOTE_SPAN_ID}-1"],
                            {"b3": "{trace}-{span}-1"})
        self.assertEqual((server.trace_id, server.parent_id), (TRACE_ID, REMOTE_SPAN_ID))

    def test_b3_not_sampled(self):
        spans, stream = self.pass_through(f"b3: {TRACE_ID}-{REMOTE_SPAN_ID}-0",
                                          OTEL_PROPAGATORS="b3")
        self.assertEqual(spans, [])
        self.assertRegex(self.value(stream, "b3"), f"^{TRACE_ID}-[0-9a-f]{{16}}-0$")

    def test_b3multi(self):
        server = self.check("b3multi", [f"X-B3-TraceId: {TRACE_ID}",
                                        f"X-B3-SpanId: {REMOTE_SPAN_ID}", "X-B3-Sampled: 1"],
                            {"X-B3-TraceId": "{trace}", "X-B3-SpanId": "{span}",
                             "X-B3-Sampled": "1"})
        self.assertEqual((server.trace_id, server.parent_id), (TRACE_ID, REMOTE_SPAN_ID))

    def test_b3multi_with_a_short_trace_id(self):
        server = self.check("b3multi", [f"X-B3-TraceId: {TRACE_ID[16:]}",
                                        f"X-B3-SpanId: {REMOTE_SPAN_ID}", "X-B3-Sampled: 1"],
                            {"X-B3-SpanId": "{span}"})
        self.assertEqual(server.trace_id, "0" * 16 + TRACE_ID[16:])

    def test_jaeger(self):
        server = self.check("jaeger", [f"uber-trace-id: {TRACE_ID}:{REMOTE_SPAN_ID}:0:1"],
                            {"uber-trace-id": "{trace}:{span}:0:1"})
        self.assertEqual(server.parent_id, REMOTE_SPAN_ID)

    def test_xray(self):
        server = self.check(
            "xray", [f"X-Amzn-Trace-Id: Root=1-{TRACE_ID[:8]}-{TRACE_ID[8:]};"
                     f"Parent={REMOTE_SPAN_ID};Sampled=1"],
            {"X-Amzn-Trace-Id":
             f"Root=1-{TRACE_ID[:8]}-{TRACE_ID[8:]};Parent={{span}};Sampled=1"})
        self.assertEqual((server.trace_id, server.parent_id), (TRACE_ID, REMOTE_SPAN_ID))

    def test_ottrace(self):
        server = self.check("ottrace", [f"ot-tracer-traceid: {TRACE_ID[16:]}",
                                        f"ot-tracer-spanid: {REMOTE_SPAN_ID}",
                                        "ot-tracer-sampled: true"],
                            {"ot-tracer-traceid": TRACE_ID[16:], "ot-tracer-spanid": "{span}",
                             "ot-tracer-sampled": "true"})
        self.assertEqual(server.parent_id, REMOTE_SPAN_ID)

    def test_gcp(self):
        server = self.check(
            "gcp", [f"X-Cloud-Trace-Context: {TRACE_ID}/{int(REMOTE_SPAN_ID, 16)};o=1"],
            {"X-Cloud-Trace-Context": "{trace}/{decimal};o=1"})
        self.assertEqual((server.trace_id, server.parent_id), (TRACE_ID, REMOTE_SPAN_ID))

    def test_several_formats_at_once(self):
        self.check("tracecontext,b3,baggage", [f"traceparent: {TRACEPARENT}"],
                   {"traceparent": "00-{trace}-{span}-01", "b3": "{trace}-{span}-1"})

    def test_none(self):
        spans, stream = self.pass_through(f"traceparent: {TRACEPARENT}", OTEL_PROPAGATORS="none")
        self.assert_root(spans.servers.only())
        self.assertEqual(wire.without_added(stream), (stream, []))


class EnvironmentTest(SessionTest):
    def test_the_parent_of_a_batch_job(self):
        streams = []

        def scenario(session):
            with wire.RecordingServer() as server:
                out = session.run("curl", "-s", f"http://127.0.0.1:{server.port}/job", name="curl")
                streams.append(server.stream)
                return out.out

        spans = self.both(scenario, TRACEPARENT=TRACEPARENT, TRACESTATE="a=b", BAGGAGE="c=d").spans
        span = spans.clients.only()
        self.assertEqual((span.trace_id, span.parent_id), (TRACE_ID, REMOTE_SPAN_ID))
        self.assertEqual(wire.header_values(streams[-1], "traceparent"),
                         [f"00-{TRACE_ID}-{span.span_id}-01"])
        self.assertEqual(wire.header_values(streams[-1], "tracestate"), ["a=b"])
        self.assertEqual(wire.header_values(streams[-1], "baggage"), ["c=d"])

    def test_an_unsampled_parent(self):
        def scenario(session):
            with wire.RecordingServer() as server:
                return session.run("curl", "-s", f"http://127.0.0.1:{server.port}/job").out

        self.assertEqual(self.both(scenario, TRACEPARENT=UNSAMPLED).spans, [])


if __name__ == "__main__":
    main()
