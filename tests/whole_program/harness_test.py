"""The harness must be able to say no."""

from harness import SessionTest, Spans, main, wire


def span(kind, path, span_id, parent="", trace="t", start=1):
    attributes = {"url.path": path} if kind == "SERVER" else {"url.full": f"http://h{path}"}
    return {"traceId": trace, "spanId": span_id, "parentSpanId": parent, "name": "GET",
            "kind": kind, "attributes": attributes, "resource": {}, "links": [],
            "status": "UNSET", "statusMessage": "",
            "traceState": "", "flags": 0, "start": str(start), "end": str(start + 1),
            "scope": {"name": ""}}


class SpansTest(SessionTest):
    def test_right_parents(self):
        spans = Spans.of([span("SERVER", "/chain/a", "1"), span("CLIENT", "/chain/a", "2", "1",
                                                                start=2)])
        counts = self.assert_no_wrong_parent(spans)
        self.assertEqual((counts["right"], counts["none"], counts["root"]), (1, 0, 1))

    def test_a_missing_parent_is_counted(self):
        counts = self.assert_no_wrong_parent(Spans.of([
            span("SERVER", "/chain/a", "1"), span("CLIENT", "/chain/a", "2", start=2)]))
        self.assertEqual(counts["none"], 1)

    def test_a_wrong_parent_is_found(self):
        for wrong in (span("CLIENT", "/chain/a", "2", "1", start=2),
                      span("CLIENT", "/chain/b", "2", "1", trace="u", start=2),
                      span("CLIENT", "/chain/b", "2", "9", start=2)):
            spans = Spans.of([span("SERVER", "/chain/b", "1"), wrong])
            with self.assertRaises(AssertionError):
                self.assert_no_wrong_parent(spans)

    def test_copies_are_one_span(self):
        self.assertEqual(len(Spans.of([span("SERVER", "/", "1")] * 3)), 1)


class WireTest(SessionTest):
    def test_only_whole_added_lines_are_taken_away(self):
        plain = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        added = plain.replace(b"Host", f"traceparent: {wire.TRACEPARENT}\r\nHost".encode())
        self.assertEqual(wire.without_added(added)[0], plain)
        broken = added.replace(b"\r\nHost", b"Host")
        self.assertNotEqual(wire.without_added(broken)[0], plain)

    def test_the_recording_server_keeps_every_byte(self):
        with wire.RecordingServer() as server:
            message = wire.request("/x", "POST", body=b"body", close=False)
            with wire.connect(server.port) as connection:
                for byte in message * 2:
                    connection.sendall(bytes([byte]))
                first, rest = wire.read_response(connection)
                self.assertEqual((first, wire.read_response(connection, rest)[0]),
                                 (wire.ANSWER, wire.ANSWER))
            self.assertEqual(server.final_stream(), message * 2)


if __name__ == "__main__":
    main()
