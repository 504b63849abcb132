"""Behaviour of a running server: body limits, proxies and metrics."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.processes import MANAGE, SECRETS, ServerProcess, create_migrated_database
from tests.site.conftest import ANOTHER_ORIGIN, REQUEST_LIMIT

LARGE = b'{"name": "' + b"x" * 300_000 + b'"}'


def in_parts() -> Iterator[bytes]:
    """A body without an announced length."""
    for start in range(0, len(LARGE), 50_000):
        yield LARGE[start : start + 50_000]


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_body_above_the_bound_is_refused(server: ServerProcess, is_announced: bool) -> None:
    answer = httpx.post(
        f"{server.url}/api/auth/guest",
        content=LARGE if is_announced else in_parts(),
        headers={"Content-Type": "application/json", "Origin": ANOTHER_ORIGIN},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")
    # A page on another origin can read why.
    assert answer.headers["Access-Control-Allow-Origin"] == ANOTHER_ORIGIN


def statuses(server: ServerProcess, addresses: list[str]) -> list[int]:
    """Responses to requests that claim each of these client addresses in turn."""
    with httpx.Client(base_url=server.url) as client:
        return [
            client.get("/api/polls?limit=1", headers={"X-Forwarded-For": address}).status_code
            for address in addresses
        ]


def test_a_trusted_proxy_may_set_the_client_address(server: ServerProcess) -> None:
    """By default one on the same machine is, which is where the tests are."""
    here = statuses(server, ["198.51.100.1"] * (REQUEST_LIMIT + 1))
    assert here == [200] * REQUEST_LIMIT + [429]
    assert statuses(server, ["198.51.100.2"]) == [200]
    # What the client itself wrote stands to the left of what the proxy added.
    assert statuses(server, ["203.0.113.9, 198.51.100.1"]) == [429]


def test_one_process_serves_its_metrics(server: ServerProcess) -> None:
    answer = httpx.get(f"{server.url}/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "# TYPE tallyroom_ballots_total counter" in answer.text
    assert "python_info" in answer.text


# Several processes


@pytest.fixture
def production(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server started as by ``make serve``, with two processes and a proxy elsewhere."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")
    } | {
        "ENVIRONMENT": "production",
        **SECRETS,
        "DRAIN_SECONDS": "0",
        "HOST": "127.0.0.1",
        "VAR_DIR": str(tmp_path),
        "WEB_PROCESSES": "2",
        "TRUSTED_PROXIES": "10.9.9.9",
        "RATE_LIMIT_MAX_REQUESTS": "10",
        "RATE_LIMIT_WINDOW_MS": "86400000",
    }
    environment["DATABASE_URL"] = create_migrated_database(
        os.environ["DATABASE_URL"], f"serving_{os.getpid()}", environment
    )
    server = ServerProcess([*MANAGE, "serve"], environment, tmp_path / "server.log")
    server.start()
    yield server
    server.stop()


@pytest.mark.services
def test_processes_serve_joint_metrics_and_trust_no_stranger(
    production: ServerProcess,
) -> None:
    addresses = [f"198.51.100.{number}" for number in range(21)]
    assert 429 in statuses(production, addresses)
    figures = production.metrics()
    assert 'tallyroom_ballots_total{outcome="accepted"} 0.0' in figures
    # What a process says of itself alone has no place in the figures of all.
    assert "python_info" not in figures
    assert len(list((production.log.parent / "metrics").glob("*/*.db"))) >= 2
