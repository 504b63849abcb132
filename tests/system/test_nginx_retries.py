"""What nginx repeats, and what it says itself: real nginx before upstreams that lose answers."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.processes import ROOT
from tests.system.test_nginx import AROUND
from tools.services import find_binary, free_port, wait_until

pytestmark = pytest.mark.services


@dataclass
class LossyServer:
    """Takes each request and closes the connection without an answer."""

    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    requests: list[bytes] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                connection, _ = self.listener.accept()
                with connection:
                    self.requests.append(connection.recv(65536).split(b" ")[0])


@pytest.fixture
def lossy() -> Iterator[tuple[LossyServer, LossyServer]]:
    servers = LossyServer(), LossyServer()
    for server in servers:
        threading.Thread(target=server.serve, daemon=True).start()
    yield servers
    for server in servers:
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()


def run_nginx(directory: Path, *upstreams: str) -> "tuple[subprocess.Popen[bytes], str]":
    port = free_port()
    template = (ROOT / "deploy/nginx.conf.template").read_text()
    values = {"LISTEN": f"127.0.0.1:{port}", "WEB_1": upstreams[0], "WEB_2": upstreams[1]}
    for name, value in values.items():
        template = template.replace(f"${{{name}}}", value)
    (directory / "site.conf").write_text(template)
    (directory / "nginx.conf").write_text(AROUND.format(directory=directory))
    shutil.copy("/dev/null", directory / "error.log")
    command = [str(find_binary("nginx")), "-c", str(directory / "nginx.conf"), "-p", str(directory)]
    process = subprocess.Popen(command)

    def is_up() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    wait_until(is_up, "nginx")
    return process, f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("method", "times"),
    [("GET", 2), ("POST", 1), ("PATCH", 1), ("PUT", 1), ("DELETE", 1)],
)
def test_only_reads_are_repeated_after_a_lost_answer(
    lossy: tuple[LossyServer, LossyServer], tmp_path: Path, method: str, times: int
) -> None:
    process, url = run_nginx(tmp_path, *(server.address for server in lossy))
    with process:
        answer = httpx.request(method, f"{url}/api/polls/1", timeout=20)
        received = [request for server in lossy for request in server.requests]
        page = httpx.request(method, f"{url}/manage", timeout=20)
        process.terminate()
    assert received == [method.encode()] * times
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json().keys() == {"error", "code", "message"}
    assert page.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
def test_a_process_that_refuses_connections_is_passed_over(tmp_path: Path, method: str) -> None:
    good = LossyServer()

    def answer_all() -> None:
        with suppress(OSError):
            while True:
                connection, _ = good.listener.accept()
                with connection:
                    good.requests.append(connection.recv(65536))
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    threading.Thread(target=answer_all, daemon=True).start()
    process, url = run_nginx(tmp_path, f"127.0.0.1:{free_port()}", good.address)
    with process:
        body = b"x" * 8_000 if method in {"POST", "PUT", "PATCH"} else None
        answers = [
            httpx.request(method, f"{url}/api/polls/1", content=body, timeout=20).status_code
            for _ in range(4)
        ]
        large = httpx.post(f"{url}/api/polls", content=b"x" * 2_000_000, timeout=20)
        process.terminate()
    good.listener.shutdown(socket.SHUT_RDWR)
    good.listener.close()
    assert answers == [200] * 4
    assert (large.status_code, large.json()["code"]) == (413, "request.too_large")
