"""Clients of the lobby send each message twice: over the socket and over REST."""

import asyncio
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chat.lobby import rest
from chat.lobby.copies import find_original
from chat.models import LobbyIdentity, Message, Room
from realtime.database import in_database
from tests.chat.lobby_clients import Enter
from tests.conftest import ClientFor, access_token
from tests.realtime.conftest import eventually

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

ADA = {"userId": "a1", "userName": "Ada"}


@pytest.fixture
def is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy does not wait for what will not come."""
    monkeypatch.setattr(rest, "COPY_WAIT_S", 0.1)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts of which a copy has looked for the message."""
    texts: list[str] = []

    def look(*arguments: Any) -> Message | None:
        found = find_original(*arguments)
        texts.append(arguments[-1])
        return found

    monkeypatch.setattr(rest, "find_original", look)
    return texts


async def send(client: APIClient | None = None, **fields: Any) -> Any:
    """Sends a message to POST /send, in a thread."""
    body = {**ADA, "messageBody": "Hello!", "timeStamp": "9:30", **fields}
    body = {name: value for name, value in body.items() if value is not None}
    return await in_database((client or APIClient()).post, "/api/send", body, format="json")


async def history() -> list[dict[str, str]]:
    answer = await in_database(APIClient().get, "/api/messages")
    messages: list[dict[str, str]] = answer.json()["data"]
    return messages


@pytest.mark.parametrize("first", ["socket", "rest", "both"])
async def test_a_message_that_is_sent_twice_is_posted_once(
    enter: Enter, looked: list[str], first: str
) -> None:
    ada, grace = await enter("a1", "Ada"), await enter("g1", "Grace")
    copy = None if first == "socket" else asyncio.ensure_future(send())
    if first == "rest":
        await eventually(lambda: bool(looked))
    said = await ada.say("a1", "Ada", "Hello!", "9:30")
    answer = await (copy or send())
    sent = {**ADA, "messageBody": "Hello!", "timeStamp": "9:30"}
    assert said == {"status": "ok", **sent}
    assert (answer.status_code, answer.json()["success"]) == (201, True)
    assert answer.json()["data"] == sent
    for client in (ada, grace):
        assert await client.payload("message", userName="Ada") == sent
    assert await history() == [sent]


async def test_nobody_speaks_as_somebody_else_over_rest(enter: Enter, is_quick: None) -> None:
    """Neither while they are connected nor later."""
    ada = await enter("a1", "Ada")
    await ada.say("a1", "Ada", "Hello!", "9:30")
    for name, value in (("messageBody", "I am Ada"), ("timeStamp", "9:31")):
        answer = await send(None, **{name: value})
        assert (answer.status_code, answer.json()["code"]) == (409, "lobby.id_taken")
    await ada.ask("left")
    assert (await send(messageBody="I am Ada")).status_code == 409
    assert await in_database(Message.objects.count) == 1


async def test_a_copy_without_a_time_stamp_repeats_a_recent_message(
    enter: Enter, is_quick: None
) -> None:
    ada = await enter("a1", "Ada")
    await ada.say("a1", "Ada", "Hello!", "9:30")
    answer = await send(timeStamp=None)
    assert (answer.status_code, answer.json()["data"]["timeStamp"]) == (201, "9:30")
    await in_database(Message.objects.update, created_at="2026-01-01T00:00:00Z")
    assert (await send(timeStamp=None)).status_code == 409


async def test_few_copies_wait_at_the_same_time(
    enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting takes a thread and a connection to the database."""
    monkeypatch.setattr(rest, "COPY_WAIT_S", 1000.0)
    await enter("a1", "Ada")
    for _ in range(rest.MAX_WAITING_COPIES):
        assert rest._waiting.acquire(blocking=False)
    try:
        assert (await send()).status_code == 409
    finally:
        rest._waiting.release(rest.MAX_WAITING_COPIES)


async def test_a_client_without_a_socket_is_a_guest_with_an_id_of_the_servers(
    enter: Enter,
) -> None:
    grace = await enter("g1", "Grace")
    answer = (await send(timeStamp=1700000000000)).json()["data"]
    guest = await in_database(User.objects.get, name="Ada")
    assert (answer["userId"], answer["timeStamp"]) == (str(guest.id), "1700000000000")
    assert await grace.payload("message", userName="Ada") == answer
    assert await history() == [answer]
    assert (await send(timeStamp=1700000000000)).json()["data"] == answer
    assert await in_database(Message.objects.count) == 1


async def test_both_copies_of_an_account_are_one_message(
    enter: Enter, bob: User, client_for: ClientFor
) -> None:
    token = await in_database(access_token, bob)
    client = await in_database(client_for, bob)
    bobs = await enter("b1", "Whoever", token=token)
    sent = {"userId": "b1", "userName": "Bob", "messageBody": "Hello!", "timeStamp": "9:30"}
    answer = await send(client, userId="b1", userName="Whoever")
    assert answer.json()["data"] == sent
    assert await bobs.say("b1", "Whoever", "Hello!", "9:30") == {"status": "ok", **sent}
    assert await bobs.payload("message", userName="Bob") == sent
    assert await history() == [sent]


async def test_an_account_does_not_get_somebody_elses_id(
    enter: Enter, bob: User, client_for: ClientFor
) -> None:
    await enter("a1", "Ada")
    client = await in_database(client_for, bob)
    answer = (await send(client)).json()["data"]
    assert (answer["userId"], answer["userName"]) == (str(bob.id), "Bob")
    assert await in_database(LobbyIdentity.objects.count) == 1
    assert await in_database(Room.objects.count) == 1
