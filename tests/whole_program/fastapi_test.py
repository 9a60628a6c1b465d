"""FastAPI with synchronous handlers, SQLAlchemy over psycopg2, redis-py and requests, unmodified:
one request at a time, all that it does is in its trace."""

import threading

from harness import StoreTest, main, paths, stores, wire

COUNT, PARALLEL = 10, 32


class FastapiTest(StoreTest):
    def setUp(self):
        self.database = stores.shared(stores.PostgreSQL)
        self.cache = stores.shared(stores.Redis)
        self.cache.cli("MSET", *(word for i in range(1, 101)
                                 for word in (f"number:{i}", f"name {i}")))

    def service(self, session):
        upstream = session.app("epoll_server", name="backend").port
        return session.start("/usr/bin/python3", paths.script("python/fastapi_service.py"),
                             self.database.uri().replace("postgresql:", "postgresql+psycopg2:"),
                             self.cache.port, upstream, name="fastapi").port

    def ask(self, session, kept):
        port = self.service(session)
        if not kept:
            return [wire.get(port, f"/order/{n}") for n in range(1, COUNT + 1)]
        answers = []
        with wire.connect(port) as connection:
            for number in range(1, COUNT + 1):
                connection.sendall(wire.request(f"/order/{number}", close=False))
                answers.append(wire.undated(wire.read_response(connection)[0]))
        return answers

    def check(self, kept):
        def scenario(session):
            answers = [answer.lower().replace(b"date: now\r\n", b"")
                       for answer in self.ask(session, kept)]
            return [answer.split(b"\r\n\r\n")[1] for answer in answers]

        session = self.both(scenario)
        spans = session.spans
        for number in range(1, COUNT + 1):
            request = spans.only(kind="SERVER", service="fastapi", path=f"/order/{number}")
            self.assert_root(request)
            trace = spans.where(service="fastapi", trace_id=request.trace_id)
            key = trace.only(system="redis")
            self.assertEqual(key.text, f"GET number:{number}")
            call = trace.only(kind="CLIENT", path=f"/backend/{number}")
            statements = trace.where(system="postgresql").in_order()
            self.assert_words(statements, "BEGIN SELECT ROLLBACK")
            for child in (*statements, key, call):
                self.assert_child(child, request)
                self.assertLessEqual(child.end, request.end)
            self.assert_child(spans.only(service="backend", path=f"/backend/{number}"), call)
            self.assertEqual(len(trace), 6, trace.describe())
        self.assert_well(spans)

    def test_a_connection_for_each_request(self):
        self.check(kept=False)

    def test_one_connection(self):
        self.check(kept=True)

    def test_many_at_once_are_never_wrong(self):
        """What a call belongs to may not be known, but it is never another request."""

        def scenario(session):
            port, answers = self.service(session), {}

            def client(first):
                for number in range(first, 97, PARALLEL):
                    answers[number] = wire.body_of(wire.get(port, f"/order/{number}"))

            threads = [threading.Thread(target=client, args=(n + 1,)) for n in range(PARALLEL)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return answers

        spans = self.both(scenario).spans.where(service="fastapi")
        requests = {span.span_id: span for span in spans.servers}
        self.assertEqual(len(requests), 96)
        known = 0
        for call in spans.clients:
            if not call.parent_id:
                continue
            known += 1
            parent = requests[call.parent_id]
            self.assertTrue(parent.start <= call.start and call.end <= parent.end,
                            f"{call} is not within {parent}")
            if call.system != "postgresql":
                number = parent.path.rsplit("/", 1)[-1]
                self.assertIn(call.path or call.text,
                              (f"/backend/{number}", f"GET number:{number}"))
        print(f"{self._testMethodName}: {known} of {len(spans.clients)} calls have a parent")


if __name__ == "__main__":
    main()
