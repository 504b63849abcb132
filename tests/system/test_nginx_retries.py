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

from apikit.errors import ServerUnavailableError
from tests.processes import ROOT
from tests.system.proxy import AROUND
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
    ("method", "times", "code"),
    [
        ("GET", 2, "server.unavailable"),
        ("OPTIONS", 2, "server.unavailable"),
        *((each, 1, "server.in_doubt") for each in ("POST", "PATCH", "PUT", "DELETE")),
    ],
)
def test_only_reads_are_repeated_after_a_lost_answer(
    lossy: tuple[LossyServer, LossyServer], tmp_path: Path, method: str, times: int, code: str
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
    assert answer.json()["code"] == code
    assert page.headers["Content-Type"].startswith("text/html")
    assert ("may or may not have been saved" in page.text) == (code == "server.in_doubt")


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST", "PATCH", "PUT", "DELETE"])
def test_a_request_that_no_process_received_is_not_in_doubt(tmp_path: Path, method: str) -> None:
    process, url = run_nginx(tmp_path, *(f"127.0.0.1:{free_port()}" for _ in range(2)))
    with process:
        # Then nginx knows of no process that it could ask.
        answers = [
            httpx.request(
                method, f"{url}/api/polls", headers={"Content-Length": "2"}, content=b"{}"
            )
            for _ in range(3)
        ]
        page = httpx.request(method, f"{url}/manage")
        process.terminate()
    assert {(answer.status_code, answer.headers["Retry-After"]) for answer in answers} == {
        (503, "1")
    }
    assert {answer.json()["code"] for answer in answers} == {"server.unavailable"}
    assert {answer.json()["message"] for answer in answers} == {ServerUnavailableError.message}
    assert "Try again in a few seconds." in page.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_request_that_the_second_process_lost_is_in_doubt(
    lossy: tuple[LossyServer, LossyServer], tmp_path: Path, method: str
) -> None:
    process, url = run_nginx(tmp_path, f"127.0.0.1:{free_port()}", lossy[0].address)
    with process:
        codes = [
            httpx.request(method, f"{url}/api/polls/1", timeout=20).json()["code"] for _ in range(2)
        ]
        process.terminate()
    assert "server.in_doubt" in codes
    # Each time that it received the request, and only then.
    assert codes.count("server.in_doubt") == len(lossy[0].requests)


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
