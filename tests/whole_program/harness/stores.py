"""The distribution's data stores, each in a directory of its own, on a free port of 127.0.0.1 and
a Unix socket. See store.py."""

import atexit
import os
import signal
import socket
import subprocess

from harness.session import clean_environment
from harness.store import Store

_shared = {}


def shared(kind):
    """The test program's own store of that class, started at its first use, never traced."""
    if kind not in _shared:
        _shared[kind] = kind()
        atexit.register(_shared[kind].close)
    return _shared[kind]


class PostgreSQL(Store):
    """Superuser `postgres` without a password; `guarded` needs PASSWORD. Database `shop` with
    numbers(id, n), 1 to 100. It logs every statement. `encrypted`: it speaks TLS to those who
    ask."""

    PROGRAMS = "/usr/lib/postgresql/15/bin"
    PASSWORD = "hunter2-marker"
    ENDS_BY = signal.SIGQUIT  # at once, but it removes its shared memory
    USER = "postgres"
    FILL = f"""
        CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}';
        CREATE TABLE numbers (id int PRIMARY KEY, n int NOT NULL, word text);
        INSERT INTO numbers SELECT i, i * i, 'word ' || i FROM generate_series(1, 100) AS i;
        GRANT ALL ON numbers TO PUBLIC;"""

    def _set_up(self, encrypted=False):
        self._encrypted = encrypted
        self.data = f"{self.directory}/data"
        self.tool(f"{self.PROGRAMS}/initdb", "-D", self.data, "-U", "postgres", "-A", "trust",
                  "--no-sync", "--no-locale", "-E", "UTF8")
        with open(f"{self.data}/pg_hba.conf", "w") as file:
            for kind, where in (("local", ""), ("host", "127.0.0.1/32")):
                file.write(f"{kind} all guarded {where} scram-sha-256\n"
                           f"{kind} all all {where} trust\n")
        if encrypted:
            self.tool("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                      "/CN=localhost", "-keyout", f"{self.data}/server.key", "-out",
                      f"{self.data}/server.crt")

    def _command(self):
        settings = {
            "listen_addresses": "127.0.0.1", "unix_socket_directories": self.directory,
            "fsync": "off", "synchronous_commit": "off", "max_connections": "150",
            "shared_buffers": "16MB", "dynamic_shared_memory_type": "mmap",
            "log_statement": "all", "log_line_prefix": "", "autovacuum": "off",
            "ssl": "on" if self._encrypted else "off",
        }
        return [f"{self.PROGRAMS}/postgres", "-D", self.data, "-p", self.port,
                *(word for item in settings.items() for word in ("-c", "=".join(item)))]

    def _answers(self):
        return subprocess.run(
            [f"{self.PROGRAMS}/pg_isready", "-q", "-h", self.directory, "-p", str(self.port)],
            env=clean_environment()).returncode == 0

    def _fill(self):
        self.sql("CREATE DATABASE shop", "postgres")
        self.sql(self.FILL)

    def sql(self, text, database="shop"):
        """Runs it untraced; what psql prints of it."""
        return self.tool("psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1",
                         "-d", self.uri(database), stdin=text)

    def uri(self, database="shop", user="postgres", unix=False, password=""):
        credentials = f"{user}:{password}" if password else user
        if unix:
            where = self.directory.replace("/", "%2F")
            return f"postgresql://{credentials}@{where}:{self.port}/{database}"
        return f"postgresql://{credentials}@127.0.0.1:{self.port}/{database}"

    def mark(self):
        """A place in the log, for statements_since()."""
        return len(self.subject.err)

    def statements_since(self, mark):
        """How many statements the server has run, by its own account."""
        return sum(line.startswith(("LOG:  statement: ", "LOG:  execute "))
                   for line in self.subject.err[mark:].splitlines())


class Redis(Store):
    """Nothing is persisted. `password`: what AUTH needs."""

    def _set_up(self, password=None):
        self.password = password
        self.socket = f"{self.directory}/redis.sock"

    def _command(self):
        return ["redis-server", "--bind", "127.0.0.1", "--port", self.port,
                "--unixsocket", self.socket, "--dir", self.directory, "--save", "",
                "--appendonly", "no", "--daemonize", "no",
                *(["--requirepass", self.password] if self.password else [])]

    def _answers(self):
        auth = f"AUTH {self.password}\r\n".encode() if self.password else b""
        expected = b"+OK" if self.password else b"+PONG"
        return self._says(self.socket, auth + b"PING\r\n", expected)

    def cli(self, *words):
        auth = ["-a", self.password, "--no-auth-warning"] if self.password else []
        return self.tool("redis-cli", "-s", self.socket, *auth, *words)

    def mark(self):
        self.cli("CONFIG", "RESETSTAT")
        return None

    def calls_since(self, mark):
        """{command: how often it was run since the mark}, by the server's own account."""
        del mark
        calls = {}
        for line in self.cli("INFO", "commandstats").split():
            if line.startswith("cmdstat_"):
                name, _, facts = line[len("cmdstat_"):].partition(":")
                facts = dict(fact.split("=") for fact in facts.split(","))
                calls[name] = int(facts["calls"]) + int(facts["rejected_calls"])
        calls.pop("config|resetstat", None)
        if self.password:
            calls["auth"] -= 1  # ours, just now
        return {name: count for name, count in calls.items() if count}


class MariaDB(Store):
    """User `tester` without a password; `guarded` needs PASSWORD. Database `shop` with
    numbers(id, n), 1 to 100. It logs every statement."""

    PASSWORD = "hunter2-marker"
    FILL = f"""
        CREATE USER tester; GRANT ALL ON *.* TO tester;
        CREATE USER guarded IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON shop.* TO guarded;
        CREATE DATABASE shop; USE shop;
        CREATE TABLE numbers (id int PRIMARY KEY, n int NOT NULL, word text);
        INSERT INTO numbers SELECT seq, seq * seq, concat('word ', seq) FROM seq_1_to_100;
        SET GLOBAL general_log = 1;"""

    def _set_up(self):
        self.socket = f"{self.directory}/mariadb.sock"
        self.data = f"{self.directory}/data"
        self.log = f"{self.directory}/general.log"
        self.tool("mariadb-install-db", "--no-defaults", f"--datadir={self.data}",
                  "--auth-root-authentication-method=normal", "--skip-test-db",
                  "--skip-name-resolve", "--innodb-log-file-size=4M", *self._root())

    @staticmethod
    def _root():
        return ["--user=root"] if os.getuid() == 0 else []

    def _command(self):
        return ["/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.data}",
                "--bind-address=127.0.0.1", f"--port={self.port}", f"--socket={self.socket}",
                f"--pid-file={self.directory}/pid", f"--general-log-file={self.log}",
                "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=16M",
                "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve",
                "--performance-schema=OFF", "--max-connections=150", *self._root()]

    def _answers(self):
        return self._says(self.socket, b"", b"MariaDB")

    def _fill(self):
        self.sql(self.FILL, database="", user="root")

    def sql(self, text, database="shop", user="tester"):
        """Runs it untraced; what the client prints of it."""
        return self.tool("mariadb", "--no-defaults", f"--socket={self.socket}", f"--user={user}",
                         "--batch", "--skip-column-names", *([database] if database else []),
                         stdin=text)

    def mark(self):
        return os.path.getsize(self.log)

    def statements_since(self, mark):
        """The kinds of requests that the server has got (Query, Prepare, Execute ...) with their
        text, by its own account."""
        found = []
        with open(self.log, errors="replace") as file:
            file.seek(mark)
            for line in file:
                words = line.rstrip("\n").split("\t")
                kind = words[-2].strip(" 0123456789") if len(words) > 2 else ""
                if kind in ("Query", "Prepare", "Execute", "Init DB"):
                    found.append((kind, words[-1]))
        return found


class Memcached(Store):
    def _set_up(self, protocol="auto"):
        self.socket = f"{self.directory}/memcached.sock"
        self._protocol = protocol

    def _command(self):
        user = ["-u", "root"] if os.getuid() == 0 else []
        # It listens on the socket alone when it is given one.
        return ["memcached", "-l", "127.0.0.1", "-p", self.port, "-U", "0", "-m", "64",
                "-B", self._protocol, "-t", "2", *user]

    def _answers(self):
        return self._says(("127.0.0.1", self.port), b"version\r\n", b"VERSION")

    def statistics(self):
        """What `stats` says, as numbers where they are."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(b"stats\r\n")
            text = b""
            while not text.endswith(b"END\r\n"):
                text += connection.recv(65536)
        words = (line.split() for line in text.decode().splitlines())
        return {word[1]: int(word[2]) for word in words if len(word) == 3 and word[2].isdigit()}
