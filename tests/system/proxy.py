"""The nginx that ``deploy/`` configures, in front of two processes."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx

from tests.processes import ROOT, Cluster, ServerProcess
from tools.services import find_binary, free_port, wait_until

# What the official image's own configuration says around the template, for one user.
AROUND = """
daemon off;
# Only counts if root starts it: the folders of tests are not readable for others.
user root;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/site.conf;
}}
"""


@contextmanager
def nginx_before(cluster: Cluster, tmp_path: Path) -> Iterator[ServerProcess]:
    """nginx as a server like any other, as far as clients see."""
    port = free_port()
    template = (ROOT / "deploy/nginx.conf.template").read_text()
    names = {"LISTEN": f"127.0.0.1:{port}"} | {
        f"WEB_{number}": f"127.0.0.1:{server.port}"
        for number, server in enumerate(cluster.servers, start=1)
    }
    for name, value in names.items():
        template = template.replace(f"${{{name}}}", value)
    (tmp_path / "site.conf").write_text(template)
    (tmp_path / "nginx.conf").write_text(AROUND.format(directory=tmp_path))
    shutil.copy("/dev/null", tmp_path / "error.log")
    with subprocess.Popen(
        [str(find_binary("nginx")), "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)]
    ) as process:
        site = SimpleNamespace(url=f"http://127.0.0.1:{port}", ws_url=f"ws://127.0.0.1:{port}/ws")
        wait_until(lambda: answers(site.url), "nginx")
        yield cast(ServerProcess, site)
        process.send_signal(signal.SIGTERM)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live").status_code == 200
    except httpx.TransportError:
        return False
