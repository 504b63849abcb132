"""Log lines have one format, text or JSON, and never contain secrets."""

import json
import logging
import os
import subprocess
import sys
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.conftest import PASSWORD
from tests.processes import ROOT, ServerProcess


def lines_of(server: ServerProcess) -> list[dict[str, Any]]:
    """The server's log lines, without its welcome and emails."""
    texts = server.log.read_text().splitlines()
    return [json.loads(text) for text in texts if text.startswith("{")]


def test_no_line_contains_a_password_or_a_token(server: ServerProcess) -> None:
    account = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD}
    with httpx.Client(base_url=server.url) as client:
        tokens = client.post("/api/auth/register", json=account).json()["tokens"]
        login = {"email": account["email"], "password": PASSWORD}
        tokens |= client.post("/api/auth/login", json=login).json()["tokens"]
        client.post("/api/auth/login", json=login | {"password": "wrong horse"})
        headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
        client.get("/api/auth/me", headers=headers)
        client.get(f"/api/nope?token={tokens['accessToken']}")
        client.post("/api/auth/refresh", json={"refreshToken": tokens["refreshToken"]})
        client.post("/api/auth/refresh", json={"refreshToken": tokens["refreshToken"]})
    for address in ("", f"?token={tokens['accessToken']}", "?token=nonsense-token"):
        with connect(server.ws_url + address) as socket, suppress(ConnectionClosed):
            socket.send("not json")
            socket.recv(timeout=10)
    log = server.log.read_text()
    assert "/api/auth/login" in log
    for secret in (PASSWORD, "wrong horse", *tokens.values(), "nonsense-token"):
        assert secret not in log


def test_a_line_is_an_object_with_time_logger_and_event(server: ServerProcess) -> None:
    answer = httpx.get(f"{server.url}/api/polls?search=private")
    request_id = answer.headers["X-Request-Id"]
    [line] = [line for line in lines_of(server) if line.get("request_id") == request_id]
    assert line["event"] == "request"
    assert line["path"] == "/api/polls"
    assert (line["method"], line["status"], line["level"]) == ("GET", 200, "debug")
    assert line["timestamp"].endswith("Z")
    assert line["ms"] >= 0


@pytest.mark.parametrize("form", ["json", "console"])
def test_libraries_and_tracebacks_use_the_same_format(form: str) -> None:
    program = f"""
import logging
import structlog
from polling_site.config.logs import configure_logs
configure_logs("INFO", is_json={form == "json"})
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("ours").error("broken", exc_info=True)
logging.getLogger("library").warning("a %s warning", "formatted")
logging.getLogger("library").debug("too quiet")
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == ""
    assert "ZeroDivisionError" in ended.stderr
    assert "a formatted warning" in ended.stderr
    assert "too quiet" not in ended.stderr
    if form == "json":
        ours, library = [json.loads(line) for line in ended.stderr.splitlines()]
        assert (ours["logger"], library["logger"]) == ("ours", "library")
        assert "Traceback" in ours["exception"]
        assert library["level"] == logging.getLevelName(logging.WARNING).lower()
