"""Clients of npm's socket.io-client, on every transport."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest

from tests.processes import PATIENCE_S, ServerProcess, create_guests, create_poll, vote_by_rest
from tests.socketio_clients import NodeClient, node_client

pytestmark = pytest.mark.usefixtures("tools")

POLLING: dict[str, Any] = {"transports": ["polling"]}
WEBSOCKET: dict[str, Any] = {"transports": ["websocket"]}
UPGRADED: dict[str, Any] = {}
TRANSPORTS = pytest.mark.parametrize(
    "options", [POLLING, WEBSOCKET, UPGRADED], ids=["polling", "websocket", "upgraded"]
)


@pytest.fixture
async def rest(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as client:
        yield client


def connected(server: ServerProcess, **options: Any) -> AbstractAsyncContextManager[NodeClient]:
    return node_client(server.url, **options)


async def until_settled(client: NodeClient, options: dict[str, Any]) -> None:
    """Waits until the client uses its last transport."""
    await client.printed("connect")
    if options == UPGRADED:
        assert (await client.printed("upgrade"))["transport"] == "websocket"


@TRANSPORTS
async def test_a_visitor_watches_a_poll(
    server: ServerProcess, rest: httpx.AsyncClient, options: dict[str, Any]
) -> None:
    poll = await create_poll(server)
    [token] = await create_guests(server, 1)
    async with connected(server, **options) as client:
        await until_settled(client, options)
        await client.emit("join-poll", poll.id)
        snapshot = await client.event("poll-data")
        assert snapshot["poll"]["id"] == poll.id
        assert [each["voteCount"] for each in snapshot["poll"]["options"]] == [0, 0, 0]
        await vote_by_rest(rest, token, poll, poll.option_ids[1])
        update = await client.find(
            lambda each: each.get("name") == "vote-update" and each["args"][0]["version"] > 0
        )
        counts = [each["voteCount"] for each in update["args"][0]["poll"]["options"]]
        assert counts == [0, 1, 0]
        assert update["args"][0]["newVote"]["optionText"] == "Coffee"


@TRANSPORTS
async def test_a_guest_votes_and_gets_an_acknowledgement(
    server: ServerProcess, options: dict[str, Any]
) -> None:
    poll = await create_poll(server)
    [token] = await create_guests(server, 1)
    ballot = {"pollId": poll.id, "pollOptionId": poll.option_ids[0], "key": "abc"}
    async with connected(server, auth={"token": token}, **options) as client:
        await until_settled(client, options)
        reply = await client.ask("cast-vote", ballot)
        assert (reply["status"], reply["outcome"]) == ("ok", "accepted")
        assert (await client.ask("cast-vote", ballot))["replayed"] is True
        again = await client.ask("castVote", {**ballot, "key": "def"})
        assert (again["status"], again["code"]) == ("error", "vote.duplicate")


async def test_the_names_that_older_clients_listen_to(server: ServerProcess) -> None:
    async with connected(server, **WEBSOCKET) as client:
        await client.printed("connect")
        poll = await create_poll(server)
        published = await client.event("new-poll")
        assert published["poll"]["id"] == poll.id
        assert await client.event("new-poll-published") == published
        joined = await client.ask("joinPoll", {"pollId": poll.id})
        assert joined["head"]["id"] == poll.id
        async with httpx.AsyncClient(base_url=server.url) as rest:
            await rest.put(f"/api/polls/{poll.id}/close", headers=poll.headers)
        update = await client.event("poll-update")
        assert update["change"] == "closed"
        assert await client.event("poll-updated") == update


@TRANSPORTS
async def test_a_bad_token_is_an_error_with_a_code(
    server: ServerProcess, options: dict[str, Any]
) -> None:
    [token] = await create_guests(server, 1)
    async with connected(server, auth={"token": "nonsense"}, **options) as client:
        error = await client.printed("connect_error")
        assert error["data"]["code"] == "auth.token_invalid"
        assert error["message"].startswith("Authentication failed")
        await client.set_token(token)
        await client.connect()
        await client.printed("connect")


@pytest.mark.parametrize("options", [POLLING, WEBSOCKET], ids=["polling", "websocket"])
async def test_the_authorization_header_is_a_token_too(
    server: ServerProcess, options: dict[str, Any]
) -> None:
    poll = await create_poll(server)
    extra = {"extraHeaders": poll.headers}
    async with connected(server, **options, **extra) as client:
        await client.printed("connect")
        ballot = {"pollId": poll.id, "pollOptionId": poll.option_ids[0]}
        assert (await client.ask("cast-vote", ballot))["status"] == "ok"
    extra = {"extraHeaders": {"Authorization": "Bearer nonsense"}}
    async with connected(server, **options, **extra) as client:
        error = await client.printed("connect_error")
        assert error["data"]["code"] == "auth.token_invalid"


async def test_a_visitor_cannot_vote(server: ServerProcess) -> None:
    poll = await create_poll(server)
    async with connected(server, **WEBSOCKET) as client:
        await client.printed("connect")
        await client.emit("cast-vote", {"pollId": poll.id, "pollOptionId": poll.option_ids[0]})
        error = await client.event("error")
        assert error["code"] == "auth.required"
        assert error["message"].startswith("Authentication")


async def test_errors_without_an_acknowledgement_are_events(server: ServerProcess) -> None:
    async with connected(server, **WEBSOCKET) as client:
        await client.printed("connect")
        refused: list[tuple[list[Any], str]] = [
            (["join-poll", "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"], "poll.not_found"),
            (["join-poll", {"pollId": "x"}], "validation"),
            (["join-poll", {}, {}], "request.invalid"),
            (["cast-vote", "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"], "request.invalid"),
            (["dance"], "socket.unknown_command"),
        ]
        for arguments, code in refused:
            await client.emit(*arguments)
            assert (await client.event("error"))["code"] == code


async def test_events_of_one_client_run_in_order(server: ServerProcess) -> None:
    poll = await create_poll(server)
    async with connected(server, **POLLING) as client:
        await client.printed("connect")
        for _ in range(9):
            await client.emit("join-poll", poll.id)
            await client.emit("leave-poll", poll.id)
        assert (await client.ask("join-poll", poll.id))["userCount"] == 1


async def test_a_client_leaves_and_comes_back(server: ServerProcess) -> None:
    async with connected(server, **POLLING) as client:
        await client.printed("connect")
        await client.disconnect()
        assert (await client.printed("disconnect"))["reason"] == "io client disconnect"
        await client.connect()
        await client.printed("connect")


async def test_binary_data_is_refused(server: ServerProcess) -> None:
    """The library would collect attachments without a bound."""
    async with connected(server, **WEBSOCKET) as client:
        await client.printed("connect")
        await client.emit_bytes("join-poll")
        assert (await client.event("error"))[
            "message"
        ] == "Binary data is not supported: send JSON."
        assert (await client.printed("disconnect"))["reason"] == "io server disconnect"


async def test_people_talk_in_a_room(server: ServerProcess, rest: httpx.AsyncClient) -> None:
    """Commands and events have the names of older clients."""
    owner = await create_poll(server)
    created = await rest.post("/api/rooms", json={"name": "Tea"}, headers=owner.headers)
    room_id = created.json()["room"]["id"]
    token = owner.headers["Authorization"].removeprefix("Bearer ")
    async with (
        connected(server, auth={"token": token}, **WEBSOCKET) as phone,
        connected(server, auth={"token": token}, **POLLING) as laptop,
    ):
        for client in (phone, laptop):
            await client.printed("connect")
            assert (await client.ask("joinRoom", {"roomId": room_id}))["status"] == "ok"
        sent = await phone.ask("sendMessage", {"roomId": room_id, "body": "Hello"})
        assert sent["status"] == "ok"
        for client in (phone, laptop):
            assert "Hello" in str(await client.event("message"))
        assert (await laptop.ask("leaveRoom", {"roomId": room_id}))["status"] == "ok"
