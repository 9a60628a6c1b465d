"""nginx, lighttpd and Apache, each with the least configuration that works."""

import os
import pathlib

from harness.waiting import free_port  # noqa: F401

PAGE = "a page of the distribution's server\n" * 40

_NGINX = """
daemon off;
{user}
worker_processes {workers};
pid {root}/nginx.pid;
error_log {root}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  server_tokens off;
  keepalive_requests 100000;
  client_body_temp_path {root}/body;
  proxy_temp_path {root}/proxy;
  fastcgi_temp_path {root}/fastcgi;
  uwsgi_temp_path {root}/uwsgi;
  scgi_temp_path {root}/scgi;
  {upstreams}
  server {{
    listen 127.0.0.1:{port};
    {listen}
    root {root}/pages;
    {locations}
    location /hello {{ return 200 "hello\\n"; }}
    location /missing {{ return 404; }}
    location /broken {{ return 500; }}
  }}
}}
"""

_LIGHTTPD = """
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{root}/pages"
server.errorlog = "{root}/error.log"
server.upload-dirs = ( "{root}" )
index-file.names = ( "index.html" )
etag.use-inode = "disable"
mimetype.assign = ( ".html" => "text/html" )
"""

_APACHE = """
ServerRoot {root}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {root}/apache.pid
ErrorLog {root}/error.log
Mutex file:{root}
DefaultRuntimeDir {root}
LoadModule mpm_{mpm}_module {modules}/mod_mpm_{mpm}.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule mime_module {modules}/mod_mime.so
TypesConfig {root}/types
DocumentRoot {root}/pages
{user}
<Directory {root}/pages>
  Require all granted
</Directory>
"""


def pages(session):
    """A directory with a page in it, and room for a server's own files."""
    root = session.directory()
    os.mkdir(f"{root}/pages")
    pathlib.Path(root, "types").write_text("text/html html\n")
    page = pathlib.Path(root, "pages", "index.html")
    page.write_text(PAGE)
    os.utime(page, (1_700_000_000, 1_700_000_000))
    large = pathlib.Path(root, "pages", "large.html")
    large.write_text(PAGE * 2000)
    os.utime(large, (1_700_000_000, 1_700_000_000))
    os.chmod(root, 0o777)
    return root


def nginx(session, name="nginx", upstreams=None, locations="", listen="", user="root", workers=1,
          **options):
    """Starts nginx. `upstreams` maps a path prefix to the port that it is passed on to over
    connections that are kept alive."""
    root, port = pages(session), free_port()
    blocks = []
    for number, (prefix, target) in enumerate((upstreams or {}).items()):
        blocks.append(f"upstream u{number} {{ server 127.0.0.1:{target}; keepalive 16; }}")
        locations += (f"location {prefix} {{ proxy_pass http://u{number}; proxy_http_version 1.1;"
                      f' proxy_set_header Connection ""; }}\n')
    config = pathlib.Path(root, "nginx.conf")
    config.write_text(_NGINX.format(
        root=root, port=port, upstreams="\n  ".join(blocks), locations=locations, listen=listen,
        workers=workers, user=f"user {user};" if os.getuid() == 0 else ""))
    server = session.start("/usr/sbin/nginx", "-c", config, "-p", root, "-e", f"{root}/error.log",
                           name=name, **options)
    server.wait_for_port(port)
    return port


def lighttpd(session, name="lighttpd"):
    root, port = pages(session), free_port()
    config = pathlib.Path(root, "lighttpd.conf")
    config.write_text(_LIGHTTPD.format(root=root, port=port))
    session.start("/usr/sbin/lighttpd", "-D", "-f", config, name=name).wait_for_port(port)
    return port


def apache(session, mpm="event", name="apache"):
    root, port = pages(session), free_port()
    config = pathlib.Path(root, "apache.conf")
    # Apache refuses to serve as root.
    user = "User nobody\nGroup nogroup" if os.getuid() == 0 else ""
    config.write_text(_APACHE.format(root=root, port=port, mpm=mpm, user=user,
                                     modules="/usr/lib/apache2/modules"))
    session.start("/usr/sbin/apache2", "-X" if mpm == "single" else "-DFOREGROUND", "-f", config,
                  name=name).wait_for_port(port)
    return port


def python_http(session, *upstream_urls, name="python", **options):
    """http.server with a thread for each connection; /chain goes on with requests."""
    from harness import paths
    server = session.start("/usr/bin/python3", paths.script("python/http_server.py"),
                           *upstream_urls, name=name, **options)
    return server.port


def node_http(session, *arguments, name="node", **options):
    from harness import paths
    server = session.start("node", paths.script("node/http_server.js"), *arguments, name=name,
                           **options)
    return server.port
