"""The servers that the benchmarks measure."""

import os
import tempfile
from pathlib import Path

from measuring import Run
from subjects import BUILD, Server, free_port

NGINX_CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
"""


class Subject:
    """A server to measure: how to start it, what to ask it, and how often."""

    spans_per_request = 1
    slices = 20

    def open_run(self, mode, processors, stack):
        return Run(self, mode, processors, stack)

    def __init__(self, name, requests, connections=8, path="/hello", command=None):
        self.name, self.requests, self.connections, self.path = name, requests, connections, path
        self.command = command

    def start(self, environment, processors=(), wrapper=()):
        command = [*wrapper, str(BUILD / "apps" / self.command[0]), *self.command[1:], "--port", "0"]
        return Server(command, environment, processors)


class Nginx(Subject):
    def start(self, environment, processors=(), wrapper=()):
        folder = tempfile.mkdtemp(prefix="seamtrace-bench-nginx-")
        os.chmod(folder, 0o755)  # the worker is another user when root starts it
        port = free_port()
        os.mkdir(f"{folder}/www")
        Path(f"{folder}/www/hello").write_text("hello\n" * 20)
        Path(f"{folder}/nginx.conf").write_text(NGINX_CONFIGURATION.format(folder=folder, port=port))
        command = [*wrapper, "/usr/sbin/nginx", "-p", folder, "-c", f"{folder}/nginx.conf",
                   "-e", f"{folder}/error.log"]
        return Server(command, environment, processors, port, folder)


SERVERS = [
    Subject("epoll", 300_000, command=["epoll_server"]),
    Subject("httplib", 40_000, command=["httplib_server", "--threads", "8"]),
    Subject("beast", 100_000, command=["beast_server", "--threads", "1"]),
    Nginx("nginx", 100_000),
]
