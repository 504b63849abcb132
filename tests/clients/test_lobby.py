"""Pages on npm's socket.io-client that know the lobby's older conversation and nothing else."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from tests.lobby_pages import Page, open_page
from tests.processes import PATIENCE_S, ServerProcess, create_guests, create_poll
from tests.socketio_clients import node_client

pytestmark = pytest.mark.usefixtures("tools")

WEBSOCKET: dict[str, Any] = {"transports": ["websocket"]}


@pytest.fixture
async def pages(server: ServerProcess) -> AsyncIterator[list[Page]]:
    """Ada's and Grace's pages, connected."""
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(open_page(server, name)) for name in ("Ada", "Grace")
        ]
        yield opened
        for page in opened:
            await page.client.emit("left", {"userId": page.user_id})


@pytest.mark.parametrize("rest_first", [False, True], ids=["socket first", "rest first"])
async def test_two_pages_converse(pages: list[Page], rest_first: bool) -> None:
    ada, grace = pages
    await ada.join()
    await ada.sees(ada)
    await grace.join()
    for page in pages:
        joined = await page.got("userJoined", userId=grace.user_id)
        assert joined["userName"] == "Grace"
        notice = await page.got("message", messageBody="Grace joined the chat")
        assert (notice["userId"], notice["userName"]) == ("system", "System")
        await page.sees(ada, grace)
    answer = await ada.say("Hello, Grace!", "2026-05-04T09:30:00.000Z", rest_first=rest_first)
    sent = {
        "userId": ada.user_id,
        "userName": "Ada",
        "messageBody": "Hello, Grace!",
        "timeStamp": "2026-05-04T09:30:00.000Z",
    }
    assert (answer.status_code, answer.json()["data"]) == (201, sent)
    await grace.say("Hello, Ada!", "2026-05-04T09:30:05.000Z", rest_first=rest_first)
    for page in pages:
        assert await page.got("message", userId=ada.user_id) == sent
        reply = await page.got("message", userId=grace.user_id)
        assert reply["messageBody"] == "Hello, Ada!"
    history = (await ada.rest.get("/api/messages")).json()["data"]
    own = [each for each in history if each["userId"] in {ada.user_id, grace.user_id}]
    assert [each["messageBody"] for each in own] == ["Hello, Grace!", "Hello, Ada!"]
    await grace.client.disconnect()
    left = await ada.got("userLeft", userId=grace.user_id)
    assert left["userName"] == "Grace"
    await ada.got("message", messageBody="Grace left the chat")
    await ada.sees(ada)


async def test_nobody_takes_the_id_of_a_page(pages: list[Page]) -> None:
    ada, mallory = pages
    await ada.join()
    await ada.sees(ada)
    mallory.user_id = ada.user_id
    await mallory.join()
    assert (await mallory.got("error"))["code"] == "lobby.id_taken"
    answer = await mallory.say("I am Ada", "9:30", rest_first=False)
    assert (answer.status_code, answer.json()["code"]) == (409, "lobby.id_taken")
    assert (await mallory.got("error"))["code"] == "lobby.id_taken"
    await ada.say("Who was that?", "9:31", rest_first=False)
    said = await ada.got("message", userId=ada.user_id)
    assert said["messageBody"] == "Who was that?"


async def test_a_page_comes_back_after_its_connection_broke(pages: list[Page]) -> None:
    ada, grace = pages
    await ada.join()
    await grace.join()
    await ada.sees(ada, grace)
    await grace.client.disconnect()
    await ada.got("userLeft", userId=grace.user_id)
    await grace.client.connect()
    await grace.client.printed("connect")
    await grace.join()
    await ada.sees(ada, grace)
    await grace.say("Back again", "9:32", rest_first=True)
    assert (await ada.got("message", userId=grace.user_id))["messageBody"] == "Back again"


async def test_rooms_by_their_names_in_camel_case(server: ServerProcess) -> None:
    poll = await create_poll(server)
    [token] = await create_guests(server, 1)
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as rest:
        body = {"name": "Kitchen", "isOpen": True}
        created = await rest.post("/api/rooms", json=body, headers=poll.headers)
        room_id = created.json()["room"]["id"]
        own = poll.headers["Authorization"].removeprefix("Bearer ")
        guest = {"Authorization": f"Bearer {token}"}
        async with node_client(server.url, auth={"token": own}, **WEBSOCKET) as ada:
            await ada.printed("connect")
            joined = await ada.ask("joinRoom", {"roomId": room_id})
            assert (joined["status"], joined["roomId"]) == ("ok", room_id)
            assert (await rest.post(f"/api/rooms/{room_id}/join", headers=guest)).is_success
            async with node_client(server.url, auth={"token": token}, **WEBSOCKET) as client:
                await client.printed("connect")
                online = await ada.event("userOnline")
                assert (await client.ask("joinRoom", {"roomId": room_id}))["status"] == "ok"
                await ada.emit("sendMessage", {"roomId": room_id, "body": "Tea?"})
                message = (await client.event("message"))["message"]
                assert message["body"] == "Tea?"
                await ada.emit("typing", {"roomId": room_id})
                assert (await client.event("typing"))["roomId"] == room_id
                address = f"/api/messages/{message['id']}"
                await rest.put(address, json={"body": "Coffee?"}, headers=poll.headers)
                edited = await client.event("messageEdited")
                assert edited["message"]["body"] == "Coffee?"
                await rest.delete(address, headers=poll.headers)
                deleted = await client.event("messageDeleted")
                assert deleted["message"]["deletedAt"]
                assert (await client.ask("leaveRoom", {"roomId": room_id}))["status"] == "ok"
            assert (await ada.event("userOffline"))["user"]["id"] == online["user"]["id"]
