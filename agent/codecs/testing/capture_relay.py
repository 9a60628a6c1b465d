"""What the scripts that record real clients and servers share: free ports and a recording relay."""
import itertools
import socket
import struct
import sys
import threading
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"nothing listens on {port}")


class Recorder:
    """A relay that keeps the turns of one connection: 0 is the first.

    save() writes FOLDER/NAME.dialogue: turns, each a direction ('C' from the client, 'S' from the
    server), a length of four bytes in network order, and the bytes.
    """

    def __init__(self, folder, upstream, kept):
        self.folder = folder
        self.upstream = upstream
        self.kept = kept
        self.turns = []
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        for number in itertools.count():
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.upstream))
            ends = (client, server, number == self.kept)
            threading.Thread(target=self.relay, args=ends, daemon=True).start()

    def relay(self, client, server, keep):
        ways = [(client, server, b"C"), (server, client, b"S")]
        threads = [threading.Thread(target=self.copy, args=(*way, keep)) for way in ways]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.close()
        server.close()
        if keep:
            self.ended.set()

    def copy(self, source, target, direction, keep):
        try:
            while data := source.recv(65536):
                if keep:
                    self.record(direction, data)
                target.sendall(data)
        except OSError:
            pass
        # The client may wait for answers after its last word; the server's end is the end.
        how = socket.SHUT_WR if direction == b"C" else socket.SHUT_RDWR
        for one in (target,) if direction == b"C" else (source, target):
            try:
                one.shutdown(how)
            except OSError:
                pass

    def record(self, direction, data):
        with self.lock:
            if self.turns and self.turns[-1][0] == direction:
                data = self.turns.pop()[1] + data
            self.turns.append((direction, data))

    def save(self, name):
        if not self.ended.wait(10):
            sys.exit(f"{name}: its connection has not ended")
        self.listener.close()
        kept = b"".join(d + struct.pack(">I", len(b)) + b for d, b in self.turns)
        (self.folder / f"{name}.dialogue").write_bytes(kept)
        print(f"{name}: {len(self.turns)} turns, {len(kept)} bytes")
