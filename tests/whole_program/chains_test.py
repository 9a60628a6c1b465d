"""Three services, one trace, the right parents: one request at a time, and many at once."""

import http.client
import threading

from harness import SessionTest, main, servers, wire

PARALLEL, ROUNDS = 64, 3


def httplib(session, *upstreams, name="httplib", connection="new"):
    arguments = [word for port in upstreams for word in ("--upstream", f"http://127.0.0.1:{port}")]
    return session.app("httplib_server", "--threads", 72, "--connection", connection, *arguments,
                       name=name).port


def ports_app(session, app, *upstreams, name, options=()):
    arguments = [word for port in upstreams for word in ("--upstream", port)]
    return session.app(app, *arguments, *options, name=name).port


def beast(session, *upstreams, name="beast", threads=1, pool=0):
    return ports_app(session, "beast_server", *upstreams, name=name,
                     options=("--threads", threads, "--pool", pool))


def epoll(session, name="epoll"):
    return session.app("epoll_server", name=name).port


def url(port):
    return f"http://127.0.0.1:{port}"


class OneByOneTest(SessionTest):
    def check(self, build, *services):
        def scenario(session):
            port = build(session)
            return [wire.get(port, f"/chain/token{number}") for number in range(5)]

        session = self.both(scenario)
        spans = session.spans
        self.assertEqual(len(spans), 5 * (2 * len(services) - 1), spans.describe())
        for number in range(5):
            chain = self.assert_chain(spans, f"/chain/token{number}", *services)
            self.assert_root(chain[0])
        self.assertEqual(len({span.trace_id for span in spans}), 5)

    def test_nginx_httplib_beast(self):
        self.check(lambda s: servers.nginx(s, upstreams={"/chain": httplib(s, beast(s))}),
                   "nginx", "httplib", "beast")

    def test_python_node_epoll(self):
        self.check(lambda s: servers.python_http(s, url(servers.node_http(s, url(epoll(s))))),
                   "python", "node", "epoll")

    def test_node_fetch_httplib_epoll(self):
        self.check(lambda s: servers.node_http(s, "fetch", url(httplib(s, epoll(s)))),
                   "node", "httplib", "epoll")

    def test_httplib_thread_fork(self):
        self.check(
            lambda s: httplib(s, ports_app(s, "thread_per_connection_server", ports_app(
                s, "fork_server", name="fork"), name="thread")),
            "httplib", "thread", "fork")

    def test_curl_starts_the_trace(self):
        def scenario(session):
            port = servers.nginx(session, upstreams={"/chain": httplib(session, epoll(session))})
            return session.run("curl", "-s", f"{url(port)}/chain/one", name="curl").out

        spans = self.both(scenario).spans
        first = spans.only(kind="CLIENT", service="curl")
        self.assert_root(first)
        chain = self.assert_chain(spans, "/chain/one", "nginx", "httplib", "epoll")
        self.assert_child(chain[0], first)

    def test_a_handler_that_calls_two_services(self):
        def scenario(session):
            port = httplib(session, epoll(session, "left"), epoll(session, "right"))
            return wire.get(port, "/chain/fan")

        spans = self.both(scenario).spans
        root = spans.only(kind="SERVER", service="httplib")
        clients = spans.where(kind="CLIENT", service="httplib")
        self.assertEqual(len(clients), 2)
        for client, service in zip(sorted(clients, key=lambda s: s.start), ("left", "right")):
            self.assert_child(client, root)
            self.assert_child(spans.only(service=service), client)


class ParallelTest(SessionTest):
    """Each request has a token in its path, which the services pass on. A child whose parent has
    another token hangs in another request's trace: that must never be."""

    def load(self, port, token="{}"):
        answers, failures = {}, []

        def client(number):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                for turn in range(ROUNDS):
                    name = token.format(f"{number}x{turn}")
                    connection.request("GET", f"/chain/{name}")
                    answers[name] = connection.getresponse().read()
                connection.close()
            except OSError as error:
                failures.append((number, error))

        threads = [threading.Thread(target=client, args=(n,)) for n in range(PARALLEL)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        return answers

    def check(self, build, services, complete=True):
        session = self.both(lambda s: self.load(build(s)))
        spans = session.spans
        requests = PARALLEL * ROUNDS
        self.assertEqual(len(spans), requests * (2 * services - 1))
        counts = self.assert_no_wrong_parent(spans)
        print(f"{self._testMethodName}: {dict(counts)}")
        self.assertEqual(counts["root"], requests)
        if complete:
            self.assertEqual(counts["none"], 0)
        return counts

    def test_nginx_httplib_epoll(self):
        self.check(lambda s: servers.nginx(s, upstreams={"/chain": httplib(s, epoll(s))}), 3)

    def test_httplib_with_a_shared_pool_of_connections(self):
        """A connection that another request opened lends that request's context to nobody."""
        self.check(lambda s: httplib(s, httplib(s, epoll(s), connection="pool", name="middle"),
                                     connection="pool"), 3)

    def test_thread_per_connection(self):
        self.check(lambda s: ports_app(
            s, "thread_per_connection_server", ports_app(
                s, "thread_per_connection_server", epoll(s), name="middle",
                options=("--call", "thread")), name="front"), 3)

    def test_thread_that_is_detached(self):
        self.check(lambda s: ports_app(s, "thread_per_connection_server", epoll(s), name="front",
                                       options=("--call", "detached")), 2)

    def test_fork_for_each_connection(self):
        self.check(lambda s: ports_app(s, "fork_server", epoll(s), name="front"), 2)

    def test_python(self):
        self.check(lambda s: servers.python_http(s, url(epoll(s))), 2)

    def test_beast_with_one_thread_is_never_wrong(self):
        self.check(lambda s: beast(s, epoll(s)), 2, complete=False)

    def test_beast_with_four_threads_is_never_wrong(self):
        self.check(lambda s: beast(s, epoll(s), threads=4, pool=1), 2, complete=False)

    def test_node_is_never_wrong(self):
        self.check(lambda s: servers.node_http(s, url(epoll(s))), 2, complete=False)

    def test_node_fetch_is_never_wrong(self):
        self.check(lambda s: servers.node_http(s, "fetch", url(epoll(s))), 2, complete=False)


if __name__ == "__main__":
    main()
