#!/usr/bin/python3
"""Records what real HTTP/1.x clients and servers say to each other.

Starts nginx, lighttpd, Apache, Python's http.server and Node's http on 127.0.0.1, sends real
clients through a recording proxy, and writes NAME.request and NAME.response beside this file.
http1_capture_test.cc says what each of them holds: look there when you add one.
"""
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
from capture_relay import free_port, wait_for  # noqa: E402

KEPT_BYTES = 24 * 1024  # of each direction


class Recorder:
    """A proxy that keeps the bytes of its first connection that carries any."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.sent, self.received = bytearray(), bytearray()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.upstream))
            first = not self.sent
            ways = [(client, server, self.sent), (server, client, self.received)]
            threads = [
                threading.Thread(target=self.copy, args=(*way, first), daemon=True) for way in ways
            ]
            for thread in threads:
                thread.start()
            if first:
                for thread in threads:
                    thread.join(20)

    @staticmethod
    def copy(source, target, record, keep):
        try:
            while data := source.recv(65536):
                if keep:
                    record += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def save(self, name):
        time.sleep(0.2)
        self.listener.close()
        (HERE / f"{name}.request").write_bytes(self.sent[:KEPT_BYTES])
        (HERE / f"{name}.response").write_bytes(self.received[:KEPT_BYTES])
        print(f"{name}: {len(self.sent)} {len(self.received)}")


NGINX = """
daemon off; pid {dir}/nginx.pid; error_log {dir}/nginx.log; worker_processes 1;
events {{}}
http {{
  access_log off; client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  if_modified_since before; gzip on; gzip_min_length 1; gzip_types text/plain;
  server {{ listen 127.0.0.1:{port}; root {dir}/www; location /up {{ proxy_pass http://127.0.0.1:{up}; }} }}
}}
"""
LIGHTTPD = """
server.document-root = "{dir}/www"
server.bind = "127.0.0.1"
server.port = {port}
server.modules = ("mod_dirlisting")
dir-listing.activate = "enable"
"""
APACHE = """
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {dir}/apache.pid
ErrorLog {dir}/apache.log
DocumentRoot {dir}/www
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule autoindex_module /usr/lib/apache2/modules/mod_autoindex.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule proxy_connect_module /usr/lib/apache2/modules/mod_proxy_connect.so
ProxyRequests On
AllowCONNECT 1-65535
<Directory "{dir}/www">
  Options +Indexes
</Directory>
"""
NODE_SERVER = """
const http = require('http');
const server = http.createServer((request, response) => {
  const path = request.url;
  if (path === '/empty') { response.writeHead(204); response.end(); return; }
  if (path === '/slow') { setTimeout(() => response.end('slow'), 200); return; }
  if (path === '/early') {
    response.writeEarlyHints({link: '</style.css>; rel=preload; as=style'});
    response.end('hinted'); return;
  }
  if (path === '/trailers') {
    response.writeHead(200, {Trailer: 'X-Checksum'});
    response.write('first part, '); response.write('second part');
    response.addTrailers({'X-Checksum': 'abc'}); response.end(); return;
  }
  if (path === '/events') {
    response.writeHead(200, {'Content-Type': 'text/event-stream'});
    let n = 0;
    const timer = setInterval(() => {
      response.write(`data: ${++n}\\n\\n`);
      if (n === 3) { clearInterval(timer); response.end(); }
    }, 20);
    return;
  }
  let size = 0;
  request.on('data', (data) => { size += data.length; });
  request.on('end', () => response.end(`got ${size}`));
});
server.on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: echo\\r\\nConnection: Upgrade\\r\\n\\r\\nhello');
  socket.once('data', () => socket.end('bye'));
});
server.listen(Number(process.argv[1]), '127.0.0.1');
"""
NODE_CLIENT = """
const http = require('http');
const base = process.argv[1];
const agent = new http.Agent({keepAlive: true, maxSockets: 1});
const call = (path, options, body) => new Promise((done, failed) => {
  const request = http.request(base + path, {agent, ...options}, (response) => {
    response.resume(); response.on('end', done);
  });
  request.on('error', failed);
  if (body) for (const part of body) request.write(part);
  request.end();
});
(async () => {
  await call('/trailers');
  await call('/empty', {method: 'DELETE'});
  await call('/early');
  await call('/events');
  await call('/upload', {method: 'POST'}, ['part one, ', 'part two']);
  await call('/upload', {method: 'HEAD'});
  agent.destroy();
})();
"""
NODE_FETCH = """
const base = process.argv[1];
(async () => {
  await (await fetch(base + '/hello?name=w%C3%B6rld', {method: 'POST', body: JSON.stringify({a: 1})})).text();
  process.exit(0);
})();
"""
NODE_UPGRADE = """
const http = require('http');
const request = http.request(process.argv[1] + '/chat',
  {headers: {Connection: 'Upgrade', Upgrade: 'echo'}});
request.on('upgrade', (response, socket) => { socket.write('\\x00\\x01ping'); socket.resume(); });
request.end();
"""
# A server of HTTP/1.0 habits: no length, the end of the connection ends the response.
PYTHON_SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain')
        self.end_headers()
        self.wfile.write(b'until the end\\n' * 3)
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
"""
PYTHON_REQUESTS = """
import requests, sys
base = sys.argv[1]
with requests.Session() as session:
    session.get(base + '/index.html', params={'q': 'a b'})
    session.post(base + '/upload', data={'field': 'value'})
    session.post(base + '/upload', data=(part for part in [b'one', b'two']))
"""


def main():
    directory = pathlib.Path(tempfile.mkdtemp(prefix="capture-"))
    directory.chmod(0o755)  # nginx serves as another user when root starts it
    (directory / "www").mkdir()
    (directory / "www" / "index.html").write_text("<html><body>It works.</body></html>\n")
    (directory / "www" / "lines.txt").write_text("".join(f"line {i}\n" for i in range(500)))
    (directory / "www" / "empty").mkdir()
    (directory / "www" / "empty" / "file").write_text("")
    ports = {name: free_port() for name in ("nginx", "lighttpd", "apache", "python", "files", "node")}
    for name, text, up in (("nginx", NGINX, "python"), ("lighttpd", LIGHTTPD, ""), ("apache", APACHE, "")):
        config = text.format(dir=directory, port=ports[name], up=ports.get(up))
        (directory / f"{name}.conf").write_text(config)
    python, node = "/usr/bin/python3", "node"
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    servers = [
        ["/usr/sbin/nginx", "-c", f"{directory}/nginx.conf"],
        ["/usr/sbin/lighttpd", "-D", "-f", f"{directory}/lighttpd.conf"],
        ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", f"{directory}/apache.conf"],
        [python, "-c", PYTHON_SERVER, str(ports["python"])],
        [python, "-m", "http.server", "-b", "127.0.0.1", "-d", f"{directory}/www", str(ports["files"])],
        [node, "-e", NODE_SERVER, str(ports["node"])],
    ]
    running = [subprocess.Popen(s, env=environment, stderr=subprocess.DEVNULL) for s in servers]

    def record(name, server, command):
        recorder = Recorder(ports[server])
        base = f"http://127.0.0.1:{recorder.port}"
        real = f"http://127.0.0.1:{ports['nginx']}"
        arguments = [part.replace("BASE", base).replace("NGINX", real) for part in command]
        subprocess.run(arguments, env=environment, timeout=30, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        recorder.save(name)

    try:
        for port in ports.values():
            wait_for(port)
        upload = str(directory / "www" / "lines.txt")
        record("curl_nginx", "nginx", ["curl", "-s", "BASE/index.html", "BASE/missing", "BASE/lines.txt"])
        record("curl_head_nginx", "nginx", ["curl", "-s", "-I", "BASE/index.html", "BASE/lines.txt"])
        record("curl_not_modified_nginx", "nginx",
               ["curl", "-s", "-H", "If-Modified-Since: Tue, 01 Jan 2030 00:00:00 GMT", "BASE/index.html",
                "BASE/lines.txt"])
        record("curl_gzip_nginx", "nginx", ["curl", "-s", "--compressed", "BASE/lines.txt", "BASE/index.html"])
        record("curl_expect_node", "node", ["curl", "-s", "-H", "Expect: 100-continue", "-T", upload, "BASE/upload"])
        record("curl_chunked_node", "node",
               ["curl", "-s", "-H", "Transfer-Encoding: chunked", "-T", upload, "BASE/upload"])
        record("curl_form_node", "node", ["curl", "-s", "-F", f"file=@{upload}", "-F", "a=b", "BASE/upload"])
        record("curl_lighttpd", "lighttpd", ["curl", "-s", "BASE/index.html", "BASE/missing"])
        record("curl_apache", "apache", ["curl", "-s", "BASE/index.html", "BASE/empty/", "BASE/missing"])
        record("curl_absolute_apache", "apache", ["curl", "-s", "-x", "BASE", "NGINX/index.html"])
        record("curl_connect_apache", "apache", ["curl", "-s", "-p", "-x", "BASE", "NGINX/index.html"])
        record("curl_python_files", "files", ["curl", "-s", "BASE/"])
        record("curl_python_close", "python", ["curl", "-s", "BASE/anything"])
        record("requests_node", "node", [python, "-c", PYTHON_REQUESTS, "BASE"])
        record("node_node", "node", [node, "-e", NODE_CLIENT, "BASE"])
        record("fetch_node", "node", [node, "-e", NODE_FETCH, "BASE"])
        record("upgrade_node", "node", [node, "-e", NODE_UPGRADE, "BASE"])
        record("wrk_node", "node", ["wrk", "-t1", "-c1", "-d1", "BASE/slow"])
        # nginx as a client: what it sends upstream.
        recorder = Recorder(ports["python"])
        config = (directory / "nginx.conf").read_text()
        config = config.replace(f"127.0.0.1:{ports['python']}", f"127.0.0.1:{recorder.port}")
        (directory / "nginx.conf").write_text(config)
        running[0].terminate()
        running[0].wait(10)
        running[0] = subprocess.Popen(servers[0], env=environment, stderr=subprocess.DEVNULL)
        wait_for(ports["nginx"])
        subprocess.run(["curl", "-s", f"http://127.0.0.1:{ports['nginx']}/up?x=1"], env=environment,
                       stdout=subprocess.DEVNULL, timeout=30, check=False)
        recorder.save("nginx_upstream_python")
    finally:
        for server in running:
            server.terminate()
        for server in running:
            server.wait(10)
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
