"""Spans that others send by OTLP stand in one trace with those of traced programs."""

import contextlib
import gzip
import http.client
import json
import os
import re
import sqlite3
import urllib.error
import urllib.request

from harness import SessionTest, main, paths, wire
from harness.waiting import eventually

NODE_CLIENT = paths.script("node_sdk/client.js")
ANY_PORT = "127.0.0.1:0"


class Receiving:
    """The addresses of a collector that receives, and questions to it."""

    def __init__(self, session):
        self.session = session
        self.http = self._address("OTLP over HTTP is received at")
        self.grpc = self._address("OTLP over gRPC is received at")
        self.viewer = self._address("look at the traces at")

    def _address(self, announcement):
        def announced():
            found = re.search(announcement + r" (?:http://)?([\d.]+:\d+)",
                              self.session.collector_says())
            return found and found[1]

        return eventually(announced, f"the collector to say '{announcement}'")

    def get(self, question):
        with urllib.request.urlopen(f"http://{self.viewer}/api/v1/{question}", timeout=30) as got:
            return json.load(got)

    def trace(self, trace_id, spans):
        """The trace, once it has so many spans."""

        def complete():
            try:
                trace = self.get(f"trace/{trace_id}")
            except urllib.error.HTTPError as error:
                if error.code != 404:
                    raise
                return None  # not kept yet
            return trace if len(trace["spans"]) >= spans else None

        return eventually(complete, f"{spans} spans of the trace {trace_id}")

    def post(self, path, body, content_type, **headers):
        connection = http.client.HTTPConnection(self.http, timeout=30)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", path, body, {"Content-Type": content_type, **names})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.getheader("Content-Type"), content


class ReceiverTest(SessionTest):
    def receiving(self):
        session = self.traced(collector_environment={
            "SEAMTRACE_RECEIVE_HTTP": ANY_PORT,
            "SEAMTRACE_RECEIVE_GRPC": ANY_PORT,
            "SEAMTRACE_VIEWER": ANY_PORT,
            "SEAMTRACE_STORE": os.path.join(self.untraced().directory(), "traces.db"),
        })
        return session, Receiving(session)

    def send(self, session, receiving, protocol, *arguments, **environment):
        """What the program with the JS SDK says it did."""
        address = receiving.grpc if protocol == "grpc" else receiving.http
        client = session.run("node", NODE_CLIENT, *arguments, name="node_sdk", environment={
            "LD_PRELOAD": None,
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{address}",
            **environment})
        self.assertEqual((client.process.returncode, client.err), (0, ""), client.out)
        return json.loads(client.out)


class JavaScriptSdkTest(ReceiverTest):
    """The official SDK calls a traced C++ service, and sends its own spans to the collector."""

    def check(self, protocol, **environment):
        session, receiving = self.receiving()
        server = session.app("httplib_server")
        for get in ("http", "fetch"):
            said = self.send(session, receiving, protocol, "--get", get,
                             f"http://127.0.0.1:{server.port}/hello", **environment)
            self.assertEqual((said["statuses"], said["errors"]), ([200], []))
            self.check_trace(receiving.trace(said["traceId"], 3))
        statistics = receiving.get("health")["receiver"]
        self.assertEqual((statistics["spans"], statistics["refused"]), (4, {}))

    def check_trace(self, trace):
        self.assertEqual(sorted(trace["services"]), ["httplib_server", "node_sdk"])
        self.assertEqual(len(trace["spans"]), 3)
        by_name = {(span["service"], span["kind"]): span for span in trace["spans"]}
        root = by_name["node_sdk", "internal"]
        client = by_name["node_sdk", "client"]
        server = by_name["httplib_server", "server"]
        self.assertEqual((root["name"], root.get("parent_span_id")), ("checkout", None))
        self.assertEqual(client["parent_span_id"], root["span_id"])
        self.assertEqual(server["parent_span_id"], client["span_id"])
        self.assertEqual(client["attributes"]["http.response.status_code"], 200)
        self.assertEqual(client["scope"], "client")

    def test_http_protobuf(self):
        self.check("http/protobuf")

    def test_http_protobuf_with_gzip(self):
        self.check("http/protobuf", OTEL_EXPORTER_OTLP_COMPRESSION="gzip")

    def test_http_json(self):
        self.check("http/json")

    def test_http_json_with_gzip(self):
        self.check("http/json", OTEL_EXPORTER_OTLP_COMPRESSION="gzip")

    def test_grpc(self):
        self.check("grpc")

    def test_grpc_with_gzip(self):
        self.check("grpc", OTEL_EXPORTER_OTLP_COMPRESSION="gzip")

    def test_all_protocols_tell_the_same(self):
        """A span with every type of value, events and links."""
        session, receiving = self.receiving()
        spans = []
        for protocol in ("http/protobuf", "http/json", "grpc"):
            said = self.send(session, receiving, protocol, "--rich")
            trace = receiving.trace(said["traceId"], 1)
            span = trace["spans"][0]
            self.assertEqual(trace["resources"][0]["service.instance.number"], 7)
            self.assertEqual([event["name"] for event in span["events"]],
                             ["cache miss", "exception"])
            self.assertEqual([link["span_id"] for link in span["links"]], ["b7ad6b7169203331"])
            self.assertEqual((span["status"], span["status_message"]), ("error", "declined"))
            spans.append(span["attributes"])
        self.assertEqual(spans[0], {
            "test.text": "größer als 3 \U0001f600", "test.integer": 9007199254740991,
            "test.negative": -42, "test.real": 0.25, "test.truth": True,
            "test.texts": ["one", "two"], "test.numbers": "[1,2,3]",
            "otel.scope.version": "1.2.3"})
        self.assertEqual(spans[1], spans[0])
        self.assertEqual(spans[2], spans[0])

    def test_received_spans_are_exported_too(self):
        session, receiving = self.receiving()
        said = self.send(session, receiving, "grpc")
        exported = session.wait_for_spans(1, service="node_sdk")[0]
        self.assertEqual((exported.trace_id, exported.name), (said["traceId"], "checkout"))


class CollectorTest(ReceiverTest):
    """One collector of ours sends to another."""

    def check(self, **environment):
        _, receiving = self.receiving()
        sender = self.traced(collector_environment={
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{receiving.http}", **environment})
        port = sender.app("httplib_server").port
        wire.get(port, "/hello")

        def found():
            traces = receiving.get("traces")["traces"]
            return traces[0] if traces else None

        trace = eventually(found, "the trace to arrive")
        self.assertEqual((trace["service"], trace["spans"]), ("httplib_server", 1))
        span = receiving.trace(trace["trace_id"], 1)["spans"][0]
        self.assertEqual((span["kind"], span["attributes"]["url.path"]), ("server", "/hello"))
        self.assertEqual(receiving.get("health")["receiver"]["refused"], {})

    def test_protobuf(self):
        self.check(OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf")

    def test_json_with_gzip(self):
        self.check(OTEL_EXPORTER_OTLP_PROTOCOL="http/json", OTEL_EXPORTER_OTLP_COMPRESSION="gzip")


class FaultTest(ReceiverTest):
    def test_what_is_sent_again_while_the_store_cannot_be_written_is_exported_once(self):
        session, receiving = self.receiving()
        path = receiving.get("health")["store"]["path"]
        request = json.dumps({"resourceSpans": [{
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "sdk"}}]},
            "scopeSpans": [{"spans": [{
                "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
                "name": "once", "startTimeUnixNano": "5", "endTimeUnixNano": "6"}]}]}]})

        def send():
            return receiving.post("/v1/traces", request, "application/json")[0]

        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for _ in range(3):
                self.assertEqual(send(), 503)
            other.execute("ROLLBACK")
        eventually(lambda: send() == 200, "the request to be taken")
        self.assertEqual(receiving.get("health")["store"]["duplicates"], 0)
        self.assertEqual([span.name for span in session.finish()], ["once"])


class RefusalTest(ReceiverTest):
    def test_bad_data_is_refused_with_a_reason_and_counted(self):
        _, receiving = self.receiving()
        post = receiving.post
        good = (200, "application/json", b"{}")
        self.assertEqual(post("/v1/traces", b"{}", "application/json"), good)
        self.assertEqual(post("/v1/traces", gzip.compress(b"{}"), "application/json",
                              Content_Encoding="gzip"), good)
        self.assertEqual(post("/v1/traces", b"", "application/x-protobuf"),
                         (200, "application/x-protobuf", b""))

        status, content_type, body = post("/v1/traces", b"{", "application/json")
        self.assertEqual((status, content_type), (400, "application/json"))
        self.assertIn("not JSON", json.loads(body)["message"])
        status, content_type, body = post("/v1/traces", b"\x0a\x7f", "application/x-protobuf")
        self.assertEqual((status, content_type), (400, "application/x-protobuf"))
        self.assertIn(b"protobuf", body)
        self.assertEqual(post("/v1/traces", b"", "text/plain")[0], 415)
        self.assertEqual(post("/v1/metrics", b"{}", "application/json")[0], 404)
        bad_span = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "77"}]}]}]})
        status, _, body = post("/v1/traces", bad_span, "application/json")
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(body)["partialSuccess"]["rejectedSpans"], "1")

        statistics = receiving.get("health")["receiver"]
        self.assertEqual(statistics["refused"], {"malformed": 2, "content_type": 1,
                                                 "not_traces": 1, "span_trace_id": 1})
        self.assertEqual((statistics["spans"], statistics["requests"]), (0, 4))
        self.assertIn("trace id", statistics["last_error"])

    def test_a_body_that_is_too_long_is_refused_in_its_own_type_and_counted(self):
        _, receiving = self.receiving()
        too_long = b" " * (32 << 20)  # more than sockets hold, so the answer comes amid the body
        for content_type in ("application/x-protobuf", "application/json"):
            status, answered, body = receiving.post("/v1/traces", too_long, content_type)
            self.assertEqual((status, answered), (413, content_type))
            self.assertIn(b"send smaller batches", body)
        receiver = receiving.get("health")["receiver"]
        self.assertEqual(receiver["refused"], {"too_large": 2})


if __name__ == "__main__":
    main()
