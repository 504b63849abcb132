"""Fuzzing: any frame gets a reply or closes its socket, and does not affect other sockets.

The examples are the same on every run, so that failures are reproducible.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from polls.models import Poll
from realtime.close_codes import CloseCode
from realtime.commands import COMMANDS
from realtime.database import in_database
from tests.conftest import MakePoll, option_ids, vote
from tests.realtime.conftest import Connect
from tests.sockets import Frame, SocketClient

pytestmark = pytest.mark.django_db(transaction=True)

MAX_BYTES = 16384
IDS = ("01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21", "{poll}", "{option}", "{POLL}", "poll", "")
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([10**400, -(10**4299), 2**63, 1e308, *IDS]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["pollId", "poll_id", "pollOptionId", "pollOptionIds", "key", "__class__", "type", "ref", "\0"]
)
COMMAND_FRAMES = st.builds(
    lambda name, ref, body: json.dumps({"type": name, "ref": ref, **body}),
    st.sampled_from([*COMMANDS, "pong", "PING", ""]),
    VALUES,
    st.dictionaries(FIELDS | st.text(), VALUES, max_size=4),
)
CURIOUS_TEXTS = st.sampled_from(
    [
        "",
        "\0",
        "\ufeff{}",
        '{"type": "ping", "type": "pong", "ref": 1, "ref": 2}',
        '{"type": "ping", "ref": NaN}',
        '{"type": "ping", "ref": Infinity}',
        '{"type": "ping", "ref": 1e999}',
        '{"type": "ping", "ref": [{"a": -1e999}]}',
        '{"type": "ping", "ref": ' + "9" * 4300 + "}",
        '{"type": "ping", "ref": ' + "9" * 5000 + "}",
        '{"type": "ping", "ref": "\\ud800"}',
        '{"type": "\\ud83d\\ude00", "ref": "\\u0000"}',
        '{"\\ud800": 1, "type": "ping"}',
        '{"type": "ping"} {"type": "ping"}',
        '{"type": "ping",}',
        '{"type": "cast-vote", "pollId": "{poll}", "pollOptionId": "{option}", "key": "\\u0000"}',
        '{"type": "join-poll", "pollId": "{poll}", "poll_id": "{poll}"}',
        '{"type": "cast-vote", "pollId": "{poll}", "pollOptionIds": ["{option}", "{option}"]}',
        '{"type": "join-poll", "pollId": "{poll}", "x": ' + "[" * 190 + "]" * 190 + "}",
        '{"type": "ping", "ref": ' + "[" * 190 + "]" * 190 + "}",
        "[" * MAX_BYTES,
        '{"a":' * (MAX_BYTES // 5),
        '{"type": "ping", "ref": "' + "x" * (MAX_BYTES - 26) + '"}',
        "x" * (MAX_BYTES + 1),
        "é" * (MAX_BYTES // 2 + 1),
        " " * (1 << 20),
    ]
)
FRAMES = (
    COMMAND_FRAMES
    | CURIOUS_TEXTS
    | VALUES.map(json.dumps)
    | st.text()
    | st.binary(max_size=200)
    | st.just(b"\0" * (MAX_BYTES + 1))
)


def examples(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Returns ``count`` examples, the same on every run."""
    drawn: list[Any] = []

    @hypothesis_settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(example: Any) -> None:
        drawn.append(example)

    draw()
    return drawn


class Attacker:
    """A client that opens a new socket when its socket is closed."""

    def __init__(self, connect: Callable[[], Awaitable[SocketClient]]) -> None:
        self._connect = connect
        self._socket: SocketClient | None = None
        self.outcomes: set[str | int] = set()

    async def write(self, frame: str | bytes) -> None:
        """Writes a frame and waits for the outcome."""
        if self._socket is None:
            self._socket = await self._connect()
        if isinstance(frame, bytes):
            await self._socket.send_bytes(frame)
        else:
            await self._socket.send_text(frame)
        outcome = await self._outcome(self._socket)
        self.outcomes.add(outcome)
        if isinstance(outcome, int):
            self._socket = None

    async def _outcome(self, socket: SocketClient) -> str | int:
        """Returns the close code, or the type of the answer, which must be strict JSON."""
        while True:
            output = await socket.output()
            if output["type"] == "websocket.close":
                assert output["code"] in set(CloseCode)
                return int(output["code"])
            frame: Frame = json.loads(output["text"], parse_constant=refuse_constant)
            output["text"].encode()
            if frame["type"] in {"reply", "error"}:
                assert frame.get("code") != "server.error"
                return str(frame["type"])


def refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def aimed(frame: str | bytes, poll: Poll, option_id: Any) -> str | bytes:
    """Replaces the ids of polls and options in a frame with existing ones."""
    if isinstance(frame, bytes):
        return frame
    named = frame.replace("{poll}", str(poll.id)).replace("{POLL}", str(poll.id).upper())
    return named.replace("{option}", str(option_id))


async def test_no_frame_breaks_its_socket_or_affects_another(
    alice: User, bob: User, make_poll: MakePoll, connect: Connect, settings: Settings
) -> None:
    settings.WS_MAX_COMMANDS_PER_SECOND = 100_000
    settings.WS_MAX_SOCKETS_PER_USER = 1000
    assert settings.WS_MAX_MESSAGE_BYTES == MAX_BYTES
    watched, attacked = await in_database(make_poll), await in_database(make_poll)
    option_id = (await in_database(option_ids, attacked))[0]
    watcher = await connect()
    await watcher.join(watched.id)
    attackers = [Attacker(connect), Attacker(lambda: connect(alice))]
    frames = [*examples(FRAMES, 300), *examples(CURIOUS_TEXTS, 60), '{"type": "ping"}']
    for number, frame in enumerate(frames):
        for attacker in attackers:
            await attacker.write(aimed(frame, attacked, option_id))
        if number % 50 == 0:
            assert (await watcher.call("ping"))["status"] == "ok"
    await in_database(vote, bob, watched, 0)
    assert (await watcher.event("vote-update", version=1))["poll"]["totalVotes"] == 1
    for attacker in attackers:
        assert attacker.outcomes == {"reply", "error", CloseCode.BAD_FRAME, CloseCode.TOO_LARGE}
