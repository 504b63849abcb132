"""docs/sockets.md lists the whole socket protocol, and its example client works."""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from apikit.errors import ApiError
from polling_site.config.definitions import SETTINGS
from polling_site.views import socket_document
from realtime.close_codes import CloseCode
from realtime.commands import COMMANDS
from realtime.endpoints import ENDPOINTS
from realtime.events import EVENTS, ProcessEvent
from tests.docs.errors import all_errors
from tests.processes import (
    PATIENCE_S,
    ROOT,
    PollHandle,
    ServerProcess,
    create_guests,
    create_poll,
)
from tools.services import wait_until

PAGE = (ROOT / "docs" / "sockets.md").read_text()
[CLIENT] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


NATIVE_COMMANDS = {name for name, command in COMMANDS.items() if not command.only_socketio}


def table(header: str) -> str:
    """Returns the rows of the table with this header."""
    return PAGE.partition(f"| {header} |")[2].partition("\n\n")[0]


def first_cells(header: str) -> set[str]:
    """Returns all inline code in the first column of a table."""
    cells = re.findall(r"^\| ([^|]+) \|", table(header), re.MULTILINE)
    return {quoted for cell in cells for quoted in re.findall(r"`([^`]+)`", cell)}


def test_every_command_is_on_it() -> None:
    assert first_cells("command") == NATIVE_COMMANDS
    assert first_cells("lobby command") == set(COMMANDS) - NATIVE_COMMANDS
    only = socket_document()["x-socketio"]["only"]
    assert first_cells("lobby event") == set(only["events"])
    for row, command in re.findall(r"^(\| `(\w+)` .*)$", table("lobby command"), re.MULTILINE):
        for field in only["commands"][command]["payload"]["properties"]:
            assert f"`{field}`" in row


@pytest.mark.parametrize("command", sorted(NATIVE_COMMANDS))
def test_every_field_of_a_command_is_on_it(command: str) -> None:
    [row] = re.findall(rf"^\| `{command}` \| (.*)$", table("command"), re.MULTILINE)
    payload = socket_document()["components"]["messages"][f"command.{command}"]["payload"]
    for field in set(payload["properties"]) - {"type", "ref"}:
        assert f"`{field}`" in row


def test_every_event_is_on_it() -> None:
    sent = {name for name, event in EVENTS.items() if not issubclass(event, ProcessEvent)}
    assert first_cells("event") == sent
    for event in EVENTS.values():
        for form in event.legacy_frames.values():
            assert f"`{form.name}`" in PAGE


def test_every_close_code_is_on_it() -> None:
    rows = re.findall(r"^\| (\d{4}) \| .+ \| .+ \|$", table("code"), re.MULTILINE)
    assert [int(code) for code in rows] == list(CloseCode)


def test_every_endpoint_is_on_it() -> None:
    for endpoint in ENDPOINTS.values():
        address = endpoint.address.replace("{", "<").replace("}", ">")
        assert f"`{address}`" in PAGE


def test_every_setting_of_sockets_is_on_it() -> None:
    assert first_cells("setting") == {
        name for name in SETTINGS if name.startswith(("WS_", "SOCKET_IO_CONNECT"))
    }


@pytest.mark.parametrize(
    "error", [each for each in all_errors() if each.code.startswith("socket.too")]
)
def test_every_limit_of_sockets_is_on_it(error: type[ApiError]) -> None:
    assert f"`{error.code}`" in PAGE


def test_every_frame_on_it_is_json() -> None:
    frames = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert [json.loads(frame)["type"] for frame in frames] == [
        "join-poll",
        "reply",
        "error",
        "join-room",
        "join-project",
        "cursor-moved",
        "poll_update",
        "file_changed",
    ]


def vote(server: ServerProcess, token: str, poll: PollHandle) -> None:
    """Votes for the first option."""
    answer = httpx.post(
        f"{server.url}/api/polls/{poll.id}/vote",
        json={"pollOptionId": poll.option_ids[0]},
        headers={"Authorization": f"Bearer {token}"},
        timeout=PATIENCE_S,
    )
    assert answer.status_code == 201


def test_its_client_survives_a_restart_of_the_server(server: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "follow.py").write_text(CLIENT)
    shown = tmp_path / "shown.txt"
    poll = asyncio.run(create_poll(server))
    first, second = asyncio.run(create_guests(server, 2))

    def wait_for(*tallies: str) -> None:
        wait_until(lambda: shown.read_text().split("\n")[:-1] == [*tallies], "it", PATIENCE_S)

    with shown.open("w") as output:
        command = [sys.executable, "-u", "follow.py", server.ws_url, poll.id]
        client = subprocess.Popen(command, cwd=tmp_path, stdout=output)
    try:
        wait_for("[0, 0, 0]")
        vote(server, first, poll)
        wait_for("[0, 0, 0]", "[1, 0, 0]")
        server.stop()
        server.start()
        vote(server, second, poll)
        wait_for("[0, 0, 0]", "[1, 0, 0]", "[2, 0, 0]")
    finally:
        client.kill()
        client.wait()
