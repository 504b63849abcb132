"""REST, the fast path, native sockets and Socket.IO read the same JSON as the same ballot.

Each case is sent as text, because some of it is not JSON that a library would write.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from accounts.models import User
from polling_site.asgi import application
from polls.models import Poll, PollKind
from polls.services import create_poll
from realtime.database import in_database
from realtime.hub import Hub
from tests.conftest import access_token, actor_of, option_ids
from tests.realtime.conftest import hub  # noqa: F401 - a fixture
from tests.realtime.socketio_requests import PollingClient
from tests.sockets import SocketClient
from votes.models import Vote

pytestmark = pytest.mark.django_db(transaction=True)

# Sends the fields of a vote to a poll, under an idempotency key; returns "counted", "replayed" or
# the code of the error.
Send = Callable[[Poll, str, str], Awaitable[str]]
COUNTED, REPLAYED = "counted", "replayed"
KEY_REUSED, INVALID = "idempotency.key_reused", "vote.invalid_answers"
# Refused where the request is read, before the kind of the poll is known.
UNREADABLE = {"validation", "request.invalid", "request.too_large", "closed"}
REPEATED = {"request.invalid", "closed"}
POLLS: dict[str, dict[str, Any]] = {
    "single": {"options": ["A", "B", "C"]},
    "multiple": {"options": ["A", "B", "C"]},
    "ranking": {"options": ["A", "B", "C"], "settings": {"places": 3}},
    "rating": {"options": ["A", "B", "C"]},
    "points": {"options": ["A", "B", "C"]},
    "numeric": {"options": [], "settings": {"min": -5, "max": 5, "step": 0.5}},
    "hotspot": {"options": []},
    "word_cloud": {"options": []},
    "open_text": {"options": []},
}


async def rest(voter: User, headers: dict[str, str]) -> Send:
    """Over REST; the fast path passes on what has headers that it does not know."""
    token = await in_database(access_token, voter)
    transport = httpx.ASGITransport(application)

    async def send(poll: Poll, fields: str, key: str) -> str:
        every = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, **headers}
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            path = f"/api/polls/{poll.id}/vote"
            content = f"{{{fields}}}".encode()
            every["Content-Type"] = "application/json"
            answer = await client.post(path, content=content, headers=every)
        assert answer.status_code < 500, answer.text
        if answer.is_success:
            return REPLAYED if "Idempotent-Replayed" in answer.headers else COUNTED
        return str(answer.json()["code"])

    return send


async def native(voter: User) -> Send:
    socket = await SocketClient(token=await in_database(access_token, voter)).open()

    async def send(poll: Poll, fields: str, key: str) -> str:
        start = f'"type": "cast-vote", "ref": "{key}", "pollId": "{poll.id}", "key": "{key}"'
        await socket.send_text(f"{{{start}, {fields}}}")
        output = await socket.output()
        if output["type"] == "websocket.close":
            return "closed"
        return _result_of(json.loads(output["text"]))

    return send


async def socketio(voter: User) -> Send:
    client = await PollingClient().connect(token=await in_database(access_token, voter))

    async def send(poll: Poll, fields: str, key: str) -> str:
        start = f'"pollId": "{poll.id}", "key": "{key}"'
        posted = await client.post(f'421["cast-vote", {{{start}, {fields}}}]')
        if posted.status != 200:
            assert posted.status < 500
            return "closed"
        packet = (await client.poll()).text
        return _result_of(json.loads(packet[3:])[0]) if packet.startswith("431") else "closed"

    return send


def _result_of(reply: dict[str, Any]) -> str:
    if "outcome" not in reply:
        return str(reply["code"])
    return REPLAYED if reply["replayed"] else COUNTED


ENTRY_POINTS: dict[str, Callable[[User], Awaitable[Send]]] = {
    "REST": lambda voter: rest(voter, {"X-Unknown-To-The-Fast-Path": "1"}),
    "fast path": lambda voter: rest(voter, {}),
    "native socket": native,
    "Socket.IO": socketio,
}
# The kind of the poll, and for each request under one key what is sent and what comes of it. A, B
# and C stand for the ids of the options.
Case = tuple[str, list[tuple[str, set[str]]]]
BIG = "9" * 400
CASES: dict[str, Case] = {
    # Order
    "ranking in another order": (
        "ranking",
        [
            ('"pollOptionIds": ["A", "B", "C"]', {COUNTED}),
            ('"pollOptionIds": ["A", "B", "C"]', {REPLAYED}),
            ('"pollOptionIds": ["B", "A", "C"]', {KEY_REUSED}),
            ('"answers": [{"optionId": "A"}, {"optionId": "B"}, {"optionId": "C"}]', {REPLAYED}),
            ('"answers": [{"optionId": "A"}, {"optionId": "C"}, {"optionId": "B"}]', {KEY_REUSED}),
        ],
    ),
    "multiple in another order": (
        "multiple",
        [
            ('"pollOptionIds": ["A", "B"]', {COUNTED}),
            ('"pollOptionIds": ["B", "A"]', {REPLAYED}),
            ('"answers": [{"optionId": "B"}, {"optionId": "A"}]', {REPLAYED}),
            ('"pollOptionIds": ["B"]', {KEY_REUSED}),
        ],
    ),
    "other ranks": (
        "ranking",
        [
            ('"answers": [{"optionId": "A", "rank": 2}, {"optionId": "B", "rank": 1}]', {COUNTED}),
            (
                '"answers": [{"optionId": "A", "rank": 1}, {"optionId": "B", "rank": 2}]',
                {KEY_REUSED},
            ),
        ],
    ),
    # Fields sent twice are refused, under one name or two spellings.
    "a field twice": (
        "single",
        [('"pollOptionId": "B", "pollOptionId" : "A"', REPEATED)],
    ),
    "a field of an answer twice": (
        "rating",
        [('"answers": [{"optionId": "A", "score": 1, "score": 4}]', REPEATED)],
    ),
    "a text like a field": (
        "open_text",
        [('"answers": [{"text": "\\"a\\": \\"a\\":"}]', {COUNTED})],
    ),
    "a field under two spellings": (
        "single",
        [('"pollOptionId": "A", "poll_option_id": "A"', {"validation"})],
    ),
    "a field of an answer under two spellings": (
        "rating",
        [('"answers": [{"optionId": "A", "option_id": "A", "score": 1}]', {"validation"})],
    ),
    # Numbers
    "1.0 and 1": (
        "numeric",
        [
            ('"answers": [{"number": 1}]', {COUNTED}),
            ('"answers": [{"number": 1.0}]', {REPLAYED}),
            ('"answers": [{"number": 1e0}]', {REPLAYED}),
            ('"answers": [{"number": 1.5}]', {KEY_REUSED}),
        ],
    ),
    "minus zero": (
        "numeric",
        [
            ('"answers": [{"number": -0}]', {COUNTED}),
            ('"answers": [{"number": 0}]', {REPLAYED}),
            ('"answers": [{"number": -0.0}]', {REPLAYED}),
        ],
    ),
    "minus zero with a fraction": ("numeric", [('"answers": [{"number": -0.0}]', {COUNTED})]),
    "a tiny number": ("numeric", [('"answers": [{"number": 1e-400}]', {COUNTED})]),
    "a number beyond the bounds": ("numeric", [('"answers": [{"number": 1e300}]', {INVALID})]),
    "an infinite number": ("numeric", [('"answers": [{"number": 1e400}]', UNREADABLE)]),
    "not a number": ("numeric", [('"answers": [{"number": NaN}]', UNREADABLE)]),
    "not a number as text": ("numeric", [('"answers": [{"number": "NaN"}]', UNREADABLE)]),
    "a number as text": ("numeric", [('"answers": [{"number": "1"}]', UNREADABLE)]),
    "true as a number": ("numeric", [('"answers": [{"number": true}]', UNREADABLE)]),
    "a huge integer": ("numeric", [(f'"answers": [{{"number": {BIG}}}]', UNREADABLE | {INVALID})]),
    "an integer too long to read": (
        "numeric",
        [(f'"answers": [{{"number": {BIG * 12}}}]', UNREADABLE)],
    ),
    "a score with a fraction": (
        "rating",
        [('"answers": [{"optionId": "A", "score": 1.0}]', UNREADABLE)],
    ),
    "a huge score": (
        "rating",
        [(f'"answers": [{{"optionId": "A", "score": {BIG}}}]', UNREADABLE | {INVALID})],
    ),
    "a score below zero": ("points", [('"answers": [{"optionId": "A", "score": -1}]', {INVALID})]),
    "a huge rank": (
        "ranking",
        [(f'"answers": [{{"optionId": "A", "rank": {BIG}}}]', UNREADABLE | {INVALID})],
    ),
    "true as a score": ("rating", [('"answers": [{"optionId": "A", "score": true}]', UNREADABLE)]),
    "a place beside the picture": (
        "hotspot",
        [('"answers": [{"x": 1.0000001, "y": 0}]', {INVALID})],
    ),
    "an infinite place": ("hotspot", [('"answers": [{"x": 1e999, "y": 0}]', UNREADABLE)]),
    # Texts
    "a text with a zero": (
        "open_text",
        [('"answers": [{"text": "a\\u0000"}]', UNREADABLE | {INVALID})],
    ),
    "half a surrogate": (
        "open_text",
        [('"answers": [{"text": "\\ud800"}]', UNREADABLE | {INVALID})],
    ),
    "a long text": ("open_text", [(f'"answers": [{{"text": "{"x" * 1999}"}}]', {INVALID})]),
    "a longer text": ("open_text", [(f'"answers": [{{"text": "{"x" * 2001}"}}]', UNREADABLE)]),
    "a text as a number": ("word_cloud", [('"answers": [{"text": 5}]', UNREADABLE)]),
    # Size
    "more words than the poll takes": (
        "word_cloud",
        [('"answers": [' + ",".join('{"text": "a"}' for _ in range(50)) + "]", {INVALID})],
    ),
    "more than fifty answers": (
        "word_cloud",
        [('"answers": [' + ",".join('{"text": "a"}' for _ in range(51)) + "]", UNREADABLE)],
    ),
    "a megabyte of answers": (
        "word_cloud",
        [('"answers": [' + ",".join(['{"text": "a"}'] * 75_000) + "]", UNREADABLE)],
    ),
    "a text of a megabyte": (
        "open_text",
        [(f'"answers": [{{"text": "{"x" * 2**20}"}}]', UNREADABLE)],
    ),
    "no answers": ("rating", [('"answers": []', UNREADABLE)]),
    "answers of answers": ("rating", [('"answers": [[{"optionId": "A"}]]', UNREADABLE)]),
    "a hundred levels": ("rating", [('"answers": ' + "[" * 100 + "]" * 100, UNREADABLE)]),
}


def make_polls(owner: User) -> dict[str, tuple[Poll, dict[str, str]]]:
    """A poll of each kind, and the ids of its options by letter."""
    polls = {}
    for kind, fields in POLLS.items():
        poll = create_poll(
            actor=actor_of(owner),
            question="What do you think?",
            kind=PollKind(kind),
            is_published=True,
            **fields,
        )
        polls[kind] = poll, dict(zip("ABC", map(str, option_ids(poll)), strict=False))
    return polls


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
async def test_the_same_json_is_the_same_ballot(
    hub: Hub,  # noqa: F811
    alice: User,
    entry_point: str,
) -> None:
    polls = await in_database(make_polls, alice)
    wrong = {}
    for case, (kind, requests) in CASES.items():
        poll, ids = polls[kind]
        # A voter of their own, and a connection that nothing has closed.
        voter = await in_database(User.objects.create, name="Voter", is_guest=True)
        send = await ENTRY_POINTS[entry_point](voter)
        for number, (fields, expected) in enumerate(requests):
            for each, id_ in ids.items():
                fields = fields.replace(f'"{each}"', f'"{id_}"')  # noqa: PLW2901
            result = await send(poll, fields, "k")
            if result not in expected:
                wrong[case, number] = result
        counted = any(COUNTED in expected for _, expected in requests)
        votes = Vote.objects.filter(user=voter)
        if await in_database(votes.exists) != counted:
            wrong[case, -1] = "votes"
    assert wrong == {}
