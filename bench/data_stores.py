"""Programs that call data stores: a service, and the stores' own benchmark clients.

The stores run untraced, one instance for all modes; what is measured is the program that calls them."""

import sys

from measuring import ClientRun
from servers import Subject
from subjects import BUILD, ROOT, Server

sys.path.insert(0, str(ROOT / "tests/whole_program"))
from harness.stores import PostgreSQL, Redis, shared  # noqa: E402


class DataService(Subject):
    """database_service: each request runs one SELECT and one Redis GET: three spans."""

    spans_per_request = 3

    def __init__(self):
        super().__init__("service", 12_000, connections=8, path="/data/1")

    def start(self, environment, processors=(), wrapper=()):
        postgresql, redis = shared(PostgreSQL), shared(Redis)
        postgresql.sql("CREATE TABLE IF NOT EXISTS numbers_1 AS SELECT 1 AS id, 42 AS n")
        redis.cli("SET", "number:1", "42")
        command = [*wrapper, str(BUILD / "apps/database_service"), "--port", "0", "--postgresql",
                   postgresql.uri(), "--redis", str(redis.port)]
        return Server(command, environment, processors)


class Client:
    """A store's own benchmark client. `command(calls)` makes so many calls, and `own_calls` of its own."""

    slices = 4  # each is a program of its own, which has to start

    def __init__(self, name, calls, own_calls, command):
        self.name, self.requests, self.own_calls, self.command = name, calls, own_calls, command

    def open_run(self, mode, processors, stack):
        return ClientRun(self, mode, processors, stack)


def pgbench(calls):
    store = shared(PostgreSQL)
    script = f"{store.directory}/select.sql"
    with open(script, "w", encoding="ascii") as file:
        file.write("\\set id random(1, 100)\nSELECT n FROM numbers WHERE id = :id;\n")
    clients = 8
    return ["/usr/lib/postgresql/15/bin/pgbench", "-n", "-f", script, "-M", "prepared", "-c", str(clients),
            "-t", str(calls // clients), store.uri()]


def redis_benchmark(*options):
    def command(calls):
        return ["redis-benchmark", "-p", str(shared(Redis).port), "-t", "get", "-n", str(calls), "-c", "8",
                "-r", "1000", "-q", *options]
    return command


SUBJECTS = [
    DataService(),
    Client("pgbench", 16_000, 0, pgbench),
    Client("redis-benchmark", 100_000, 2, redis_benchmark()),
    Client("redis-benchmark -P 16", 320_000, 2, redis_benchmark("-P", "16")),
]
