"""Serves with nginx, on loopback, what `scrapy mirror --write` writes or a site of that layout."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path

ROLL = "feed.mix.sina.com.cn/api/roll/get"

CONFIG = """
user {user};
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  types {{ }}
  default_type text/html;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  gzip_static on;
  server {{
    listen 127.0.0.1:{port};
    root {root};
    location = /{roll} {{ try_files /{roll}/$arg_pageid-$arg_lid-$arg_page.json =404; }}
  }}
}}
"""


@contextmanager
def serving(root: Path, folder: Path) -> Iterator[str]:
    """Runs nginx on a free port while the block runs, its own files in `folder`; yields its URL.

    Raises SystemExit when nginx is not installed or ends before it answers.
    """
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise SystemExit("nginx is not installed: apt-get install nginx-light")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    config = folder / "nginx.conf"
    config.write_text(
        CONFIG.format(user=getuser(), folder=folder, root=root, port=port, roll=ROLL), "utf-8"
    )
    command = [program, "-c", str(config), "-e", str(folder / "error.log")]
    with subprocess.Popen(command) as server:  # noqa: S603 - nginx with our own configuration
        try:
            _wait_for(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    while True:
        if server.poll() is not None:
            raise SystemExit(f"nginx ended with code {server.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
