"""Frames that clients send: validation, bounds and errors."""

import asyncio
import json
from typing import Any

import pytest
from pytest_django import Settings

from apikit.actors import visitor
from realtime.commands import TokenBucket
from realtime.connection import LOW_WATER_BYTES
from realtime.consumers import LiveConsumer
from realtime.database import in_database
from realtime.hub import Hub
from tests.conftest import MakePoll
from tests.realtime.conftest import Connect, eventually

pytestmark = pytest.mark.django_db(transaction=True)

PING_FRAME = json.dumps({"type": "ping", "ref": "x" * 200})


class UnreadingClient:
    """Sends ``count`` commands and reads no reply until ``may_write`` is set."""

    def __init__(self, text: str, count: int) -> None:
        self.taken = 0
        self.may_write, self.may_receive = asyncio.Event(), asyncio.Event()
        self._text, self._count = text, count

    async def serve(self) -> None:
        """Runs the consumer, as a server does."""
        scope = {"type": "websocket", "actor": visitor(), "client": ("192.0.2.1", 1)}
        await LiveConsumer()(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if not self.taken:
            self.taken = 1
            return {"type": "websocket.connect"}
        if self.taken == self._count:
            await self.may_receive.wait()
            return {"type": "websocket.disconnect"}
        self.taken += 1
        return {"type": "websocket.receive", "text": self._text}

    async def _send(self, message: Any) -> None:
        if message["type"] == "websocket.send":
            await self.may_write.wait()


@pytest.mark.parametrize(
    "text", [" ", "nonsense", "[]", "1", "null", '"ping"', "{", '{"type": NaN}', "[" * 5000]
)
async def test_a_frame_that_is_no_json_object_gets_an_error(connect: Connect, text: str) -> None:
    client = await connect()
    await client.send_text(text)
    answer = await client.receive()
    assert (answer["type"], answer["code"], answer["ref"]) == ("error", "request.invalid", None)
    assert (await client.call("ping"))["status"] == "ok"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({}, "request.invalid"),
        ({"type": None}, "request.invalid"),
        ({"type": ["ping"]}, "request.invalid"),
        ({"type": "pong"}, "socket.unknown_command"),
        ({"type": "__class__"}, "socket.unknown_command"),
        ({"type": "ping", "extra": 1}, "validation"),
        ({"type": "join-poll"}, "validation"),
        ({"type": "join-poll", "pollId": 7}, "validation"),
        ({"type": "join-poll", "pollId": "01985c2e8f107d52b3a46a0c5e9d4f21"}, "validation"),
        ({"type": "cast-vote", "pollId": "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"}, "validation"),
    ],
)
async def test_an_error_of_an_invalid_frame_carries_its_ref(
    connect: Connect, frame: dict[str, Any], code: str
) -> None:
    client = await connect()
    await client.send_text(json.dumps(frame | {"ref": "r"}))
    answer = await client.receive()
    assert (answer["type"], answer["code"]) == ("error", code)
    assert answer["ref"] == (None if code == "request.invalid" else "r")


POLL_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"
NO_UUID = "Must be a UUID as text, with dashes."


@pytest.mark.parametrize(
    ("command", "body", "errors"),
    [
        ("join-poll", {}, {"pollId": "This field is required."}),
        (
            "join-poll",
            {"pollId": "x", "poll": "y"},
            {"pollId": NO_UUID, "poll": "There is no such field."},
        ),
        ("join-poll", {"poll_id": 7}, {"poll_id": NO_UUID}),
        ("join-poll", {"pollId": "z" * 36}, {"pollId": NO_UUID}),
        (
            "join-poll",
            {"pollId": POLL_ID, "poll_id": POLL_ID},
            {"poll_id": "This field was sent twice, under two spellings."},
        ),
        (
            "cast-vote",
            {"pollId": POLL_ID, "poll_option_ids": [POLL_ID, "x"], "key": ""},
            {"poll_option_ids.1": NO_UUID, "key": "At least 1 character is needed."},
        ),
        (
            "cast-vote",
            {"pollId": POLL_ID, "pollOptionIds": [POLL_ID] * 51, "key": "k" * 256},
            {
                "pollOptionIds": "At most 50 items are allowed.",
                "key": "At most 255 characters are allowed.",
            },
        ),
        (
            "cast-vote",
            {"pollId": POLL_ID, "pollOptionIds": "x", "key": 5},
            {"pollOptionIds": "Must be a list.", "key": "Must be a string."},
        ),
        (
            "cast-vote",
            {"pollId": POLL_ID, "pollOptionIds": []},
            {"pollOptionIds": "At least 1 item is needed."},
        ),
        (
            "cast-vote",
            {"poll_id": POLL_ID, "poll_option_id": POLL_ID, "poll_option_ids": [POLL_ID]},
            {"poll_option_id": "Send either pollOptionId, pollOptionIds or answers."},
        ),
        (
            "cast-vote",
            {"pollId": POLL_ID, "answers": [{"score": 1}, {"option_id": "x", "number": "1"}]},
            {
                "answers.1.option_id": "Must be a UUID as text, with dashes.",
                "answers.1.number": "Must be a number.",
            },
        ),
        (
            "add-option",
            {"pollId": POLL_ID, "text": "Water", "key": "\n"},
            {"key": "A key has 1 to 255 printable ASCII characters."},
        ),
    ],
)
async def test_an_error_names_each_field_as_it_was_sent(
    connect: Connect, command: str, body: dict[str, Any], errors: dict[str, str]
) -> None:
    answer = await (await connect()).call(command, **body)
    messages = {error["field"]: error["message"] for error in answer["errors"]}
    assert messages | errors == messages


async def test_the_size_of_an_error_is_bounded(connect: Connect) -> None:
    client = await connect()
    for body in (
        {f"f{number}": 0 for number in range(1_200)},
        {"x" * 15_000: 0},
        {"pollId": POLL_ID, "pollOptionIds": ["x"] * 2_500},
    ):
        text = json.dumps(await client.call("cast-vote", **body))
        assert len(text) < 3_000


async def test_no_command_is_read_while_replies_wait(hub: Hub, settings: Settings) -> None:
    """The server's own queue fills up, and the server stops reading from the client."""
    settings.WS_MAX_COMMANDS_PER_SECOND = 1000
    client = UnreadingClient(PING_FRAME, count=300)
    serving = asyncio.create_task(client.serve())
    await eventually(lambda: any(each.waiting_bytes > LOW_WATER_BYTES for each in hub.connections))
    for _ in range(20):
        await asyncio.sleep(0)
    assert client.taken < 150
    assert max(each.waiting_bytes for each in hub.connections) < 2 * LOW_WATER_BYTES
    client.may_write.set()
    await eventually(lambda: client.taken == 300)
    client.may_receive.set()
    await serving


@pytest.mark.parametrize("ref", [0, "", "x", 1.5, None, True, ["a", {"b": 1}], {"a": []}])
async def test_a_ref_is_returned_unchanged(connect: Connect, ref: Any) -> None:
    client = await connect()
    await client.send_text(json.dumps({"type": "ping", "ref": ref}))
    assert await client.receive() == {"type": "reply", "ref": ref, "status": "ok"}


@pytest.mark.parametrize(
    "ref", ["x" * 254, '"' * 127, "ü" * 254, 10**255, list(range(88)), {"a": "x" * 248}]
)
async def test_a_ref_of_the_largest_size_is_returned(connect: Connect, ref: Any) -> None:
    client = await connect()
    await client.send_text(json.dumps({"type": "ping", "ref": ref}, ensure_ascii=False))
    assert (await client.receive())["ref"] == ref


@pytest.mark.parametrize(
    "ref", ["x" * 255, '"' * 128, "\x00" * 43, 10**256, list(range(89)), {"x" * 300: 1}, [[]] * 100]
)
async def test_a_larger_ref_is_refused_and_not_returned(connect: Connect, ref: Any) -> None:
    client = await connect()
    for command in ("ping", "nonsense"):
        await client.send_text(json.dumps({"type": command, "ref": ref}))
        answer = await client.receive()
        assert (answer["code"], answer["ref"]) == ("request.invalid", None)
        assert "256 characters" in answer["message"]


@pytest.mark.parametrize("ref", ["1e999", "-1e999", '[{"a": 1e999}]', "9" * 5000])
async def test_a_ref_that_json_cannot_represent_is_refused(connect: Connect, ref: str) -> None:
    client = await connect()
    await client.send_text(f'{{"type": "ping", "ref": {ref}}}')
    answer = await client.receive()
    assert (answer["code"], answer["ref"]) == ("request.invalid", None)
    assert (await client.call("ping"))["status"] == "ok"


async def test_a_binary_frame_closes_the_socket(connect: Connect) -> None:
    client = await connect()
    await client.send_bytes(b'{"type": "ping"}')
    assert await client.closed_with() == 4500


async def test_a_frame_above_the_bound_closes_the_socket(
    connect: Connect, settings: Settings
) -> None:
    settings.WS_MAX_MESSAGE_BYTES = 200
    client = await connect()
    await client.send_text(json.dumps({"type": "ping", "ref": "x" * 100}))
    assert (await client.receive())["status"] == "ok"
    await client.send_text(json.dumps({"type": "ping", "ref": "x" * 200}))
    assert await client.closed_with() == 4501


async def test_the_bound_is_in_bytes(connect: Connect, settings: Settings) -> None:
    settings.WS_MAX_MESSAGE_BYTES = 200
    client = await connect()
    await client.send_text(json.dumps({"type": "ping", "ref": "é" * 150}, ensure_ascii=False))
    assert await client.closed_with() == 4501


async def test_too_many_commands_are_refused_and_then_close_the_socket(
    connect: Connect, settings: Settings
) -> None:
    settings.WS_MAX_COMMANDS_PER_SECOND = 1
    client, other = await connect(), await connect()
    answers = [await client.call("ping") for _ in range(4)]
    assert [answer["type"] for answer in answers[:2]] == ["reply", "reply"]
    assert "rate_limited" in {answer.get("code") for answer in answers[2:]}
    for _ in range(10):
        await client.send_text('{"type": "ping"}')
    assert await client.closed_with() == 4429
    assert (await other.call("ping"))["status"] == "ok"


async def test_invalid_frames_count_as_commands(connect: Connect, settings: Settings) -> None:
    settings.WS_MAX_COMMANDS_PER_SECOND = 1
    client = await connect()
    for _ in range(20):
        await client.send_text("garbage")
    assert await client.closed_with() == 4429


def test_a_bucket_refills_with_time() -> None:
    bucket = TokenBucket(rate=10)
    taken = [bucket.take(100.0) for _ in range(21)]
    assert taken == [True] * 20 + [False]
    assert [bucket.take(100.5) for _ in range(6)] == [True] * 5 + [False]
    assert sum(bucket.take(200.0) for _ in range(50)) == 20


@pytest.mark.parametrize(("refusals", "is_abused"), [(2, False), (3, True)])
def test_a_bucket_detects_abuse(refusals: int, is_abused: bool) -> None:
    bucket = TokenBucket(rate=1)
    for _ in range(2 + refusals):
        bucket.take(1.0)
    assert bucket.is_abused is is_abused


def test_a_bucket_forgets_refusals_after_a_pause() -> None:
    bucket = TokenBucket(rate=1)
    for _ in range(10):
        bucket.take(1.0)
    bucket.take(10.0)
    assert not bucket.is_abused


async def test_the_topics_of_a_socket_are_bounded(
    make_poll: MakePoll, connect: Connect, settings: Settings
) -> None:
    settings.WS_MAX_TOPICS_PER_SOCKET = 2
    polls = [await in_database(make_poll) for _ in range(3)]
    client = await connect()
    for poll in polls[:2]:
        await client.join(poll.id)
    refusal = await client.call("join-poll", pollId=polls[2].id)
    assert refusal["code"] == "socket.too_many_topics"
    await client.join(polls[0].id)
    await client.call("leave-poll", pollId=polls[0].id)
    await client.join(polls[2].id)


async def test_a_bug_in_a_command_gets_a_server_error(
    make_poll: MakePoll, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("polls.live.get_snapshots_for", fail)
    poll = await in_database(make_poll)
    client = await connect()
    answer = await client.call("join-poll", pollId=poll.id)
    assert answer["code"] == "server.error"
    assert "secret" not in json.dumps(answer)
    assert (await client.call("ping"))["status"] == "ok"
