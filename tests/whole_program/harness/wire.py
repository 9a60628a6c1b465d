"""Bytes on sockets, as they are: a client and a server that nobody traces."""

import re
import socket
import threading

from harness.waiting import eventually

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE_ID, REMOTE_SPAN_ID = TRACEPARENT.split("-")[1:3]

_ADDED = re.compile(rb"(?<=\n)(traceparent|tracestate|baggage): [^\r\n]*\r?\n")


def request(path="/", method="GET", headers=(), body=b"", version="1.1", close=True):
    """The bytes of a request. `headers` are lines."""
    lines = [f"{method} {path} HTTP/{version}", "Host: localhost", *headers]
    if close:
        lines.append("Connection: close")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def connect(port, host="127.0.0.1", timeout=20):
    return socket.create_connection((host, port), timeout=timeout)


def read_to_end(connection):
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pieces.append(b"<reset>")
    return b"".join(pieces)


def exchange(port, bytes_or_pieces, host="127.0.0.1"):
    """Sends, then reads until the other side closes."""
    pieces = [bytes_or_pieces] if isinstance(bytes_or_pieces, bytes) else bytes_or_pieces
    with connect(port, host) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        return undated(read_to_end(connection))


def get(port, path, *headers, host="127.0.0.1"):
    return exchange(port, request(path, headers=headers), host)


def get_kept(port, path, *headers):
    """The response over a connection that the server may keep."""
    with connect(port) as connection:
        connection.sendall(request(path, headers=headers, close=False))
        return undated(read_response(connection)[0])


def undated(response):
    """The response without what may differ from one moment to the next."""
    return re.sub(rb"(?m)^Date: [^\r\n]*\r$", b"Date: now\r", response)


def body_of(response):
    return response.split(b"\r\n\r\n", 1)[1]


def read_response(connection, stream=b""):
    """One response with a Content-Length from a connection: (response, what follows)."""
    while b"\r\n\r\n" not in stream:
        piece = connection.recv(65536)
        if not piece:
            return stream, b""
        stream += piece
    head = stream.split(b"\r\n\r\n", 1)[0]
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    size = len(head) + 4 + (int(length[1]) if length else 0)
    while len(stream) < size:
        piece = connection.recv(65536)
        if not piece:
            break
        stream += piece
    return stream[:size], stream[size:]


def without_added(stream):
    """(the stream without the header lines that Seamtrace may add, those lines)."""
    added = [match[0].decode() for match in _ADDED.finditer(stream)]
    return _ADDED.sub(b"", stream), added


def header_values(stream, name):
    """The values of a header in a stream of requests, in order."""
    pattern = rb"(?im)^" + re.escape(name.encode()) + rb": *([^\r\n]*)\r?$"
    return [value.decode("latin-1") for value in re.findall(pattern, stream)]


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n"


class RecordingServer:
    """Keeps every byte that arrives, connection by connection, and answers each request.
    answer(head, number) gives the bytes; None closes, "reset" resets; a list is sent piece by
    piece."""

    def __init__(self, answer=None, family=socket.AF_INET, address=None):
        self.streams = []
        self._answer = answer or (lambda head, number: ANSWER)
        self._number = 0
        self._lock = threading.Lock()
        self._connections = []
        self._peers = []
        self._ended = 0
        self._family = family
        self._listener = socket.socket(family)
        if family != socket.AF_UNIX:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(address or ("127.0.0.1", 0))
        self._listener.listen(256)
        self.port = 0 if family == socket.AF_UNIX else self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        for connection in self._connections:
            connection.close()

    @property
    def stream(self):
        """All that arrived, one connection after the other."""
        with self._lock:
            return b"".join(bytes(stream) for stream in self.streams)

    def final_stream(self):
        """The same, when the clients are known to have ended: nothing is on its way any more."""
        with socket.socket(self._family) as last:
            # Connections are accepted in order, so all others have been when this one is.
            last.connect(self._listener.getsockname())
            eventually(lambda: self._is_known(last.getsockname()), "the last connection")
        eventually(lambda: self._ended == len(self.streams), "the connections to end")
        return self.stream

    def _is_known(self, name):
        if self._family == socket.AF_UNIX:
            return True
        with self._lock:
            return any(name == peer for peer in self._peers)

    def _accept(self):
        while True:
            try:
                connection, peer = self._listener.accept()
            except OSError:
                return
            stream = bytearray()
            with self._lock:
                self.streams.append(stream)
                self._connections.append(connection)
                self._peers.append(peer)
            threading.Thread(target=self._serve, args=(connection, stream), daemon=True).start()

    def _serve(self, connection, stream):
        position = 0
        try:
            while piece := connection.recv(65536):
                with self._lock:
                    stream += piece
                while (end := _message_end(stream, position)) is not None:
                    head = bytes(stream[position:end])
                    position = end
                    if not self._reply(connection, head):
                        return
        except OSError:
            pass
        finally:
            connection.close()
            with self._lock:
                self._ended += 1

    def _reply(self, connection, head):
        with self._lock:
            number = self._number
            self._number += 1
        answer = self._answer(head, number)
        if answer is None:
            return False
        if answer == "reset":
            linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return False
        for piece in answer if isinstance(answer, list) else [answer]:
            connection.sendall(piece)
        return True


def _message_end(stream, start):
    """Where the request that starts there ends; None while it has not."""
    end = stream.find(b"\r\n\r\n", start)
    if end < 0:
        return None
    head = bytes(stream[start:end]).lower()
    end += 4
    if b"\r\ntransfer-encoding: chunked" in head:
        last = stream.find(b"0\r\n\r\n", end)
        return None if last < 0 else last + 5
    length = re.search(rb"\r\ncontent-length: *(\d+)", head)
    end += int(length[1]) if length else 0
    return end if len(stream) >= end else None
