"""Programs that are rude to whatever lives in their process: they work as ever."""

from harness import SessionTest, main, wire

REQUESTS = 4


class MisbehavingTest(SessionTest):
    def check(self, deed, when):
        """The spans of a program that does the deed and serves on."""

        def scenario(session):
            leaf = session.app("epoll_server", name="leaf").port
            program = session.app("misbehaving", "--do", deed, "--when", when, "--requests",
                                  REQUESTS, name="rude")
            port = program.port
            answers = [wire.get(port, f"/call/{leaf}" if number % 2 else f"/{number}")
                       for number in range(REQUESTS)]
            return answers, program.wait(), program.out.replace(str(port), "PORT"), program.err

        return self.both(scenario).spans.where(service="rude")

    def complete(self, spans, servers=REQUESTS):
        self.assertEqual(len(spans.servers), servers, spans.describe())
        self.assertEqual({span.code for span in spans}, {200})

    def test_nothing_at_all(self):
        self.complete(self.check("nothing", "before"))

    def test_closing_every_descriptor(self):
        for deed in ("close_range", "close_each_open", "close_up_to_limit"):
            for when in ("before", "after"):
                with self.subTest(deed=deed, when=when):
                    self.complete(self.check(deed, when))

    def test_no_memory_to_map(self):
        self.check("limit_memory", "before")
        self.complete(self.check("limit_memory", "after"))

    def test_no_descriptor_to_spare(self):
        self.check("limit_files", "before")
        self.complete(self.check("limit_files", "after"))

    def test_no_file_may_grow(self):
        self.check("limit_file_size", "before")
        self.complete(self.check("limit_file_size", "after"))

    def test_seccomp_that_kills(self):
        self.check("seccomp", "before")
        self.complete(self.check("seccomp", "after"))

    def test_a_coroutine_with_a_small_stack(self):
        self.complete(self.check("coroutine", "before"))

    def test_a_signal_stack(self):
        self.complete(self.check("sigaltstack", "before"))


if __name__ == "__main__":
    main()
