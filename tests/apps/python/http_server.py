"""Python's own http.server, a thread for each connection. /chain goes on to the URLs that are
given as arguments, with requests."""

import http.server
import sys

import requests


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = f"python {self.path}\n"
        if self.path.startswith("/chain/"):
            for upstream in sys.argv[1:]:
                body += requests.get(upstream + self.path, timeout=20).text
        self.answer(body.encode())

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *unused):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256


server = Server(("127.0.0.1", 0), Handler)
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
