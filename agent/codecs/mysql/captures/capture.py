#!/usr/bin/python3
"""Records what real MySQL and MariaDB clients and a real MariaDB server say to each other.

Starts mariadbd on 127.0.0.1 in a temporary folder, sends real clients through a recording relay,
and writes NAME.dialogue beside this file: what was said, in the order in which it was said, each
piece with a byte that names the speaker ('C' or 'S') and four bytes of its length, least first.
mysql_capture_test.cc says what each of them holds: look there when you add one.

Wants mariadb-server, mariadb-client, libmariadb-dev, a C compiler, PyMySQL; and, for the captures
of Node, a folder with the package mysql2 in NODE_PATH. Usage: capture.py [NAME]...
"""
import contextlib
import hashlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "testing"))
from capture_relay import free_port  # noqa: E402

KEPT_BYTES = 24 * 1024
DEADLINE_SECONDS = 30


class Server:
    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.socket = folder / "socket"
        data = folder / "data"
        data.mkdir()
        user = []
        if os.geteuid() == 0:
            user = ["--user=mysql"]
            folder.chmod(0o755)
            shutil.chown(folder, "mysql")
            shutil.chown(data, "mysql")
        options = ["--no-defaults", f"--datadir={data}", *user]
        subprocess.run(
            ["mariadb-install-db", *options, "--auth-root-authentication-method=normal"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen(
            ["/usr/sbin/mariadbd", *options, f"--socket={self.socket}", f"--port={self.port}",
             "--bind-address=127.0.0.1", "--local-infile=1", "--skip-name-resolve",
             "--innodb-buffer-pool-size=16M", "--performance-schema=off"],
            stdout=self.log, stderr=self.log)
        self.wait()
        self.run_as_root("""
          CREATE DATABASE music; CREATE DATABASE IF NOT EXISTS test;
          CREATE TABLE test.inventory (id INT, name VARCHAR(40), price DECIMAL(8,2));
          CREATE USER alice@127.0.0.1 IDENTIFIED BY 'wonder';
          CREATE USER bob@127.0.0.1 IDENTIFIED BY 'builder';
          GRANT ALL ON *.* TO alice@127.0.0.1; GRANT ALL ON *.* TO bob@127.0.0.1;""")

    def wait(self):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            time.sleep(0.05)
        self.stop()
        sys.exit((self.folder / "log").read_text())

    def run_as_root(self, text):
        subprocess.run(["mariadb", "--no-defaults", f"--socket={self.socket}", "-uroot"],
                       input=text, text=True, check=True)

    def stop(self):
        self.process.terminate()
        self.process.wait(DEADLINE_SECONDS)


class Recorder:
    """A relay that keeps what is said on its first connection."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.lock = threading.Lock()
        self.pieces = []
        self.threads = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        recorded = True
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.upstream))
            for way in [(client, server, b"C"), (server, client, b"S")]:
                thread = threading.Thread(target=self.copy, args=(*way, recorded), daemon=True)
                thread.start()
                if recorded:
                    self.threads.append(thread)
            recorded = False

    def copy(self, source, target, speaker, recorded):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if recorded:
                    self.keep(speaker, data)
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def keep(self, speaker, data):
        with self.lock:
            if self.pieces and self.pieces[-1][0] == speaker:
                self.pieces[-1] = (speaker, self.pieces[-1][1] + data)
            else:
                self.pieces.append((speaker, data))

    def save(self, name):
        for thread in self.threads:
            thread.join(DEADLINE_SECONDS)
        self.listener.close()
        kept = b""
        for speaker, data in self.pieces:
            if len(kept) + len(data) > KEPT_BYTES:
                break
            kept += speaker + len(data).to_bytes(4, "little") + data
        (HERE / f"{name}.dialogue").write_bytes(kept)
        print(f"{name}: {len(kept)} bytes in {len(self.pieces)} pieces")


def mariadb(port, *options, password="wonder", text="", check=True, folder=None):
    command = ["mariadb", "--no-defaults", "-h127.0.0.1", f"-P{port}", "-ualice",
               f"-p{password}", *options]
    subprocess.run(command, input=text, text=True, check=check, cwd=folder,
                   stdout=subprocess.DEVNULL, stderr=None if check else subprocess.DEVNULL)


def client(port, folder):
    (folder / "lines.txt").write_text("1\tpear\t0.5\n2\tplum\t0.25\n")
    mariadb(port, "--local-infile=1", "--force", "music", check=False, folder=folder, text="""
      SELECT 1, 'two';
      SELEC nonsense;
      USE test;
      LOAD DATA LOCAL INFILE 'lines.txt' INTO TABLE inventory;
      LOAD DATA LOCAL INFILE '/nowhere/at/all' INTO TABLE inventory;
      delimiter //
      SELECT id FROM inventory; UPDATE inventory SET price = 1; SELECT 3//
      SELECT 4; SELECT five; SELECT 6//
      delimiter ;
      START TRANSACTION;
      INSERT INTO inventory VALUES (3, 'quince', 2);
      COMMIT;
      DROP DATABASE IF EXISTS none;
      SELECT REPEAT('long ', 300);
      ALTER TABLE inventory ENGINE=Aria, FORCE;
      DELETE FROM inventory;""")


def client_autocomplete(port, _):
    mariadb(port, "--auto-rehash", "test", text="SELECT COUNT(*) FROM inventory;")


def client_wrong_password(port, _):
    mariadb(port, password="wrong", text="SELECT 1", check=False)


def client_no_database(port, _):
    mariadb(port, "nowhere", text="SELECT 1", check=False)


def client_compressed(port, _):
    mariadb(port, "--compress", text="SELECT 1")


def libmariadb(port, folder):
    flags = subprocess.run(["mariadb_config", "--include", "--libs"], capture_output=True,
                           text=True, check=True).stdout.split()
    program = folder / "prepared"
    subprocess.run(["cc", "-o", program, HERE / "prepared.c", *flags], check=True)
    subprocess.run([program, str(port)], check=True)


def slap(port, _):
    subprocess.run(["mariadb-slap", "--no-defaults", "-h127.0.0.1", f"-P{port}", "-ualice",
                    "-pwonder", "--protocol=tcp", "--auto-generate-sql", "--concurrency=1",
                    "--number-of-queries=12", "--auto-generate-sql-write-number=5",
                    "--detach=0"], check=True, stdout=subprocess.DEVNULL)


def pymysql(port, _):
    import pymysql as module
    connection = module.connect(host="127.0.0.1", port=port, user="alice", password="wonder",
                                database="music", client_flag=module.constants.CLIENT.MULTI_STATEMENTS)
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE words (id INT AUTO_INCREMENT PRIMARY KEY, word TEXT UNIQUE)")
    cursor.executemany("INSERT INTO words (word) VALUES (%s)", [("a",), ("b",), ("c",)])
    connection.commit()
    cursor.execute("SELECT * FROM words WHERE word <> %s", ("b",))
    cursor.fetchall()
    with contextlib.suppress(module.err.IntegrityError):
        cursor.execute("INSERT INTO words (word) VALUES ('a')")
    cursor.execute("SELECT 1; SELECT 2")
    while cursor.nextset():
        pass
    connection.select_db("test")
    cursor.execute("use `music`")
    cursor.execute("DROP TABLE words")
    connection.rollback()
    connection.ping()
    connection.close()


NODE = """
const mysql = require('mysql2/promise');
(async () => {
  const c = await mysql.createConnection({host: '127.0.0.1', port: PORT, user: 'alice',
    password: 'wonder', database: 'test', multipleStatements: true});
  await c.query('SELECT 1; SELECT 2, 3');
  await c.execute('INSERT INTO inventory VALUES (?, ?, ?)', [7, 'fig', 1.5]);
  await c.execute('SELECT * FROM inventory WHERE id = ?', [7]);
  await c.execute('SELECT * FROM inventory WHERE id = ?', [8]);
  await c.query('SELECT * FROM missing').catch(() => {});
  await c.execute('SELECT ? FROM missing', [1]).catch(() => {});
  await c.beginTransaction();
  await c.query('DELETE FROM inventory');
  await c.commit();
  await c.ping();
  await c.changeUser({user: 'bob', password: 'builder', database: 'music'});
  await c.query('SELECT 4');
  await c.end();
})();
"""


def node(port, _):
    subprocess.run(["node", "-e", NODE.replace("PORT", str(port))], check=True)


class Raw:
    """A client that agrees to everything that the server can, and does not wait for answers."""

    MARIADB_CAPABILITIES = 0x1D  # progress, bulk operations, extended and cached metadata

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), DEADLINE_SECONDS)
        greeting = self.packet()
        fixed = greeting.index(0, 1) + 1
        scramble = greeting[fixed + 4:fixed + 12] + greeting[fixed + 31:fixed + 43]
        twice = hashlib.sha1(hashlib.sha1(b"wonder").digest()).digest()
        token = bytes(a ^ b for a, b in zip(hashlib.sha1(b"wonder").digest(),
                                            hashlib.sha1(scramble + twice).digest()))
        # Multiple results, prepared ones too, session tracking, no EOFs; no CLIENT_MYSQL.
        capabilities = 0x01FF8208
        self.send(capabilities.to_bytes(4, "little") + bytes([0, 0, 0, 1, 45]) + bytes(19) +
                  self.MARIADB_CAPABILITIES.to_bytes(4, "little") + b"alice\0\x14" + token +
                  b"test\0mysql_native_password\0" + b"\0", sequence=1)
        assert self.packet()[0] == 0

    def bytes(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            assert part, "the server has hung up"
            data += part
        return data

    def packet(self):
        return self.bytes(int.from_bytes(self.bytes(4)[:3], "little"))

    def send(self, *payloads, sequence=0):
        self.socket.sendall(b"".join(
            len(payload).to_bytes(3, "little") + bytes([sequence]) + payload
            for payload in payloads))

    def packets(self, count):
        for _ in range(count):
            self.packet()


def execute(statement, cursor=0):
    return b"\x17" + statement.to_bytes(4, "little") + bytes([cursor, 1, 0, 0, 0])


def raw(port, _):
    last = 0xFFFFFFFF
    client = Raw(port)
    client.send(b"\x03SELECT 1 UNION SELECT 2", b"\x0e", b"\x03USE music", b"\x03SELECT DATABASE()")
    client.packets(5 + 1 + 1 + 4)
    # The second execution leaves the definitions out.
    client.send(b"\x16SELECT 3 AS three, 4 AS four")
    statement = int.from_bytes(client.packet()[1:5], "little")
    client.packets(2)
    for _ in range(2):
        client.send(execute(statement), b"\x0e")
        while client.packet()[:3] != b"\0\0\0":
            pass
    client.send(execute(statement, cursor=1), b"\x0e")
    while client.packet()[:3] != b"\0\0\0":
        pass
    client.send(b"\x1c" + statement.to_bytes(4, "little") + b"\5\0\0\0")
    client.packets(2)
    client.send(b"\x16DO 5", execute(last), b"\x16nonsense", execute(last), b"\x1f")
    client.packets(5)
    client.send(b"\x01")
    client.socket.close()


CAPTURES = [raw, client, client_autocomplete, client_wrong_password, client_no_database,
            client_compressed, libmariadb, slap, pymysql, node]


def main():
    wanted = set(sys.argv[1:])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server = Server(folder)
        try:
            for capture in CAPTURES:
                if wanted and capture.__name__ not in wanted:
                    continue
                recorder = Recorder(server.port)
                capture(recorder.port, folder)
                recorder.save(capture.__name__)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
