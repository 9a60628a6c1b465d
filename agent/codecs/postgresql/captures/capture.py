#!/usr/bin/python3
"""Records what real PostgreSQL clients and a real server say to each other.

Starts the distribution's server on 127.0.0.1 in a temporary folder, sends clients through a
recording relay, and writes NAME.dialogue beside this file: turns, each a direction ('C' from the
client, 'S' from the server), a length of four bytes in network order, and the bytes.
postgresql_capture_test.cc says what each of them holds: look there when you add one.
Run as root (the server then runs as `postgres`) or as a user who may start a server.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "testing"))
from capture_relay import Recorder, free_port  # noqa: E402

BIN = "/usr/lib/postgresql/15/bin"
AS_SERVER = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


class Server:
    def __init__(self, folder):
        self.data = folder / "data"
        self.port = free_port()
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "--no-sync")
        (self.data / "pg_hba.conf").write_text(
            "host all secretive 127.0.0.1/32 scram-sha-256\n"
            "host replication all 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 trust\n")
        options = (f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off "
                   f"-c unix_socket_directories={folder} -c wal_level=logical -c max_wal_senders=2")
        self.run("pg_ctl", "-D", self.data, "-l", folder / "log", "-w", "-o", options, "start")

    @staticmethod
    def run(program, *arguments):
        command = [*AS_SERVER, f"{BIN}/{program}", *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def stop(self):
        self.run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")


SETUP = """
CREATE TABLE items (id int PRIMARY KEY, name text);
CREATE TABLE log (line text);
CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END';
CREATE TABLE closed (line text);
CREATE TRIGGER refuse BEFORE INSERT ON closed FOR EACH STATEMENT EXECUTE FUNCTION refuse();
CREATE USER secretive PASSWORD 'not-in-any-span';
GRANT ALL ON ALL TABLES IN SCHEMA public TO secretive;
GRANT CREATE ON SCHEMA public TO secretive;
"""
PSQL = """
SELECT 1 AS one, 'two' AS two;
INSERT INTO items VALUES (1, 'a'), (2, 'b'), (3, 'c');
SELECT * FROM items\\; UPDATE items SET name = 'd' WHERE id > 1\\; SELECT 5;
SELECT * FROM nowhere;
SELECT 1\\; SELECT 1/0\\; SELECT 3;
DO $$ BEGIN RAISE NOTICE 'mind this'; END $$;
BEGIN;
INSERT INTO items VALUES (1, 'again');
SELECT 2;
ROLLBACK;
COPY items TO STDOUT;
COPY log FROM STDIN;
first
second
\\.
COPY items FROM STDIN;
1	twice
\\.
LISTEN news\\; NOTIFY news, 'it is so';
/* nothing */ ;
\\;
CREATE TABLE gone AS SELECT generate_series(1, 1000) AS n;
DELETE FROM gone;
DECLARE c CURSOR WITH HOLD FOR SELECT generate_series(1, 5);
FETCH 3 FROM c;
"""
PSYCOPG2 = """
import psycopg2, sys
connection = psycopg2.connect(sys.argv[1])
cursor = connection.cursor()
cursor.execute('SELECT id, name FROM items WHERE id = %s', (2,))
cursor.fetchall()
cursor.executemany('INSERT INTO log VALUES (%s)', [('x',), ('y',)])
connection.commit()
try:
    cursor.execute('INSERT INTO items VALUES (%s, %s)', (1, 'secret'))
except psycopg2.errors.UniqueViolation:
    connection.rollback()
with connection.cursor('named') as named:
    named.itersize = 2
    named.execute('SELECT generate_series(1, 3)')
    list(named)
connection.commit()
import io
cursor.copy_expert('COPY log FROM STDIN', io.StringIO('1\\n2\\n3\\n'))
connection.commit()
connection.close()
"""
NODE = """
const {Client} = require('pg');
(async () => {
  const client = new Client(process.argv[1]);
  await client.connect();
  await client.query('SELECT now()');
  await client.query('SELECT $1::int + 1 AS sum', [41]);
  for (const id of [1, 2])
    await client.query({name: 'by id', text: 'SELECT name FROM items WHERE id = $1', values: [id]});
  await client.query('SELECT $1::int / 0', [1]).catch(() => 0);
  await client.query('SELEC $1', [1]).catch(() => 0);
  await Promise.all([client.query('SELECT 1'), client.query('SELECT $1::text', ['x'])]);
  await client.end();
})();
"""
PIPELINE_SCRIPT = """
\\startpipeline
SELECT 1;
SELECT 2;
SELECT 3;
\\endpipeline
SELECT 4;
"""


def ask(server, *statements):
    """The last line of what psql prints."""
    psql = ["psql", "-X", "-q", "-A", "-t", "-d", f"host=127.0.0.1 port={server.port} user=postgres"]
    for statement in statements:
        psql += ["-c", statement]
    answer = subprocess.run(psql, capture_output=True, text=True, check=True)
    return answer.stdout.strip().split("\n")[-1]


def setup(server):
    ask(server, SETUP)
    Server.run("pgbench", "-i", "-q", "-h", "127.0.0.1", "-p", server.port, "-U", "postgres")


def record_all(server, folder):
    environment = {**os.environ, "PGSSLMODE": "disable", "PGCONNECT_TIMEOUT": "10"}

    def record(name, *command, text=None, database="postgres", user="postgres", kept=0,
               **variables):
        recorder = Recorder(HERE, server.port, kept)
        target = f"postgresql://{user}@127.0.0.1:{recorder.port}/{database}"
        subprocess.run([part.replace("TARGET", target) for part in command], input=text, text=True,
                       env={**environment, **variables}, timeout=60, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False, cwd=folder)
        recorder.save(name)

    psql = ["psql", "-X", "-q", "-d", "TARGET"]
    record("psql", *psql, text=PSQL, user="secretive", PGPASSWORD="not-in-any-span",
           PGSSLMODE="prefer")
    record("psql_wrong_password", *psql, "-c", "SELECT 1", user="secretive", PGPASSWORD="wrong")
    record("psql_no_database", *psql, "-c", "SELECT 1", database="nowhere")
    record("psql_terminated", *psql, "-c", "SELECT pg_terminate_backend(pg_backend_pid())")
    record("psql_timeout", *psql, text="SET statement_timeout = 50;\nSELECT pg_sleep(5);\n")
    for mode in ("simple", "extended", "prepared"):
        record(f"pgbench_{mode}", "pgbench", "-n", "-c1", "-t3", "-M", mode, "TARGET",
               kept=1)  # the first one only looks at the tables
    (folder / "pipeline.sql").write_text(PIPELINE_SCRIPT)
    for mode in ("extended", "prepared"):
        record(f"pgbench_pipeline_{mode}", "pgbench", "-n", "-c1", "-t2", "-M", mode, "-f",
               "pipeline.sql", "TARGET", kept=1)
    for scenario in ("pipeline", "prepare", "copy", "call", "late", "suspend"):
        record(f"libpq_{scenario}", "/usr/bin/python3", str(HERE / "libpq_client.py"), scenario,
               "TARGET")
    record("psycopg2", "/usr/bin/python3", "-c", PSYCOPG2, "TARGET")
    subprocess.run(["npm", "install", "--silent", "pg@8"], cwd=folder, check=True)
    record("node_pg", "node", "-e", NODE, "TARGET")
    # From a fresh segment, so that little is streamed.
    recent = ask(server, "SELECT pg_switch_wal()", "INSERT INTO log VALUES ('streamed')",
                 "SELECT pg_current_wal_flush_lsn()")
    record("pg_receivewal", f"{BIN}/pg_receivewal", "-D", str(folder), "--no-sync", "--no-loop",
           "-E", recent, "-d", "TARGET")


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="capture-"))
    if AS_SERVER:
        shutil.chown(folder, "postgres")
    folder.chmod(0o755)
    server = None
    try:
        server = Server(folder)
        setup(server)
        record_all(server, folder)
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
