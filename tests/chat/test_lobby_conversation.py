"""The lobby's older conversation, over Socket.IO."""

from typing import Any

import pytest

from accounts.models import User
from chat.models import LobbyIdentity, Message, RoomKind
from chat.rooms import open_lobby
from chat.services import post_message
from realtime.database import in_database
from realtime.hub import Hub
from tests.chat.lobby_clients import Enter, enter  # noqa: F401 - a fixture
from tests.conftest import access_token, actor_of
from tests.realtime.conftest import Connect

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


async def test_people_see_who_joins_and_who_leaves(enter: Enter) -> None:
    ada = await enter("a1", "Ada")
    assert await ada.people("Ada") == [{"userId": "a1", "userName": "Ada"}]
    grace = await enter("g1", "Grace")
    for client in (ada, grace):
        joined = await client.payload("userJoined", userName="Grace")
        assert joined == {"userId": "g1", "userName": "Grace"}
        notice = await client.payload("message", messageBody="Grace joined the chat")
        assert (notice["userId"], notice["userName"]) == ("system", "System")
        assert notice["timeStamp"].endswith("Z")
        assert {each["userId"] for each in await client.people("Ada", "Grace")} == {"a1", "g1"}
    assert (await grace.ask("left"))["status"] == "ok"
    assert await ada.payload("userLeft") == {"userId": "g1", "userName": "Grace"}
    await ada.payload("message", messageBody="Grace left the chat")
    await ada.people("Ada")
    assert await in_database(Message.objects.count) == 0


async def test_a_message_reaches_everybody_and_is_stored_once(enter: Enter) -> None:
    ada, grace = await enter("a1", "Ada"), await enter("g1", "Grace")
    reply = await ada.say("a1", "Ada", "Hello!", "9:30")
    sent = {"userId": "a1", "userName": "Ada", "messageBody": "Hello!", "timeStamp": "9:30"}
    assert reply == {"status": "ok", **sent}
    for client in (ada, grace):
        assert await client.payload("message", userName="Ada") == sent
    assert await ada.say("a1", "Ada", "Hello!", "9:30") == reply
    assert await in_database(Message.objects.count) == 1
    await ada.say("a1", "Ada", "Hello!", "9:31")
    assert await in_database(Message.objects.count) == 2
